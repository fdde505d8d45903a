"""A wire tap: every byte passes unchanged, every request and reply is kept, and who hung up first is known.

The servers log neither bodies nor hang-ups in one form; this does, for all of them. One request a connection is enough
to be read, for the app's own `Connection` does not matter here: a request is told by its head and Content-Length.
"""

from __future__ import annotations

import asyncio
import json
import re
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
        link = _Link(self.calls)
        halves = [
            asyncio.create_task(link.asked(reader, up_writer)),
            asyncio.create_task(link.answered(up_reader, writer)),
        ]
        done, rest = await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        if link.call:
            link.call.hung_up = min(done, key=halves.index).result()
            link.call.ended = time.time()
        for half in rest:
            half.cancel()
        for end in (writer, up_writer):
            end.close()


class _Link:
    """One connection. Each half ends with the name of who hung up."""

    def __init__(self, calls: list[Call]) -> None:
        self.calls = calls
        self.call: Call | None = None

    async def asked(self, reader: asyncio.StreamReader, up: asyncio.StreamWriter) -> str:
        try:
            while head := await _head(reader):
                found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(found[1]) if found else 0)
                self.call = Call(head.decode("latin-1"), json.loads(body) if body else None)
                if body:
                    self.calls.append(self.call)
                up.write(head + body)
                await up.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        return "client"

    async def answered(self, up: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        try:
            while data := await up.read(65536):
                if self.call:
                    self.call.reply += data
                    self.call.ended = time.time()
                try:
                    writer.write(data)
                    await writer.drain()
                except OSError:
                    return "client"
        except OSError:
            pass
        return "server"


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
