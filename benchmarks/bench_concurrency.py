"""Many readers at once on one server process: lag of every token, first token, errors, CPU and memory.

    python -m benchmarks.bench_concurrency [--apps "GLM UI,gr.ChatInterface"] [--sessions 10,50,200] [--seconds 10]

Readers are plain sockets in a process of their own that look for the numbered tokens in whatever bytes arrive, so that
every app is read alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Protocol
from urllib.parse import urlsplit

from benchmarks import results
from benchmarks.servers import server
from benchmarks.upstream import Upstream, upstream

RATE = 30
"""Tokens a second of each session."""
TOKEN = re.compile(rb"#(\d{5})")
OVER = 90.0
"""Seconds beyond the script after which a session counts as an error."""


@dataclass(slots=True)
class Seen:
    """What one reader saw: times of each token, seconds since 1970, and what went wrong."""

    tokens: dict[int, float] = field(default_factory=dict)
    asked: float = 0.0
    bytes: int = 0
    error: str = ""
    address: str = ""
    """Where the reader comes from: one visitor may have 40 turns at once."""


class Way(Protocol):
    async def __call__(self, host: str, port: int, run: str, tokens: int, seen: Seen) -> None: ...


async def our_way(host: str, port: int, run: str, tokens: int, seen: Seen) -> None:
    turn = {
        "session": f"session-{run}",
        "id": run,
        "model": "glm-4.7",
        "provider": "zai",
        "messages": [{"role": "user", "text": f"bench:{run}:{tokens}:{RATE}"}],
    }
    await _read(await _asked(host, port, "POST", "/glm_ui/chat", turn, seen), seen, tokens)


async def gradio_way(host: str, port: int, run: str, tokens: int, seen: Seen) -> None:
    """As Gradio's own page does it: join the queue, then read the session's stream."""
    config = await asyncio.to_thread(_config, f"http://{host}:{port}/config")
    chat = next(d for d in config["dependencies"] if d.get("api_name") == "chat")
    data = [f"bench:{run}:{tokens}:{RATE}", *[None] * (len(chat["inputs"]) - 1)]
    body = {"data": data, "fn_index": chat["id"], "session_hash": run, "event_data": None, "trigger_id": None}
    reader, writer = await _asked(host, port, "POST", "/gradio_api/queue/join", body, seen)
    joined = await reader.readuntil(b"\r\n")
    writer.close()
    if b" 200 " not in joined:
        raise ConnectionError(joined.decode().strip())
    stream = await _asked(host, port, "GET", f"/gradio_api/queue/data?session_hash={run}", None, seen)
    await _read(stream, seen, tokens)


def _config(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _asked(
    host: str,
    port: int,
    method: str,
    path: str,
    body: Any,
    seen: Seen,
    headers: Mapping[str, str] | None = None,
) -> Stream:
    local = (seen.address, 0) if seen.address else None
    reader, writer = await asyncio.open_connection(host, port, limit=2**24, local_addr=local)
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
    seen.asked = seen.asked or time.time()
    return reader, writer


async def _read(stream: Stream, seen: Seen, tokens: int) -> None:
    reader, writer = stream
    try:
        while data := await reader.read(65536):
            now = time.time()
            seen.bytes += len(data)
            for number in TOKEN.findall(data):
                seen.tokens.setdefault(int(number), now)
            if tokens - 1 in seen.tokens:
                break
    finally:
        writer.close()


WAYS: Mapping[str, Way] = {"GLM UI": our_way, "gr.ChatInterface": gradio_way}
"""gr.load_chat is not among them: it passes no thinking on, so that most tokens could not be timed."""


async def readers(app: str, url: str, prefix: str, sessions: int, tokens: int) -> list[Seen]:
    """All sessions begin within one second."""
    where = urlsplit(url)

    async def one(number: int) -> Seen:
        await asyncio.sleep(number / sessions)
        seen = Seen(address=f"127.3.{number // 250}.{number % 250 + 1}")
        try:
            async with asyncio.timeout(tokens / RATE + OVER):
                await WAYS[app](where.hostname or "", where.port or 0, f"{prefix}-{number}", tokens, seen)
            if len(seen.tokens) < tokens:
                seen.error = f"{len(seen.tokens)} of {tokens} tokens"
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            seen.error = f"{type(error).__name__} {error}"
        return seen

    return await asyncio.gather(*(one(n) for n in range(sessions)))


def _reading(told: Connection, *asked: Any) -> None:
    told.send(asyncio.run(readers(*asked)))


def share(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def measured(up: Upstream, app: str, sessions: int, seconds: int) -> dict[str, Any]:
    tokens = seconds * RATE
    prefix = f"c{time.time_ns() % 10**9}"
    with server(app, up.url) as app_server:
        _read_apart(app, app_server.url, f"{prefix}-warm", 2, 60)
        before, memory = app_server.cpu(), app_server.memory()
        seen = _read_apart(app, app_server.url, prefix, sessions, tokens)
        cpu, grown = app_server.cpu() - before, app_server.memory() - memory
    lags, firsts = [], []
    for number, each in enumerate(seen):
        try:
            sent = up.run(f"{prefix}-{number}").sent
        except KeyError:
            continue
        lags += [at - sent[n] for n, at in each.tokens.items()]
        firsts += [each.tokens[0] - each.asked] if 0 in each.tokens else []
    errors = [each.error for each in seen if each.error]
    return {
        "sessions": sessions,
        "lag_p50": share(lags, 0.5),
        "lag_p99": share(lags, 0.99),
        "first_p50": share(firsts, 0.5),
        "first_p99": share(firsts, 0.99),
        "errors": len(errors),
        "error": errors[0] if errors else "",
        "cpu_per_session_second": cpu / (sessions * seconds),
        "memory_mb": grown,
        "bytes_per_token": sum(each.bytes for each in seen) / max(1, sum(len(each.tokens) for each in seen)),
    }


def _read_apart(*asked: Any) -> list[Seen]:
    found: list[Seen] = _apart(_reading, *asked)
    return found


def _apart(work: Callable[..., None], *asked: Any) -> Any:
    """What `work` tells, from a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=work, args=(theirs, *asked), daemon=True)
    process.start()
    try:
        return ours.recv()
    finally:
        process.kill()
        process.join()


