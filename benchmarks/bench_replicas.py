"""Many readers on several replicas behind nginx and Redis, and what a replica that is killed costs them.

    python -m benchmarks.bench_replicas [--readers 1000] [--replicas 4] [--seconds 10]

nginx has the configuration of deploy/nginx.conf. Each reader comes from an address of its own of the loopback network,
and each gets RATE tokens a second. All begin within ten seconds. Then a replica is killed while 200 read, and those
whose reply it cut ask again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from benchmarks import results
from benchmarks.bench_concurrency import OVER, RATE, TOKEN, share
from benchmarks.bench_turns import turn
from benchmarks.servers import Server, server
from benchmarks.upstream import Upstream, upstream
from tests.neighbours import nginx, redis_server
from tests.test_scaling import sticky

WITHIN = 10.0
"""Seconds in which all readers begin."""
KILLED_AT = 200


@dataclass(slots=True)
class Read:
    """What a reader saw: the replica that answered, times of the tokens, the error that ended it."""

    replica: str = ""
    asked: float = 0.0
    tokens: dict[int, float] = field(default_factory=dict)
    error: str = ""


@contextmanager
def cluster(up: Upstream, replicas: int) -> Iterator[tuple[str, str, list[Server]]]:
    """(address of nginx, of Redis, the replicas)"""
    folder = Path(tempfile.mkdtemp(prefix="glm-ui-bench-"))
    with redis_server(folder) as redis, contextlib.ExitStack() as stack:
        settings = {"GLM_UI_REDIS_URL": redis, "GLM_UI_TRUSTED_PROXIES": "127.0.0.1"}
        settings |= {"GLM_UI_TURNS_PER_DAY": "1000000", "GLM_UI_TURNS_PER_VISITOR": "1000000"}
        apps = [stack.enter_context(server("GLM UI", up.url, **settings)) for _ in range(replicas)]
        addresses = [urlsplit(app.url).netloc for app in apps]
        yield stack.enter_context(nginx(folder, sticky("127.0.0.1:{port}", *addresses))), redis, apps


async def read(url: str, number: int, run: str, tokens: int) -> Read:
    """One reader from an address of its own."""
    seen = Read(asked=time.time())
    where = urlsplit(url)
    body = orjson.dumps(turn(run) | {"messages": [{"role": "user", "text": f"bench:{run}:{tokens}:{RATE}"}]})
    head = f"POST /glm_ui/chat HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
    writer = None
    try:
        async with asyncio.timeout(tokens / RATE + OVER):
            reader, writer = await asyncio.open_connection(
                where.hostname, where.port, local_addr=(f"127.2.{number // 250}.{number % 250 + 1}", 0)
            )
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            while data := await reader.read(65536):
                now = time.time()
                if not seen.replica and b"\r\n\r\n" in data:
                    lines = data.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
                    seen.replica = next((x[11:].decode() for x in lines if x.startswith(b"x-replica: ")), "")
                for found in TOKEN.findall(data):
                    seen.tokens.setdefault(int(found), now)
                if tokens - 1 in seen.tokens:
                    break
        if len(seen.tokens) < tokens:
            seen.error = f"{len(seen.tokens)} of {tokens} tokens"
    except (TimeoutError, OSError) as error:
        seen.error = f"{type(error).__name__} {error}"
    finally:
        if writer:
            writer.close()
    return seen


async def many(url: str, prefix: str, readers: int, tokens: int) -> list[Read]:
    async def later(number: int) -> Read:
        await asyncio.sleep(number / readers * WITHIN)
        return await read(url, number, f"{prefix}-{number}", tokens)

    return await asyncio.gather(*(later(number) for number in range(readers)))


def counted(redis: str) -> int:
    """Turns of today that Redis has counted, of all visitors."""
    from redis import Redis

    with Redis.from_url(redis) as client:
        return int(client.get("glm-ui:everyone:turns:all") or 0)


def crowd(up: Upstream, url: str, apps: list[Server], readers: int, tokens: int) -> dict[str, Any]:
    """What all readers saw; `cpu` and `machine_cpu` are seconds of processor time, of the replicas and of all."""
    prefix = f"c{time.time_ns() % 10**9}"
    before, machine = sum(app.cpu() for app in apps), _machine_cpu()
    seen = asyncio.run(many(url, prefix, readers, tokens))
    cpu, machine = sum(app.cpu() for app in apps) - before, _machine_cpu() - machine
    lags, firsts = [], []
    for number, each in enumerate(seen):
        with contextlib.suppress(KeyError):
            sent = up.run(f"{prefix}-{number}").sent
            lags += [at - sent[n] for n, at in each.tokens.items()]
            firsts += [each.tokens[0] - each.asked] if 0 in each.tokens else []
    errors = [each.error for each in seen if each.error]
    spread = Counter(each.replica for each in seen)
    return {
        "readers": readers,
        "lag_p50": share(lags, 0.5),
        "lag_p99": share(lags, 0.99),
        "first_p99": share(firsts, 0.99),
        "errors": len(errors),
        "error": errors[0] if errors else "",
        "spread": sorted(spread.values()),
        "cpu": cpu,
        "machine_cpu": machine,
        "cpu_per_session_second": cpu / (readers * tokens / RATE),
    }


def _machine_cpu() -> float:
    """Seconds that the processors of this machine have worked since it began."""
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
    idle = ticks[3] + ticks[4]
    return (sum(ticks[:8]) - idle) / os.sysconf("SC_CLK_TCK")


async def killed(url: str, apps: list[Server], tokens: int) -> dict[str, Any]:
    """A replica is killed half-way: whose reply was cut, and how long until each of those has a first token when it
    asks again, from another replica. The slowest, in seconds."""
    prefix = f"c{time.time_ns() % 10**9}"
    reading = asyncio.create_task(many(url, prefix, KILLED_AT, tokens))
    await asyncio.sleep(WITHIN + 1)
    victim = apps[0]
    os.kill(victim.pid, signal.SIGKILL)
    seen = await reading
    address = urlsplit(victim.url).netloc
    cut = [number for number, each in enumerate(seen) if each.error and each.replica == address]
    hurt = [each.error for each in seen if each.error and each.replica != address]
    again = await asyncio.gather(*(read(url, number, f"{prefix}-again{number}", RATE) for number in cut))
    return {
        "readers": KILLED_AT,
        "cut": len(cut),
        "others_hurt": len(hurt),
        "other": hurt[0] if hurt else "",
        "again_errors": sum(bool(each.error) for each in again),
        "again_first": max(
            (min(each.tokens.values()) - each.asked for each in again if each.tokens), default=-1.0
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--replicas", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    with upstream() as up, cluster(up, options.replicas) as (url, redis, apps):
        found = crowd(up, url, apps, options.readers, options.seconds * RATE)
        found |= {"replicas": options.replicas, "counted": counted(redis)}
        results.keep("replicas", f"{options.readers} readers on {options.replicas}", found)
        print(found, flush=True)
        found = asyncio.run(killed(url, apps, (int(WITHIN) + 10) * RATE))
        results.keep("replicas", "killed", found)
        print(found)


if __name__ == "__main__":
    main()
