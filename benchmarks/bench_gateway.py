"""What the gateway costs: CPU for a chunk that is passed on or translated, how late the first byte is, memory, many
streams at once, and how soon the upstream is left when a client leaves; beside a proxy that copies bytes, and
LiteLLM's where BENCH_LITELLM names its command, and Portkey's where BENCH_PORTKEY names the folder npm installed it in.

    python -m benchmarks.bench_gateway [--rounds 9] [--tokens 2000] [--sessions 200] [--seconds 10]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks import results
from benchmarks.bench_concurrency import RATE, Seen, _asked, _read, share
from benchmarks.servers import Server, server
from benchmarks.upstream import Upstream, upstream

FLOOR = "bytes copied"
BUDGETS = {"passed on": 2.5, "translated": 4.0}
"""Times the floor that a chunk may take."""
LATE = 0.005
"""Seconds that the first byte may come after the upstream's."""
GONE = 0.1
"""Seconds after which the upstream must be left when the client has left."""
LONG = 10_000
"""Chunks over which memory is watched."""


@dataclass(frozen=True, slots=True)
class Way:
    """A path of a server; `at` is below its address."""

    app: str
    name: str
    at: str


WAYS = (
    Way("byte proxy", FLOOR, "v1/chat/completions"),
    Way("GLM UI", "GLM UI, passed on", "v1/chat/completions"),
    Way("GLM UI", "GLM UI, translated", "anthropic/v1/messages"),
    Way("LiteLLM", "LiteLLM, passed on", "v1/chat/completions"),
    Way("LiteLLM", "LiteLLM, translated", "v1/messages"),
    Way("Portkey", "Portkey, passed on", "v1/chat/completions"),
)
"""Portkey translates messages for no provider that speaks chat completions."""
NEEDS = {"LiteLLM": "BENCH_LITELLM", "Portkey": "BENCH_PORTKEY"}
"""App -> the variable without which it is not measured."""


def headers_of(way: Way, up: Upstream) -> dict[str, str]:
    """What a request needs besides its body."""
    if way.app != "Portkey":
        return {}
    return {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"{up.url}/v1",
        "authorization": "Bearer none",
    }


def question(run: str, tokens: int, rate: int) -> dict[str, Any]:
    said = [{"role": "user", "content": f"bench:{run}:{tokens}:{rate}"}]
    thinking = {"type": "enabled", "budget_tokens": 9000}
    return {"model": "glm-4.7", "max_tokens": 99_999, "stream": True, "thinking": thinking, "messages": said}


@dataclass(frozen=True, slots=True)
class Door:
    """A way, open: `url` is its address."""

    app: Server
    url: str
    headers: dict[str, str]

    @classmethod
    def of(cls, way: Way, app: Server, up: Upstream) -> Door:
        return cls(app, app.url + way.at, headers_of(way, up))


async def read(client: httpx.AsyncClient, door: Door, run: str, tokens: int, rate: int = 0) -> float:
    """Reads one reply to its end; the time at which its first token was there, seconds since 1970."""
    first, head, body = 0.0, b"", question(run, tokens, rate)
    async with client.stream("POST", door.url, json=body, headers=door.headers) as response:
        if response.status_code != 200:
            raise RuntimeError((await response.aread()).decode()[:400])
        async for piece in response.aiter_raw():
            if not first:
                head += piece
                first = time.time() if b"#00000" in head else 0.0
    if run.startswith("c") and not first:
        raise RuntimeError(f"no token came through {door.url}: {head[:400]!r}")
    return first


def spent(pid: int) -> float:
    """Seconds of CPU of all threads of a process, to the microsecond."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


async def cpu_of_a_chunk(client: httpx.AsyncClient, door: Door, tokens: int) -> float:
    """Seconds, without what a request costs: the difference of a long reply and a short one."""
    costs = []
    for count in (tokens, 20):
        before = spent(door.app.pid)
        await read(client, door, "gateway", count)
        costs.append(spent(door.app.pid) - before)
    return (costs[0] - costs[1]) / (tokens - 20)


async def lateness(client: httpx.AsyncClient, door: Door, up: Upstream, rounds: int) -> float:
    """Seconds from the upstream's first token to ours, the median of several."""
    found = []
    for number in range(rounds):
        run = f"cfirst-{door.app.pid}-{number}-{len(door.url)}"
        first = await read(client, door, run, 3, 1000)
        found.append(first - up.run(run).sent[0])
    return statistics.median(found)


async def leaving(client: httpx.AsyncClient, door: Door, up: Upstream, rounds: int) -> float:
    """Seconds from a client's leaving in the middle of a reply until the upstream is left, the median of several."""
    found = []
    for number in range(rounds):
        run = f"cleft-{door.app.pid}-{number}-{len(door.url)}"
        body = question(run, 3000, RATE)
        async with client.stream("POST", door.url, json=body, headers=door.headers) as response:
            async for piece in response.aiter_raw():
                if b"#0000" in piece:
                    break
        since = time.time()
        found.append(await asyncio.to_thread(_left, up, run) - since)
    return statistics.median(found)


def _left(up: Upstream, run: str) -> float:
    """When the upstream was left, seconds since 1970; now where it is not within 5 s."""
    ends = time.time() + 5
    while not (left := up.run(run).left) and time.time() < ends:
        time.sleep(0.02)
    return left or time.time()