def _raw_reading(told: Connection, url: str, prefix: str, sessions: int, tokens: int) -> None:
    async def one(client: Any, number: int) -> None:
        body = {"messages": [{"role": "user", "content": f"bench:{prefix}-{number}:{tokens}:{RATE}"}]}
        async with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
            async for _ in response.aiter_bytes():
                pass

    async def all_of_them() -> float:
        import httpx

        async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=1000)) as client:
            await one(client, sessions)
            began = time.process_time()
            await asyncio.gather(*(one(client, n) for n in range(sessions)))
            return time.process_time() - began

    told.send(asyncio.run(all_of_them()))


def floor(up: Upstream, sessions: int, seconds: int) -> float:
    """CPU seconds for a session-second of raw httpx that reads the same streams and does nothing with them."""
    cpu: float = _apart(_raw_reading, up.url, f"cf{time.time_ns() % 10**9}", sessions, seconds * RATE)
    return cpu / (sessions * seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apps", default=",".join(WAYS))
    parser.add_argument("--sessions", default="10,50,200")
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    with upstream() as up:
        for sessions in map(int, options.sessions.split(",")):
            spent = floor(up, sessions, options.seconds)
            results.keep("floor", f"{sessions}", {"cpu_per_session_second": spent})
            print(f"raw httpx        {sessions:4} CPU {1000 * spent:.1f} ms/session-second", flush=True)
        for app in options.apps.split(","):
            for sessions in map(int, options.sessions.split(",")):
                found = measured(up, app, sessions, options.seconds)
                results.keep("concurrency", f"{sessions} | {app}", found)
                print(
                    f"{app:17}{sessions:4} lag p50 {found['lag_p50']:.3f} p99 {found['lag_p99']:.3f} "
                    f"first p50 {found['first_p50']:.3f} p99 {found['first_p99']:.3f} "
                    f"errors {found['errors']} {found['error']} "
                    f"CPU {1000 * found['cpu_per_session_second']:.1f} ms/session-second "
                    f"memory +{found['memory_mb']:.0f} MB, {found['bytes_per_token']:.0f} bytes a token",
                    flush=True,
                )


if __name__ == "__main__":
    main()
