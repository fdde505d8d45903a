"""Files that cannot change while the app runs, from memory: a first visit asks for 70 of them, and reading one from
disk takes several changes of thread. Text is compressed once, not at each visit.

What is kept belongs to nobody: only answers of paths that name a file of ours or of Gradio's, whole and without a
cookie. This stands behind all that refuses requests, so that nobody gets from memory what would be refused.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_ui.serving.packing import pack, takes_brotli
from glm_ui.serving.paths import path_of
from glm_ui.serving.static_files import version

GRADIOS = ("/assets/", "/static/")
NAME = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""One way to write each path, so that one file is kept once."""
CONDITIONS = ("range", "if-range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since")
TEXT = re.compile(r"text/|application/(?:javascript|json|manifest\+json)|image/svg")
LARGEST = 2**20
MOST = 24 * 2**20
"""Bytes of one file, and of all."""
QUALITY = 9
"""7 % smaller than Gradio's 4."""


@dataclass(frozen=True, slots=True)
class Kept:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class Store:
    """What is kept, by path and whether it is compressed; what is there stays."""

    size: int = 0
    files: dict[tuple[str, bool], Kept] = field(default_factory=dict)

    def keep(self, key: tuple[str, bool], file: Kept) -> None:
        if key not in self.files and self.size + len(file.body) <= MOST:
            self.files[key] = file
            self.size += len(file.body)


class KeptFiles:
    """The middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.store = Store()
        self.places = (*GRADIOS, f"/glm_ui/static/{version()}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._file_in(scope)
        if path is None:
            await self.app(scope, receive, send)
            return
        key = path, takes_brotli(scope)
        kept = self.store.files.get(key)
        if kept is None:
            kept = await self._read(scope, receive, send)
            if kept is not None:
                self.store.keep(key, await asyncio.to_thread(compressed, kept) if key[1] else kept)
            return
        await send({"type": "http.response.start", "status": kept.status, "headers": list(kept.headers)})
        await send({"type": "http.response.body", "body": kept.body})

    def _file_in(self, scope: Scope) -> str | None:
        """The path of the file that a request asks for whole and without a condition; None for every other request."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope.get("query_string"):
            return None
        path = path_of(scope)
        place = next((place for place in self.places if path.startswith(place)), None)
        if place is None or not NAME.fullmatch(path, len(place)):
            return None
        headers = Headers(scope=scope)
        return None if any(name in headers for name in CONDITIONS) else path

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> Kept | None:
        """The app's answer, which is sent too; None where it is not to be kept."""
        start: Message = {}
        parts: list[bytes] = []
        size = 0

        async def noting(message: Message) -> None:
            nonlocal start, size
            if message["type"] == "http.response.start":
                start = {**message, "headers": list(message["headers"])}
            elif message["type"] == "http.response.body" and size <= LARGEST:
                parts.append(message.get("body", b""))
                size += len(parts[-1])
            await send(message)

        await self.app(scope, receive, noting)
        headers = Headers(raw=start.get("headers", []))
        whole = headers.get("content-length") == str(size)
        if start.get("status") != 200 or not whole or "set-cookie" in headers or size > LARGEST:
            return None
        return Kept(200, start["headers"], b"".join(parts))


def compressed(file: Kept) -> Kept:
    """The same, for a browser that reads Brotli."""
    headers = MutableHeaders(raw=list(file.headers))
    if not TEXT.match(headers.get("content-type", "")) or "content-encoding" in headers:
        return file
    body = pack(headers, file.body, QUALITY)
    return Kept(file.status, headers.raw, body)
