"""A fast scripted upstream in a process of its own: plays replies in both dialects and remembers when it sent what.

The last `bench:<run>:<tokens>:<rate>` in a request says what to play; rate 0 is as fast as the socket takes it. A run
whose name begins with `c` gets its tokens numbered (`#00017`), so that each can be timed on the way; one that begins
with `t` is a turn of several rounds with tools, which come to its tokens together.
`GET /marks/<run>` gives the times, seconds since 1970; `GET …/models` lists one model. It knows nothing of the app.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import multiprocessing
import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection

import orjson

from benchmarks.text import MARK, script

ASKED = re.compile(rb"bench:([\w-]+):(\d+):(\d+)")
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\nCache-Control: no-cache\r\n\r\n"
)
ROUNDS = 8
"""Replies of a turn whose run's name begins with `t`; each but the last calls the calculator. Chat completions."""
PLAIN = "w"
"""How the name of a run begins whose answer is words alone."""
RESULT = b'"role":"tool"'
MODELS = {"object": "list", "data": [{"id": "glm-4.7", "object": "model", "created": 0, "owned_by": "bench"}]}
SLICE = 64
"""Frames in one write when they go as fast as possible."""


@dataclass(slots=True)
class Run:
    """Times of one run, seconds since 1970. `sent[n]` is when token n was written, `left` when the client
    was gone in the middle; 0 if it was not."""

    asked: float
    tokens: int
    sent: list[float] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)
    left: float = 0.0


@functools.lru_cache(maxsize=32)
def frames(
    tokens: int, dialect: str, numbered: bool, plain: bool
) -> tuple[list[bytes], list[bytes], dict[int, str], bytes]:
    """Chunked frames: before the first token, one each token, the marks among them, and the end."""
    words = script(tokens, plain=plain)
    said = [("thinking", t) for t in words.thinking] + [("text", t) for t in words.answer]
    if numbered:
        said = [(kind, f"#{n:05d}") for n, (kind, _) in enumerate(said)]
    marks = {n: found[0] for n, (_, text) in enumerate(said) if (found := MARK.search(text))}
    if dialect == "anthropic":
        before, each, end = _anthropic(said)
    else:
        before, each, end = _openai(said)
    return (
        [_chunked(f) for f in before],
        [_chunked(f) for f in each],
        marks,
        b"".join(map(_chunked, end)) + b"0\r\n\r\n",
    )


Parts = tuple[list[bytes], list[bytes], list[bytes]]


def _openai(said: list[tuple[str, str]]) -> Parts:
    names = {"thinking": "reasoning_content", "text": "content"}

    def frame(delta: dict[str, str], **more: object) -> bytes:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}, **more}
        body = {
            "id": "2026-bench",
            "created": 1782862782,
            "object": "chat.completion.chunk",
            "model": "glm-4.7",
        }
        return b"data: " + orjson.dumps({**body, "choices": [choice]}) + b"\n\n"

    each = [frame({names[kind]: text}) for kind, text in said]
    return [], each, [frame({"content": ""}, finish_reason="stop"), b"data: [DONE]\n\n"]


def _anthropic(said: list[tuple[str, str]]) -> Parts:
    def frame(kind: str, **more: object) -> bytes:
        return f"event: {kind}\ndata: ".encode() + orjson.dumps({"type": kind, **more}) + b"\n\n"

    def start(index: int, kind: str) -> bytes:
        content = {"type": kind, kind: "", **({"signature": ""} if kind == "thinking" else {})}
        return frame("content_block_start", index=index, content_block=content)

    usage = {"input_tokens": 9, "output_tokens": 1}
    message = {
        "id": "msg", "type": "message", "role": "assistant", "model": "glm-4.7", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    before = [frame("message_start", message=message), start(0, "thinking")]
    each: list[bytes] = []
    at = 0
    for kind, text in said:
        delta = frame(
            "content_block_delta", index=int(kind == "text"), delta={"type": f"{kind}_delta", kind: text}
        )
        if kind == "text" and not at:
            at, delta = 1, frame("content_block_stop", index=0) + start(1, "text") + delta
        each.append(delta)
    done = {"stop_reason": "end_turn", "stop_sequence": None}
    end = [
        frame("content_block_stop", index=1),
        frame("message_delta", delta=done, usage={"output_tokens": len(said)}),
        frame("message_stop"),
    ]
    return before, each, end


def _chunked(frame: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(frame), frame)


def _call() -> bytes:
    function = {"name": "calculator", "arguments": '{"expression": "1 + 1"}'}
    call = {"index": 0, "id": "c1", "type": "function", "function": function}
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}
    said = b"data: " + orjson.dumps({"id": "bench", "model": "glm-4.7", "choices": [choice]}) + b"\n\n"
    return _chunked(said) + _chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"


