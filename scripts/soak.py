#!/usr/bin/env python3
"""A day in the life of two replicas: visitors of five kinds through nginx, and faults thrown in between.

python scripts/soak.py [--minutes 60] [--visitors 200] [--write]

Talkers ask, lookers show a picture, tool users let the app count, programs stream through the gateway, vandals send
rubbish. Meanwhile the upstream is down, slow and lying in turn, a replica is killed and started again, Redis is gone,
the disk is full, and the clock of a replica jumps. Held at the end: every reply was whole or ended in an error of ours
(a broken connection only around a kill), no key was seen anywhere, and memory did not grow by more than a bound.

`--write` writes docs/soak.md and its plots. Needs nginx and redis-server, as the tests do; for the full disk the right
to mount one, for the clock `pip install time-machine`: what cannot be done is said and left out.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from glm_ui.gateway.keys import line_of  # noqa: E402
from scripts import soak_report  # noqa: E402
from scripts.soak_faults import Machines, Redis, for_second, left_out, resident, small_disk  # noqa: E402
from tests.browser.conftest import pointed_at, start_app, stop_app  # noqa: E402
from tests.conftest import CANARY  # noqa: E402
from tests.neighbours import nginx  # noqa: E402
from tests.test_scaling import sticky  # noqa: E402
from tests.tool_frames import openai_calls  # noqa: E402
from tests.upstream import Reply, Request, Upstream, openai_frames  # noqa: E402

WEATHERS = (
    *("fair", "fair", "down", "fair", "slow", "fair", "kill", "fair", "lying", "fair"),
    *("no Redis", "fair", "full disk", "fair", "clock ahead", "clock back", "fair", "fair"),
)
GROWTH = 40.0
"""MB that a replica may take at the end above what it took after a warm-up."""
AROUND_A_KILL = 20.0
"""Seconds after a kill in which a connection may break."""
SUM = ("call_1", "calculator", {"expression": "6 * 7"})
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

    def saw(self, kind: str, ending: str, body: bytes) -> None:
        self.seen[kind, ending] += 1
        if CANARY.encode() in body:
            self.wrong.append(f"{kind}: the key was in an answer")

    def broke(self, kind: str, error: Exception) -> None:
        self.seen[kind, "connection broke"] += 1
        if time.monotonic() - self.machines.killed_at > AROUND_A_KILL:
            self.wrong.append(f"{kind}: {type(error).__name__} without a kill")


class Weather:
    """What the upstream does now."""

    kind = "fair"

    def reply(self, request: Request) -> Reply:
        match self.kind:
            case "down":
                return Reply(status=503, body={"error": {"message": f"no room for {CANARY}"}})
            case "slow":
                return Reply(sse=openai_frames("Hm.", ["Yes ", "and ", "no."]), delay=0.5)
            case "lying":
                return Reply(
                    sse=[b"data: {]\n\n", "<html>", *openai_frames("", "Yes.", finish=None)], then="cut"
                )
        said = request.json["messages"][-1]
        if "calculator" in request.body.decode() and said["role"] == "user":
            return Reply(sse=openai_calls([SUM]))
        return Reply(sse=openai_frames("Hm.", [f"word{i} " for i in range(40)]), delay=0.02)


# ---- visitors: each does one thing, and tells how it ended


async def talker(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    await _turn(client, day, "talker", secret, {"role": "user", "text": "Tell me something."})


async def looker(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    picture = (ROOT / "glm_ui" / "web" / "examples" / "chart.png").read_bytes()
    sent = await client.post("/gradio_api/upload", files={"files": ("chart.png", picture)})
    if sent.status_code != 200:
        day.saw("looker", f"upload {sent.status_code}", sent.content)
        return
    named = {"visitor": secret, "path": sent.json()[0], "name": "chart.png"}
    file = (await client.post("/glm_ui/file", json=named)).json()
    files = [{"id": file["id"]}] if "id" in file else []
    said = {"role": "user", "text": "What is this?", "files": files}
    await _turn(client, day, "looker", secret, said, "glm-4.5v")


async def tool_user(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    said = {"role": "user", "text": "What is 6 times 7?"}
    await _turn(client, day, "tool user", secret, said, tools=["built-in"])


async def program(client: httpx.AsyncClient, day: Day, secret: str) -> None:
    await _program(client, day, "program", secret, {"stream": True})


async def vandal(client: httpx.AsyncClient, day: Day, _: str) -> None:
    path = random.choice(["/glm_ui/chat", "/glm_ui/file", "/v1/chat/completions", "/gradio_api/queue/join"])
    answer = await client.post(path, content=random.choice(RUBBISH))
    day.saw("vandal", str(answer.status_code), answer.content)
    if answer.status_code >= 500 and answer.status_code != 503:
        day.wrong.append(f"vandal: {answer.status_code} at {path}")


KINDS: tuple[Callable[[httpx.AsyncClient, Day, str], Awaitable[None]], ...] = (
    talker,
    looker,
    tool_user,
    program,
    vandal,
)


async def _turn(
    client: httpx.AsyncClient,
    day: Day,
    kind: str,
    secret: str,
    said: dict[str, Any],
    model: str = "glm-4.6",
    **more: Any,
) -> None:
    turn = {
        "session": secret,
        "visitor": secret,
        "model": model,
        "provider": "zai",
        "messages": [said],
        **more,
    }
    answer = await client.post("/glm_ui/chat", json=turn)
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    last = json.loads(lines[-1]) if lines else {}
    if last.get("k") == "done":
        day.saw(kind, "done", answer.content)
    elif last.get("k") == "error" and last["error"]["slug"]:
        day.saw(kind, last["error"]["slug"], answer.content)
    elif time.monotonic() - day.machines.killed_at < AROUND_A_KILL:
        day.saw(kind, "cut by a kill", answer.content)
    else:
        day.wrong.append(f"{kind}: an answer without an end ({answer.status_code}): {answer.text[-200:]}")


async def _program(client: httpx.AsyncClient, day: Day, kind: str, key: str, more: dict[str, Any]) -> None:
    headers = {"authorization": f"Bearer {key}"}
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}], **more}
    answer = await client.post("/v1/chat/completions", json=body, headers=headers)
    if answer.status_code == 200:
        whole = "[DONE]" in answer.text or not more["stream"]
        failed = '"error"' in answer.text
        day.saw(kind, "done" if whole and not failed else "told an error", answer.content)
        return
    day.saw(kind, str(answer.status_code), answer.content)
    if answer.status_code == 500:
        day.wrong.append(f"{kind}: 500: {answer.text[:200]}")


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
                day.broke(kind.__name__, error)
            await asyncio.sleep(random.uniform(0.5, 3))


# ---- the day


async def faults(day: Day, weather: Weather, until: float) -> None:
    """The day's weather, one after the other."""
    step = (until - time.monotonic()) / (len(WEATHERS) + 1)
    for number, kind in enumerate(WEATHERS, 1):
        before = Counter(day.seen)
        weather.kind = kind
        await day.machines.turn_to(kind)
        await asyncio.sleep(step)
        day.machines.mend(kind)
        ended: Counter[str] = Counter()
        for (_, ending), count in (day.seen - before).items():
            ended[ending] += count
        minutes = round((time.monotonic() - day.began) / 60, 2)
        day.steps.append(Step(kind, minutes, dict(ended), [resident(app) for app in day.machines.apps]))
        print(f"{number}/{len(WEATHERS)} {day.steps[-1]}, {len(day.wrong)} wrong", flush=True)
    weather.kind = "fair"


