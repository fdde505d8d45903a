"""A reader of one of the app's streams, in this process and without a socket: it can stop to read and leave at any
event, which no HTTP client does at a moment that a test can name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message

Frame = dict[str, Any]


class Reader:
    """`status` is there once `begun`. `lines` gives (turn, number, frame) of every event but heartbeats."""

    def __init__(
        self, app: ASGIApp, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> None:
        parts = urlsplit(path)
        self.status = 0
        self.body = b""
        self._scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": parts.path, "root_path": "",
            "query_string": parts.query.encode(), "scheme": "http", "server": ("127.0.0.1", 80),
            "client": ("203.0.113.7", 1),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        self._sent = json.dumps(body).encode() if body is not None else b""
        self._asked = False
        self._gone = asyncio.Event()
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._begun = asyncio.Event()
        self._task = asyncio.create_task(self._run(app))

    async def _run(self, app: ASGIApp) -> None:
        await app(self._scope, self._receive, self._send)
        if not self._gone.is_set():
            await self._events.put(None)

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._sent, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._begun.set()
        elif body := message.get("body"):
            self.body += body
            await self._events.put(body)

    async def begun(self) -> int:
        """The status of the answer."""
        await self._begun.wait()
        return self.status

    async def lines(self) -> AsyncIterator[tuple[str, int, Frame]]:
        while (event := await self._events.get()) is not None:
            fields = dict(line.split(": ", 1) for line in event.decode().splitlines() if ": " in line)
            if "data" in fields:
                yield fields.get("event", ""), int(fields.get("id", 0)), json.loads(fields["data"])

    async def frames(self, most: int = 10**9) -> list[tuple[int, Frame]]:
        """The next so many frames with their numbers; all that come, if fewer."""
        found = []
        if most:
            async for _, number, frame in self.lines():
                found.append((number, frame))
                if len(found) == most:
                    break
        return found

    async def leave(self) -> None:
        """The connection is gone."""
        self._gone.set()
        while not self._task.done():
            while not self._events.empty():
                self._events.get_nowait()
            await asyncio.sleep(0)
        await self._task


@asynccontextmanager
async def reading(
    app: ASGIApp, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Reader]:
    reader = Reader(app, method, path, body, headers or {})
    try:
        yield reader
    finally:
        await reader.leave()