CALL = _call()


class Server:
    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked = time.time()
                method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                if method == "GET":
                    await self.tell(path, writer)
                else:
                    await self.play(path, body, asked, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def tell(self, path: str, writer: asyncio.StreamWriter) -> None:
        asked = path.rpartition("/")[2]
        run = self.runs.get(asked)
        body = orjson.dumps(MODELS if asked == "models" else asdict(run) if run else None)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )
        await writer.drain()

    async def play(
        self,
        path: str,
        body: bytes,
        asked: float,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        name, tokens, rate = ASKED.findall(body)[-1]
        calls = name.startswith(b"t") and body.count(RESULT) < ROUNDS - 1
        if name.startswith(b"t"):
            tokens = b"%d" % (int(tokens) // ROUNDS)
        run = self.runs[name.decode()] = Run(asked, int(tokens))
        dialect = "anthropic" if path.endswith("/messages") else "openai"
        before, each, marks, end = frames(
            int(tokens), dialect, name.startswith(b"c"), name.startswith(PLAIN.encode())
        )
        writer.write(HEAD + b"".join(before))
        leaving = asyncio.create_task(_gone(reader, run))
        try:
            await self.send(writer, each, marks, int(rate), run)
        finally:
            leaving.cancel()
            await asyncio.gather(
                leaving, return_exceptions=True
            )  # the next request is read from the same place
        writer.write(CALL if calls else end)
        await writer.drain()

    async def send(
        self, writer: asyncio.StreamWriter, each: list[bytes], marks: dict[int, str], rate: int, run: Run
    ) -> None:
        loop = asyncio.get_running_loop()
        start, sent = loop.time(), 0
        while sent < len(each):
            due = (
                min(len(each), int((loop.time() - start) * rate) + 1)
                if rate
                else min(len(each), sent + SLICE)
            )
            if due > sent:
                writer.write(b"".join(each[sent:due]))
                now = time.time()
                run.sent += [now] * (due - sent)
                run.marks |= {marks[n]: now for n in range(sent, due) if n in marks}
                sent = due
                await writer.drain()
            if rate:
                await asyncio.sleep(max(0.0, start + sent / rate - loop.time()))


async def _gone(reader: asyncio.StreamReader, run: Run) -> None:
    """Notes when the client closes its end; it sends nothing while a reply is played."""
    with contextlib.suppress(ConnectionError):
        await reader.read(1)
    run.left = time.time()


def _serve(told: Connection) -> None:
    async def run() -> None:
        server = await asyncio.start_server(Server().connection, "127.0.0.1", 0, limit=2**26, backlog=1024)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@dataclass(frozen=True, slots=True)
class Upstream:
    url: str

    def run(self, name: str) -> Run:
        """What was sent in a run. Raises KeyError for one that was never asked for."""
        with urllib.request.urlopen(f"{self.url}/marks/{name}") as answer:  # noqa: S310
            found = json.load(answer)
        if found is None:
            raise KeyError(name)
        return Run(**found)


@contextmanager
def upstream() -> Iterator[Upstream]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Upstream(f"http://127.0.0.1:{ours.recv()}")
    finally:
        process.kill()
        process.join()
