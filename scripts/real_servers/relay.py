"""A wire tap: every byte passes unchanged, every request and reply is kept, and who hung up first is known.

The servers log neither bodies nor hang-ups in one form; this does, for all of them. One request a connection is enough
to be read, for the app's own `Connection` does not matter here: a request is told by its head and Content-Length.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """One request and what became of it. `hung_up` is who closed first: "client", "server" or ""."""

    head: str
    body: Any
    began: float = field(default_factory=time.time)
    reply: bytearray = field(default_factory=bytearray)
    hung_up: str = ""
    ended: float = 0.0

    @property
    def status(self) -> int:
        line = bytes(self.reply[:40]).split()
        return int(line[1]) if len(line) > 1 else 0


class Relay:
    """Listens on a port of its own and hands everything to `port`. `calls` are the requests with a body, in order."""

    def __init__(self, port: int) -> None:
        self.port, self.calls = port, list[Call]()
        self.here = 0
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self._up.wait(10)

    def _run(self) -> None:
        async def listen() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.here = server.sockets[0].getsockname()[1]
            self._up.set()
            await server.serve_forever()

        self._loop.run_until_complete(listen())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.close()
            return
        current: list[Call] = []
        done = asyncio.Event()
        first: list[str] = []

        async def asked() -> None:
            while head := await _head(reader):
                length = next(
                    (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")),
                    0,
                )
                body = await reader.readexactly(length)
                call = Call(head.decode("latin-1"), json.loads(body) if body else None)
                current[:] = [call]
                if body:
                    self.calls.append(call)
                up_writer.write(head + body)
                await up_writer.drain()
            first.append("client")

        async def answered() -> None:
            while data := await up_reader.read(65536):
                if current:
                    current[0].reply += data
                    current[0].ended = time.time()
                try:
                    writer.write(data)
                    await writer.drain()
                except OSError:
                    first.append("client")
                    return
            first.append("server")

        async def guarded(half: Any, who: str) -> None:
            try:
                await half()
            except (OSError, asyncio.IncompleteReadError):
                first.append(who)
            done.set()

        halves = [asyncio.create_task(guarded(asked, "client")), asyncio.create_task(guarded(answered, "server"))]
        await done.wait()
        for call in current:
            call.hung_up = first[0]
            call.ended = time.time()
        for half in halves:
            half.cancel()
        for end in (writer, up_writer):
            end.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