async def growth(client: httpx.AsyncClient, door: Door, tokens: int) -> float:
    """MB by which the process grows over a long reply, after one that has warmed it."""
    await read(client, door, "gateway", tokens)
    before = door.app.memory()
    await read(client, door, "gateway", tokens)
    return door.app.memory() - before


async def many(door: Door, up: Upstream, sessions: int, seconds: int) -> dict[str, float]:
    """Lag of every token of many paced streams that begin within one second; they are read by plain sockets, for httpx
    would be what is late."""
    tokens, prefix = seconds * RATE, f"c{time.time_ns() % 10**9}"

    async def one(number: int) -> Seen:
        await asyncio.sleep(number / sessions)
        seen, body = Seen(), question(f"{prefix}-{number}", tokens, RATE)
        at = urlsplit(door.url)
        stream = await _asked(at.hostname or "", at.port or 0, "POST", at.path, body, seen, door.headers)
        await _read(stream, seen, tokens)
        return seen

    before = spent(door.app.pid)
    all_seen = await asyncio.gather(*map(one, range(sessions)))
    cpu = spent(door.app.pid) - before
    lags: list[float] = []
    for number, seen in enumerate(all_seen):
        sent = await asyncio.to_thread(up.run, f"{prefix}-{number}")
        lags += [at - sent.sent[n] for n, at in seen.tokens.items()]
    whole = sum(len(seen.tokens) for seen in all_seen) / (sessions * tokens)
    return {"lag_p50": share(lags, 0.5), "lag_p99": share(lags, 0.99), "whole": whole,
            "cpu_per_session_second": cpu / (sessions * seconds)}  # fmt: skip


async def measured(up: Upstream, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    ways = [way for way in WAYS if way.app not in NEEDS or os.environ.get(NEEDS[way.app])]
    with ExitStack() as stack:
        apps = {
            name: stack.enter_context(server(name, up.url)) for name in dict.fromkeys(w.app for w in ways)
        }
        limits = httpx.Limits(max_connections=1000)
        client = httpx.AsyncClient(timeout=None, trust_env=False, limits=limits)  # noqa: S113
        costs: dict[str, list[float]] = {way.name: [] for way in ways}
        doors = {way.name: Door.of(way, apps[way.app], up) for way in ways}
        for door in doors.values():
            await read(client, door, "gateway", 100)
        for _ in range(options.rounds):
            for name, door in doors.items():
                costs[name].append(await cpu_of_a_chunk(client, door, options.tokens))
        for way in ways:
            door = doors[way.name]
            pairs = zip(costs[way.name], costs[FLOOR], strict=True)
            found[way.name] = {
                "microseconds": 1e6 * statistics.median(costs[way.name]),
                "times": statistics.median(own / plain for own, plain in pairs),
                "first_byte": await lateness(client, door, up, options.firsts),
                "left": await leaving(client, door, up, 11),
                "memory_mb": await growth(client, door, options.long),
                **await many(door, up, options.sessions, options.seconds),
            }
            print(way.name, found[way.name], flush=True)
        await client.aclose()
    return found


def within(found: dict[str, dict[str, Any]]) -> list[str]:
    """What of ours is over its budget, in words."""
    checks: tuple[tuple[str, Callable[[str, dict[str, Any]], bool]], ...] = (
        ("CPU a chunk", lambda name, f: f["times"] <= BUDGETS[name.partition(", ")[2]]),
        ("first byte", lambda _, f: f["first_byte"] <= LATE),
        ("a client that leaves", lambda _, f: f["left"] <= GONE),
        ("memory", lambda _, f: f["memory_mb"] < 4),
        ("lag", lambda _, f: f["lag_p99"] < 0.5 and f["whole"] == 1),
    )
    ours = {name: figures for name, figures in found.items() if name.startswith("GLM UI")}
    over = [f"{name}: {what}" for name, f in ours.items() for what, holds in checks if not holds(name, f)]
    return over + [said for name, figures in ours.items() for said in behind(name, figures, found)]


COMPARED = {"microseconds": "CPU a chunk", "first_byte": "first byte", "lag_p99": "lag"}
"""Figures in which ours must be ahead of every other gateway. How soon an upstream is left, and memory, are too small
and too noisy to be compared; they have budgets."""


def behind(name: str, ours: dict[str, Any], found: dict[str, dict[str, Any]]) -> list[str]:
    """In what another gateway is ahead on the same way, in words."""
    way = name.partition(", ")[2]
    others = {n: f for n, f in found.items() if n.partition(", ")[0] in NEEDS and n.partition(", ")[2] == way}
    return [
        f"{name}: {what} is behind {other}"
        for other, figures in others.items()
        for figure, what in COMPARED.items()
        if ours[figure] > figures[figure]
    ]


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--firsts", type=int, default=41, help="replies whose first byte is timed")
    parser.add_argument("--long", type=int, default=LONG, help="chunks over which memory is watched")
    parser.add_argument("--smoke", action="store_true", help="keep no figures")
    options = parser.parse_args()
    with upstream() as up:
        found = asyncio.run(measured(up, options))
    for name, figures in found.items():
        if options.smoke:
            break
        results.keep("gateway", name, figures)
    over = within(found)
    print("\n".join(over) or "All within the budget.")
    return not over


if __name__ == "__main__":
    raise SystemExit(not main())
