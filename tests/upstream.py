"""An upstream that we script: a real HTTP/1.1 server on loopback that plays replies and faults and remembers
what it was asked. It knows nothing of the app. Its own thread runs it, so that no blocking test can stall it.

    with Upstream() as up:                       # `async with` works as well
        up.reply(sse=openai_frames("thinking", "answer"))
        ...
        assert up.requests[0].json["stream"] is True
        up.wait_closed(1)                        # or `await up.closed(1)`
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from tests import loopback

Frame = str | bytes | Mapping[str, Any]
Then = Literal["end", "close", "cut", "reset", "stall"]
PATIENCE = 10.0


@dataclass
class Reply:
    """What to send. `sse` are frames (a mapping becomes `data: {json}`, a str `data: str`, bytes go as they
    are); else `body` (a mapping becomes JSON). `size` cuts the body into pieces of so many bytes, `delay`
    waits between pieces (seconds), `hold` are numbers of pieces before which `Upstream.release()` is awaited.

    then: "end" properly and keep the connection; "close" it properly; "cut" it with no end; "reset" it;
    "stall": say nothing more until the client leaves. `stall_before` the "headers" or the "body", or
    "reset_before" it."""

    sse: Sequence[Frame] | None = None
    body: Frame | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    done: bool = True
    """Whether `data: [DONE]` follows the frames, where they are of the OpenAI dialect."""
    size: int | None = None
    delay: float = 0.0
    hold: tuple[int, ...] = ()
    then: Then = "end"
    stall_before: Literal["headers", "body", ""] = ""
    reset_before: Literal["headers", "body", ""] = ""

    def pieces(self) -> list[bytes]:
        if self.sse is None:
            whole = [_body(self.body)]
        else:
            whole = [_frame(f) for f in self.sse]
            if (
                self.done
                and not any(b'"message_stop"' in f or b"[DONE]" in f for f in whole)
                and self.then == "end"
            ):
                whole.append(b"data: [DONE]\n\n")
        if self.size:
            joined = b"".join(whole)
            whole = [joined[i : i + self.size] for i in range(0, len(joined), self.size)]
        return [p for p in whole if p]

    def type(self) -> str:
        if self.content_type is not None:
            return self.content_type
        if self.sse is not None:
            return "text/event-stream"
        return "application/json" if isinstance(self.body, Mapping) else "text/plain"


def _frame(frame: Frame) -> bytes:
    if isinstance(frame, bytes):
        return frame
    if isinstance(frame, str):
        return f"data: {frame}\n\n".encode()
    event = f"event: {frame['type']}\n" if "type" in frame and "choices" not in frame else ""
    return f"{event}data: {json.dumps(frame, ensure_ascii=False)}\n\n".encode()


def _body(body: Frame | None) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


@dataclass
class Request:
    """What a client asked. Header names are lower case; `number` counts from 1."""

    number: int
    connection: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script = Callable[[Request], Reply]


class Upstream:
    """`requests` holds what came; `open`, `finished` and `aborted` count replies: being played, played to
    their end, left by the client before that."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.open = 0
        self.finished = 0
        self.aborted = 0
        self._tls = tls
        self._queue: list[Reply] = []
        self._script: Script | None = None
        self._test = object()
        """What was asked since the last `forget`."""
        self.lists: Reply | None = None
        """What every GET gets where no script is asked: it is no turn, and does not count as a request."""
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: weakref.WeakSet[asyncio.WriteTransport] = weakref.WeakSet()

    # -- scripting

    def reply(self, *replies: Reply, **one: Any) -> None:
        """Queues replies; the last one stands for every later request."""
        self._queue += replies or (Reply(**one),)

    def script(self, script: Script) -> None:
        """Asks `script` for the reply to each request."""
        self._script = script

    def forget(self) -> None:
        """Wipes the script and the memory, for the next test."""
        with self._changed:
            self.requests.clear()
            self._queue.clear()
            self._script = self.lists = None
            self.open = self.finished = self.aborted = 0
            self._gate = asyncio.Semaphore(0)
            self._test = object()

    def release(self) -> None:
        """Lets one held piece go."""
        self._loop.call_soon_threadsafe(self._gate.release)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    # -- what was seen

    def wait_for(self, fact: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Blocks until the fact holds. Raises AssertionError when it does not come true."""
        with self._changed:
            assert self._changed.wait_for(fact, patience), self

    def wait_requests(self, n: int, patience: float = PATIENCE) -> None:
        self.wait_for(lambda: len(self.requests) >= n, patience)

    def wait_closed(self, n: int, patience: float = PATIENCE) -> None:
        """Until n replies are over, played to their end or left, and none is open."""
        self.wait_for(lambda: self.finished + self.aborted >= n and self.open == 0, patience)

    def wait_aborted(self, n: int, patience: float = PATIENCE) -> None:
        self.wait_for(lambda: self.aborted >= n, patience)

    async def asked(self, n: int, patience: float = PATIENCE) -> None:
        await asyncio.to_thread(self.wait_requests, n, patience)

    async def closed(self, n: int, patience: float = PATIENCE) -> None:
        await asyncio.to_thread(self.wait_closed, n, patience)

    async def left(self, n: int, patience: float = PATIENCE) -> None:
        """Until n replies were left by the client before their end."""
        await asyncio.to_thread(self.wait_aborted, n, patience)

    def __repr__(self) -> str:
        return (
            f"<Upstream {len(self.requests)} requests on {self.connections} connections: "
            f"{self.open} open, {self.finished} finished, {self.aborted} aborted>"
        )

    # -- life

    def __enter__(self) -> Self:
        self._sock = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._sock.getsockname()[1]
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upstream", daemon=True)
        self._thread.start()
        self._started.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.__exit__)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._gate = asyncio.Semaphore(0)
        server = await asyncio.start_server(self._accept, sock=self._sock, ssl=self._tls)
        self._started.set()
        await self._stop.wait()
        await loopback.end(server, lambda: self._transports)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._transports.add(writer.transport)
        task = asyncio.ensure_future(self._connection(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._changed:
            self.connections += 1
            number = self.connections
        inbox = _Inbox(reader)
        try:
            while (request := await inbox.request(number, len(self.requests) + 1)) is not None:
                if request.method == "GET" and self.lists and not self._script:
                    if not await self._play(self.lists, writer):
                        break
                    continue
                with self._changed:
                    self.requests.append(request)
                    self.open += 1
                    test = self._test
                    self._changed.notify_all()
                if not await self._answer(request, inbox, writer, test):
                    break
        finally:
            inbox.close()
            writer.close()

    async def _answer(
        self, request: Request, inbox: _Inbox, writer: asyncio.StreamWriter, test: object
    ) -> bool:
        """Plays one reply. True: the connection goes on. One that was asked for in an earlier test is not counted."""
        playing = asyncio.ensure_future(self._play(self._next(request), writer))
        gone = asyncio.ensure_future(inbox.gone.wait())
        try:
            await asyncio.wait({playing, gone}, return_when=asyncio.FIRST_COMPLETED)
            played = playing.done() and not playing.cancelled() and playing.exception() is None
            return played and playing.result()
        finally:
            for task in (playing, gone):
                task.cancel()
            await asyncio.gather(playing, gone, return_exceptions=True)
            played = not playing.cancelled() and playing.exception() is None
            with self._changed:
                if test is self._test:
                    self.open -= 1
                    self.finished += played
                    self.aborted += not played
                self._changed.notify_all()

    def _next(self, request: Request) -> Reply:
        if self._script:
            return self._script(request)
        assert self._queue, "nothing to reply"
        return self._queue.pop(0) if len(self._queue) > 1 else self._queue[0]

    async def _play(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        await self._fault_at("headers", reply, writer)
        if reply.reset_before == "headers":
            return False
        pieces = reply.pieces()
        framing = "Transfer-Encoding: chunked"
        head = {"Content-Type": reply.type(), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} Scripted", framing, *(f"{k}: {v}" for k, v in head.items() if v)]
        if reply.then == "close":
            lines.append("Connection: close")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        await writer.drain()
        await self._fault_at("body", reply, writer)
        if reply.reset_before == "body":
            return False
        for number, piece in enumerate(pieces):
            if number in reply.hold:
                await self._gate.acquire()
            elif reply.delay and number:
                await asyncio.sleep(reply.delay)
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        return await self._end(reply, writer)

    async def _fault_at(self, where: str, reply: Reply, writer: asyncio.StreamWriter) -> None:
        if reply.stall_before == where:
            await asyncio.Event().wait()
        if reply.reset_before == where:
            _reset(writer)

    async def _end(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if reply.then == "stall":
            await asyncio.Event().wait()
        if reply.then == "reset":
            await asyncio.sleep(0.02)  # what was written must leave before the reset throws it away
            _reset(writer)
        if reply.then in ("end", "close"):
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        return reply.then == "end"


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class _Inbox:
    """Reads all the time, so that it knows when the client is gone."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._bytes = bytearray()
        self._more = asyncio.Event()
        self.gone = asyncio.Event()
        self._pump = asyncio.ensure_future(self._read())

    def close(self) -> None:
        self._pump.cancel()

    async def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := await self._reader.read(65536):
                self._bytes += data
                if not self._bytes[:1].isalpha():  # no HTTP: a TLS greeting, for one
                    break
                self._more.set()
        self.gone.set()
        self._more.set()

    async def _until(self, there: Callable[[], bool]) -> bool:
        while not there():
            if self.gone.is_set():
                return False
            self._more.clear()
            await self._more.wait()
        return True

    async def request(self, connection: int, number: int) -> Request | None:
        if not await self._until(lambda: b"\r\n\r\n" in self._bytes):
            return None
        head = bytes(self._bytes.partition(b"\r\n\r\n")[0])
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        start = len(head) + 4
        if not await self._until(lambda: len(self._bytes) >= start + length):
            return None
        body = bytes(self._bytes[start : start + length])
        del self._bytes[: start + length]
        return Request(number, connection, method, path, headers, body)


# ---- frames of both dialects


def openai_frames(
    thinking: str | Iterable[str] = "",
    answer: str | Iterable[str] = "",
    *,
    finish: str | None = "stop",
    usage: Mapping[str, Any] | None = None,
    model: str = "glm-4.6",
    field: str = "reasoning_content",
) -> list[dict[str, Any]]:
    """Chunks as Z.ai sends them; `finish=None` leaves the end out."""
    deltas = [{field: t} for t in _several(thinking)] + [{"content": t} for t in _several(answer)]
    frames: list[dict[str, Any]] = [
        {"id": "up-1", "model": model, "choices": [{"index": 0, "delta": {"role": "assistant", **d}}]}
        for d in deltas
    ]
    if finish:
        end: dict[str, Any] = {
            "id": "up-1",
            "model": model,
            "choices": [{"index": 0, "finish_reason": finish, "delta": {"role": "assistant", "content": ""}}],
        }
        if usage:
            end["usage"] = dict(usage)
        frames.append(end)
    return frames


def anthropic_frames(
    thinking: str | Iterable[str] = "",
    answer: str | Iterable[str] = "",
    *,
    finish: str | None = "end_turn",
    model: str = "glm-4.6",
) -> list[dict[str, Any]]:
    """Events as Z.ai's Anthropic endpoint sends them; `finish=None` leaves the end out."""
    usage = {"input_tokens": 9, "output_tokens": 1}
    message = {
        "id": "up-1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "usage": usage,
    }
    frames: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, (kind, texts) in enumerate((k, t) for k, t in (("thinking", thinking), ("text", answer)) if t):
        start = {"type": kind, kind: ""}
        frames.append({"type": "content_block_start", "index": index, "content_block": start})
        frames += [
            {"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", kind: t}}
            for t in _several(texts)
        ]
        frames.append({"type": "content_block_stop", "index": index})
    if finish:
        end = {"stop_reason": finish, "stop_sequence": None}
        frames.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": 12}})
        frames.append({"type": "message_stop"})
    return frames


def _several(text: str | Iterable[str]) -> list[str]:
    return ([text] if text else []) if isinstance(text, str) else list(text)
