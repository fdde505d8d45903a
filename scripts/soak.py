#!/usr/bin/env python3
"""A day in the life of two replicas: visitors of five kinds through nginx, and faults thrown in between.

python scripts/soak.py [--minutes 60] [--visitors 200] [--report soak.json]

Talkers ask, lookers show a picture, tool users get a call, programs stream through the gateway, vandals send rubbish.
Meanwhile the upstream is down, slow and lying in turn, and a replica is killed and started again. Held at the end:
every reply was whole or ended in an error of ours (a broken connection only around a kill), no key was seen anywhere,
and memory did not grow by more than a bound. Needs nginx and redis-server, as the tests do.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import App, pointed_at, start_app, stop_app  # noqa: E402
from tests.conftest import CANARY  # noqa: E402
from tests.neighbours import nginx, redis_server  # noqa: E402
from tests.test_scaling import sticky  # noqa: E402
from tests.upstream import Reply, Request, Upstream, openai_frames  # noqa: E402

WEATHERS = ("fair", "fair", "down", "fair", "slow", "fair", "kill", "fair", "lying", "fair")
GROWTH = 40.0
"""MB that a replica may take at the end above what it took after a warm-up."""
AROUND_A_KILL = 20.0
"""Seconds after a kill in which a connection may break."""
RUBBISH = (
    b"{",
    b"[" * 50_000,
    b'{"messages":[]}',
    b"\x00\xff" * 5_000,
    b'{"model":"' + b"x" * 100_000 + b'"}',
)


@dataclass
class Day:
    """What happened: `seen` counts (kind, how it ended); `wrong` are sentences."""

    url: str
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    killed_at: float = -1e9
    memory: list[dict[str, float]] = field(default_factory=list)

    def saw(self, kind: str, ending: str, body: bytes) -> None:
        self.seen[kind, ending] += 1
        if CANARY.encode() in body:
            self.wrong.append(f"{kind}: the key was in an answer")

    def broke(self, kind: str, error: Exception) -> None:
        self.seen[kind, "connection broke"] += 1
        if time.monotonic() - self.killed_at > AROUND_A_KILL:
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


async def tool_user(client: httpx.AsyncClient, day: Day, _: str) -> None:
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    await _program(client, day, "tool user", {"tools": [tool], "stream": False})


async def program(client: httpx.AsyncClient, day: Day, _: str) -> None:
    await _program(client, day, "program", {"stream": True})


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
    client: httpx.AsyncClient, day: Day, kind: str, secret: str, said: dict[str, Any], model: str = "glm-4.6"
) -> None:
    turn = {"session": secret, "visitor": secret, "model": model, "provider": "zai", "messages": [said]}
    answer = await client.post("/glm_ui/chat", json=turn)
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    last = json.loads(lines[-1]) if lines else {}
    if last.get("k") == "done":
        day.saw(kind, "done", answer.content)
    elif last.get("k") == "error" and last["error"]["slug"]:
        day.saw(kind, last["error"]["slug"], answer.content)
    elif time.monotonic() - day.killed_at < AROUND_A_KILL:
        day.saw(kind, "cut by a kill", answer.content)
    else:
        day.wrong.append(f"{kind}: an answer without an end ({answer.status_code}): {answer.text[-200:]}")


async def _program(client: httpx.AsyncClient, day: Day, kind: str, more: dict[str, Any]) -> None:
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}], **more}
    answer = await client.post("/v1/chat/completions", json=body)
    if answer.status_code == 200:
        whole = "[DONE]" in answer.text or not more["stream"]
        failed = '"error"' in answer.text
        day.saw(kind, "done" if whole and not failed else "told an error", answer.content)
        return
    day.saw(kind, str(answer.status_code), answer.content)
    if answer.status_code == 500:
        day.wrong.append(f"{kind}: 500: {answer.text[:200]}")


async def visitor(number: int, day: Day, until: float) -> None:
    """One of the five kinds, from an address of its own, over and over."""
    kind = KINDS[number % len(KINDS)]
    secret = f"{number:04d}" + "abcdefghij" * 3
    transport = httpx.AsyncHTTPTransport(local_address=f"127.1.{number // 250}.{number % 250 + 1}")
    async with httpx.AsyncClient(base_url=day.url, transport=transport, timeout=120) as client:
        while time.monotonic() < until:
            try:
                await kind(client, day, secret)
            except httpx.HTTPError as error:
                day.broke(kind.__name__, error)
            await asyncio.sleep(random.uniform(0.5, 3))


# ---- faults


def resident(app: App) -> float:
    """MB."""
    status = Path(f"/proc/{app.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def faults(day: Day, weather: Weather, apps: list[App], settings: dict[str, str], until: float) -> None:
    """The day's weather, one replica killed in it and started again."""
    step = (until - time.monotonic()) / (len(WEATHERS) + 2)
    for number, kind in enumerate(WEATHERS):
        weather.kind = kind
        if kind == "kill":
            port = str(httpx.URL(apps[1].url).port)
            day.killed_at = time.monotonic()
            apps[1].process.kill()
            await asyncio.to_thread(apps[1].process.wait)
            apps[1] = await asyncio.to_thread(lambda p=port: start_app(**settings, GLM_UI_PORT=p))
            day.killed_at = time.monotonic()
        await asyncio.sleep(step)
        day.memory.append({f"replica {n}": round(resident(app), 1) for n, app in enumerate(apps)})
        done = f"{sum(day.seen.values())} done, {len(day.wrong)} wrong, {day.memory[-1]}"
        print(f"{number + 1}/{len(WEATHERS)} {kind}: {done}", flush=True)
    weather.kind = "fair"


async def soak(minutes: float, visitors: int) -> Day:
    weather = Weather()
    folder = Path(tempfile.mkdtemp(prefix="glm-ui-soak-"))
    with Upstream() as up, redis_server(folder) as redis, contextlib.ExitStack() as stack:
        up.script(weather.reply)
        settings = pointed_at(up.url) | {"ZAI_API_KEY": CANARY, "GLM_UI_REDIS_URL": redis}
        settings |= {"GLM_UI_TRUSTED_PROXIES": "127.0.0.0/8", "GLM_UI_TURNS_PER_DAY": "1000000"}
        apps = [start_app(**settings) for _ in "12"]
        stack.callback(lambda: [stop_app(app) for app in apps])
        addresses = [app.url.removeprefix("http://").rstrip("/") for app in apps]
        url = stack.enter_context(nginx(folder, sticky("127.0.0.1:{port}", *addresses)))
        day = Day(url)
        until = time.monotonic() + minutes * 60
        await asyncio.gather(
            faults(day, weather, apps, settings, until),
            *(visitor(number, day, until) for number in range(visitors)),
        )
        if any(CANARY in line for app in apps for line in app.output):
            day.wrong.append("the key was in a log")
        before, after = day.memory[1]["replica 0"], day.memory[-1]["replica 0"]
        if after - before > GROWTH:
            day.wrong.append(f"replica 0 grew from {before} to {after} MB")
    return day


def main() -> int:
    parser = argparse.ArgumentParser(description="A soak of two replicas with faults.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args()
    day = asyncio.run(soak(asked.minutes, asked.visitors))
    endings = {f"{kind}: {ending}": count for (kind, ending), count in sorted(day.seen.items())}
    told = {"minutes": asked.minutes, "visitors": asked.visitors, "endings": endings}
    report = json.dumps({**told, "memory": day.memory, "wrong": day.wrong}, indent=1)
    print(report)
    if asked.report:
        asked.report.write_text(report + "\n", "utf-8")
    return 1 if day.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