async def soak(minutes: float, visitors: int) -> Day:
    weather = Weather()
    folder = Path(tempfile.mkdtemp(prefix="glm-ui-soak-"))
    with Upstream() as up, small_disk(folder) as disk, contextlib.ExitStack() as stack:
        up.script(weather.reply)
        redis = Redis(folder)
        stack.callback(redis.stop)
        settings = pointed_at(up.url) | {"ZAI_API_KEY": CANARY, "GLM_UI_REDIS_URL": redis.start()}
        settings |= {"GLM_UI_TRUSTED_PROXIES": "127.0.0.0/8", "GLM_UI_TURNS_PER_DAY": "1000000"}
        keys = (line_of(f"program-{number}", secret_of(number)) for number in range(visitors))
        settings |= {"GLM_UI_GATEWAY_KEYS": ";".join(keys)}
        clock = folder / "clock"
        first = start_app(**settings)
        second = for_second(settings, clock, disk)
        machines = Machines([first, first], second, redis, clock, disk)
        stack.callback(lambda: [stop_app(app) for app in machines.apps])
        machines.start_second()
        addresses = [app.url.removeprefix("http://").rstrip("/") for app in machines.apps]
        url = stack.enter_context(nginx(folder, sticky("127.0.0.1:{port}", *addresses)))
        day = Day(url, machines, left_out(disk))
        until = time.monotonic() + minutes * 60
        await asyncio.gather(
            faults(day, weather, until),
            *(visitor(number, day, until) for number in range(visitors)),
        )
        if any(CANARY in line for app in machines.apps for line in app.output):
            day.wrong.append("the key was in a log")
        before, after = day.steps[1].memory[0], day.steps[-1].memory[0]
        if after - before > GROWTH:
            day.wrong.append(f"replica 0 grew from {before} to {after} MB")
    return day


def main() -> int:
    parser = argparse.ArgumentParser(description="A soak of two replicas with faults.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="write docs/soak.md and its plots")
    asked = parser.parse_args()
    day = asyncio.run(soak(asked.minutes, asked.visitors))
    told = {
        "minutes": asked.minutes,
        "visitors": asked.visitors,
        "endings": {f"{kind}: {ending}": count for (kind, ending), count in sorted(day.seen.items())},
        "steps": [asdict(step) for step in day.steps],
        "left_out": day.left_out,
        "wrong": day.wrong,
    }
    print(json.dumps(told, indent=1))
    if asked.write:
        soak_report.write(told)
    return 1 if day.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
