"""CPU a chunk: our whole decoding (events, frames, markup, deltas made) against raw `httpx` on the same bytes.

A server in a process of its own sends one HTTP chunk a frame on loopback. The client reads the stream raw
(`aiter_bytes`, bytes dropped) and decoded, in turns, and the medians of its own CPU time are compared. The budget
is 2.0 times raw. Run from the project's root:

    python -m benchmarks.bench_decode [frames] [rounds]
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import httpx

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import DialectName, Provider
from glm_ui.protocol.decoder import FrameDecoder
from glm_ui.protocol.sse import SseDecoder

BUDGET = 2.0
WORDS = ("The", " quick", " brown", " 狐狸", " jumps", " over", ",\n", "`x <", " y`", " lazy", " dog", ".")
PROVIDER = Provider("zai", "Z.ai", "openai", None, None, False, None, "thinking")
ROUTE = Route(None, PROVIDER, "glm-4.6")


def openai_frames(count: int) -> list[bytes]:
    def frame(**delta: str) -> dict[str, object]:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}}
        return {
            "id": "202607010739425543ff9439144b2c",
            "created": 1782862782,
            "object": "chat.completion.chunk",
            "model": "glm-4.7",
            "choices": [choice],
        }

    names = ("reasoning_content", "content")
    frames = [frame(**{names[n > count // 2]: WORDS[n % len(WORDS)]}) for n in range(count)]
    end = {"choices": [{"index": 0, "finish_reason": "stop", "delta": {}}], "usage": {"prompt_tokens": 9}}
    return [b"data: " + _dumped(f) + b"\n\n" for f in (*frames, end)] + [b"data: [DONE]\n\n"]


def anthropic_frames(count: int) -> list[bytes]:
    def delta(n: int) -> dict[str, object]:
        kind = ("thinking", "text")[n > count // 2]
        said = {"type": f"{kind}_delta", kind: WORDS[n % len(WORDS)]}
        return {"type": "content_block_delta", "index": int(n > count // 2), "delta": said}

    frames: list[dict[str, object]] = [{"type": "message_start", "message": {"id": "m", "model": "glm-4.7"}}]
    frames += [delta(n) for n in range(count)]
    frames += [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}]
    return [f"event: {f['type']}\ndata: ".encode() + _dumped(f) + b"\n\n" for f in frames]


def _dumped(frame: dict[str, object]) -> bytes:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


def serve(frames: list[bytes], told: Connection) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = [f"{len(frame):x}\r\n".encode() + frame + b"\r\n" for frame in frames]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline() not in (b"\r\n", b""):
            pass
        writer.write(head)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def raw(url: str) -> int:
    seen = 0
    async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", url) as response:
        async for _ in response.aiter_bytes():
            seen += 1
    return seen


def decoded(dialect: DialectName) -> Callable[[str], object]:
    async def read(url: str) -> int:
        seen = 0
        sse = SseDecoder()
        decoder = FrameDecoder(ROUTE)
        async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", url) as response:
            async for chunk in response.aiter_bytes():
                for name, data in sse.feed(chunk):
                    for _ in decoder.feed(data, name):
                        seen += 1
        assert not list(decoder.close())
        return seen

    return read


def cpu_of(read: Callable[[str], object], url: str) -> tuple[float, int]:
    async def timed() -> tuple[float, int]:
        began = time.process_time()
        seen = await read(url)  # type: ignore[misc]
        return time.process_time() - began, seen

    return asyncio.run(timed())


def measure(dialect: DialectName, frames: list[bytes], rounds: int) -> tuple[float, float, float]:
    """Medians: CPU seconds for the whole stream raw and decoded, and how many times raw a decoded one took that
    was read right after it (so that a busy machine slows both)."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(frames, theirs), daemon=True)
    server.start()
    try:
        url = f"http://127.0.0.1:{ours.recv()}/"
        figures: dict[str, list[float]] = {"raw": [], "decoded": []}
        for _ in range(rounds):
            figures["raw"].append(cpu_of(raw, url)[0])
            seconds, seen = cpu_of(decoded(dialect), url)
            figures["decoded"].append(seconds)
            assert seen >= len(frames) * 0.9
        pairs = zip(figures["raw"], figures["decoded"], strict=True)
        ratio = statistics.median(whole / plain for plain, whole in pairs)
        return statistics.median(figures["raw"]), statistics.median(figures["decoded"]), ratio
    finally:
        server.kill()
        server.join()


def main(count: int = 5000, rounds: int = 9) -> bool:
    """Prints one line a dialect; True when each is within the budget."""
    within = True
    for dialect, frames in (("openai", openai_frames(count)), ("anthropic", anthropic_frames(count))):
        plain, whole, ratio = measure(dialect, frames, rounds)  # type: ignore[arg-type]
        within &= ratio <= BUDGET
        each = 1e6 / len(frames)
        print(
            f"{dialect:10} raw {plain * each:5.1f} µs  decoded {whole * each:5.1f} µs a chunk  {ratio:.2f} times"
        )
    return within


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
