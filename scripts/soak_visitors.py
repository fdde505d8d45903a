"""Visitors of five kinds for a soak: each does one thing over and over, and holds what comes to what was promised."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from scripts.soak_faults import Machines
from tests.conftest import CANARY

ROOT = Path(__file__).resolve().parents[1]
AROUND_A_KILL = 20.0
"""Seconds after a kill in which a connection may break."""
WORDS = [f"word{n} " for n in range(40)]
FAIR = "".join(WORDS)
SLOW = "Yes and no."
"""The answers of the upstream, whole."""
RUBBISH = (
    b"{",
    b"[" * 50_000,
    b'{"messages":[]}',
    b"\x00\xff" * 5_000,
    b'{"model":"' + b"x" * 100_000 + b'"}',
)


@dataclass(frozen=True)
class Step:
    """`end` in minutes since the beginning; `ended` counts endings in it; `memory` is MB a replica."""

    weather: str
    end: float
    ended: dict[str, int]
    memory: list[float]


@dataclass
class Day:
    """What happened: `seen` counts (kind, how it ended); `wrong` are sentences; `steps` one a weather."""

    url: str
    machines: Machines
    left_out: list[str]
    began: float = field(default_factory=time.monotonic)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def saw(self, kind: str, ending: str, answer: httpx.Response, said: object = None) -> None:
        """`said` is what came, where the answer was not read whole."""
        self.seen[kind, ending] += 1
        if CANARY in f"{answer.headers}{answer.text if said is None else said}":
            self.went_wrong(f"{kind}: the key was in an answer")

    def went_wrong(self, sentence: str) -> None:
        self.wrong.append(sentence)
        print(sentence, flush=True)

    def refused(self, kind: str, what: str, answer: httpx.Response) -> None:
        """An answer that is no success: it is an error of ours, with a sentence."""
        self.saw(kind, f"{what} {answer.status_code}".strip(), answer)
        if not ours(answer) and not self.is_around_a_kill:
            self.went_wrong(f"{kind}: {answer.status_code} without a sentence of ours: {answer.text[:200]}")

    def broke(self, kind: str, error: Exception) -> None:
        self.seen[kind, "connection broke"] += 1
        if not self.is_around_a_kill:
            self.went_wrong(f"{kind}: {type(error).__name__} without a kill")

    @property
    def is_around_a_kill(self) -> bool:
        return time.monotonic() - self.machines.killed_at < AROUND_A_KILL


def ours(answer: httpx.Response) -> str:
    """The sentence of an answer that is an error of ours; "" for any other."""
    try:
        error = answer.json()["error"]
        return str(error.get("what") or error.get("message") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


# ---- visitors


async def talker(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    """Every other time the page is loaded anew in the middle, and finds its reply again."""
    said = {"role": "user", "text": "Tell me something."}
    await turn(client, day, "talker", secret, said, leaves=random.random() < 0.5)


async def looker(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    picture = (ROOT / "glm_ui" / "web" / "examples" / "chart.png").read_bytes()
    sent = await client.post("/gradio_api/upload", files={"files": ("chart.png", picture)})
    if sent.status_code != 200:
        day.refused("looker", "upload", sent)
        return
    named = {"visitor": secret, "path": sent.json()[0], "name": "chart.png"}
    file = await client.post("/glm_ui/file", json=named)
    if file.status_code != 200:
        day.refused("looker", "file", file)
        return
    said = {"role": "user", "text": "What is this?", "files": [{"id": file.json()["id"]}]}
    await turn(client, day, "looker", secret, said, model="glm-4.5v")


async def tool_user(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    said = {"role": "user", "text": "What is 6 times 7?"}
    await turn(client, day, "tool user", secret, said, tools=["built-in"])


async def program(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    headers = {"authorization": f"Bearer {secret}"}
    answer = await client.post("/v1/chat/completions", json=body, headers=headers)
    if answer.status_code != 200:
        day.refused("program", "", answer)
        return
    chunks = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    failed = next((chunk["error"] for chunk in chunks if "error" in chunk), None)
    said = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c.get("choices"))
    if failed:
        day.saw("program", "told an error", answer)
        if not failed.get("message"):
            day.went_wrong(f"program: an error without a sentence: {failed}")
    elif "[DONE]" in answer.text and said in (FAIR, SLOW):
        day.saw("program", "done", answer)
    elif not day.is_around_a_kill:
        day.went_wrong(f"program: neither whole nor an error: {answer.text[-200:]}")


async def vandal(client: httpx.AsyncClient, day: Day, _: str) -> None:
    path = random.choice(["/glm_ui/chat", "/glm_ui/file", "/v1/chat/completions", "/gradio_api/queue/join"])
    day.refused("vandal", "", await client.post(path, content=random.choice(RUBBISH)))


KINDS: tuple[Callable[[httpx.AsyncClient, Day, str], Awaitable[None]], ...] = (
    talker,
    looker,
    tool_user,
    program,
    vandal,
)


async def turn(
    client: httpx.AsyncClient,
    day: Day,
    kind: str,
    secret: str,
    said: dict[str, Any],
    *,
    leaves: bool = False,
    **more: Any,
) -> None:
    """A turn to its end. `leaves`: only its beginning is read, and the rest over a second connection."""
    asked = {
        "session": secret,
        "visitor": secret,
        "model": "glm-4.6",
        "provider": "zai",
        "messages": [said],
        **more,
    }
    if leaves:
        frames, answer = await in_two(client, asked | {"lasts": f"{random.getrandbits(128):032x}"})
    else:
        answer = await client.post("/glm_ui/chat", json=asked)
        frames = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    last = frames[-1] if frames else {}
    text = "".join(frame.get("a", "") for frame in frames)
    if last.get("k") == "done" and text in (FAIR, SLOW):
        day.saw(kind, "done", answer, frames)
    elif last.get("k") == "error" and last["error"]["what"]:
        day.saw(kind, last["error"]["slug"], answer, frames)
    elif answer.status_code != 200:
        day.refused(kind, "", answer)
    elif day.is_around_a_kill:
        day.saw(kind, "cut by a kill", answer, frames)
    else:
        day.went_wrong(f"{kind}: neither whole nor an error, after {len(text)} characters: {frames[-1:]}")


async def in_two(client: httpx.AsyncClient, asked: dict[str, Any]) -> tuple[list[Any], httpx.Response]:
    """Reads three frames, hangs up, and reads on behind them as a page does that was loaded anew."""
    frames: list[Any] = []
    number = 0
    async with client.stream("POST", "/glm_ui/chat", json=asked) as answer:
        async for line in answer.aiter_lines():
            number = int(line[4:]) if line.startswith("id: ") else number
            if line.startswith("data: "):
                frames.append(json.loads(line[6:]))
            if len(frames) == 3 or (frames and frames[-1]["k"] in ("done", "error")):
                break
    if not frames or frames[-1]["k"] in ("done", "error"):
        return frames, answer
    headers = {"x-glm-ui-visitor": asked["visitor"], "x-glm-ui-session": asked["session"]}
    rest = await client.get(f"/glm_ui/turns?after={asked['lasts']}:{number}", headers=headers)
    found = [json.loads(line[6:]) for line in rest.text.splitlines() if line.startswith("data: ")]
    if found and found[0]["k"] == "all":  # all of it once more
        return [*found[0]["frames"], *found[1:]], rest
    return frames + found, rest


def secret_of(number: int) -> str:
    """What the page of this visitor calls itself; a program's key at the gateway."""
    return f"{number:04d}" + "abcdefghij" * 3


async def visitor(number: int, day: Day, until: float) -> None:
    """One of the five kinds, from an address of its own, over and over."""
    kind = KINDS[number % len(KINDS)]
    secret = secret_of(number)
    transport = httpx.AsyncHTTPTransport(local_address=f"127.1.{number // 250}.{number % 250 + 1}")
    async with httpx.AsyncClient(base_url=day.url, transport=transport, timeout=120) as client:
        while time.monotonic() < until:
            try:
                await kind(client, day, secret)
            except httpx.HTTPError as error:
                day.broke(kind.__name__.replace("_", " "), error)
            await asyncio.sleep(random.uniform(0.5, 3))
