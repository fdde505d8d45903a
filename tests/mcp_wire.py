"""An MCP server of raw HTTP/1.1 whose every answer can be something else than it should be. `/modern/…` speaks the
revision 2026-07-28, `/legacy/…` the handshake of before. It counts what it sent and which sockets are open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import served

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
JSON = "application/json"
EVENTS = "text/event-stream"
READS = {"readOnlyHint": True, "openWorldHint": False}


def act(**more: Any) -> dict[str, Any]:
    """The one tool of a server, as it is listed."""
    return {"name": "act", "inputSchema": {"type": "object"}, "annotations": READS} | more


def said(*blocks: Any, **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": each} if isinstance(each, str) else each for each in blocks]
    return {"content": content, **more}


@dataclass
class Exchange:
    """One request and the socket that waits for its answer."""

    wire: Wire
    message: dict[str, Any]
    headers: dict[str, str]
    out: asyncio.StreamWriter
    modern: bool

    @property
    def id(self) -> Any:
        return self.message.get("id")

    @property
    def token(self) -> Any:
        return self.message.get("params", {}).get("_meta", {}).get("progressToken")

    async def send(self, raw: bytes | str) -> None:
        self.out.write(raw.encode() if isinstance(raw, str) else raw)
        await self.out.drain()
        self.wire.sent[self.message.get("method", "")] += len(raw)

    async def head(self, status: int = 200, kind: str = JSON, **headers: str) -> None:
        lines = {"content-type": kind, "connection": "close"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        await self.send(f"HTTP/1.1 {status} X\r\n{told}\r\n")

    async def answer(self, body: Any, status: int = 200, kind: str = JSON, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        await self.head(status, kind, content_length=str(len(raw)), **headers)
        await self.send(raw)

    def of(self, result: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": self.id, "result": self.complete(result)}

    def complete(self, result: Any) -> Any:
        extra = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"} if self.modern else {}
        return {**extra, **result} if isinstance(result, dict) else result

    async def result(self, result: Any) -> None:
        await self.answer(self.of(result))

    async def error(self, code: int, message: str, status: int = 200) -> None:
        body = {"jsonrpc": "2.0", "id": self.id, "error": {"code": code, "message": message}}
        await self.answer(body, status)

    async def event(self, message: Any) -> None:
        await self.send(f"event: message\ndata: {json.dumps(message)}\n\n")

    async def notify(self, method: str, **params: Any) -> None:
        await self.event({"jsonrpc": "2.0", "method": method, "params": params})

    async def ask(self, id: Any, method: str, **params: Any) -> None:
        await self.event({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


Behaviour = Callable[[Exchange], Awaitable[None]]


async def well_behaved(x: Exchange) -> None:
    """What a server should do."""
    method = x.message.get("method")
    if method == "server/discover" and x.modern:
        info = {"supportedVersions": [MODERN], "capabilities": {"tools": {}}}
        await x.result({**info, "serverInfo": {"name": "wire", "version": "1"}})
    elif method == "initialize":
        info = {"name": "wire", "version": "1"}
        await x.result({"protocolVersion": LEGACY, "capabilities": {"tools": {}}, "serverInfo": info})
    elif method == "tools/list":
        await x.result({"tools": [act()]})
    elif method == "tools/call":
        await x.result(said("well"))
    elif x.id is None:
        await x.answer(b"", 202)
    else:
        await x.error(-32601, "Method not found", 404)


@dataclass(eq=False)
class Wire:
    """`kinds`: name of a kind (a part of the path) -> method -> what is done in place of what should be."""

    kinds: Mapping[str, Mapping[str, Behaviour]] = field(default_factory=dict)
    port: int = 0
    secure: bool = False
    open: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    """Bytes by method."""
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    """(path, headers, message)"""
    calls: Counter[str] = field(default_factory=Counter)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, kind: str, era: str = "modern") -> str:
        return f"{self.base()}/{era}/{kind}"

    def base(self, host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.secure else ''}://{host}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        self.open += 1
        self.idle.clear()
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._one(reader, out)
        finally:
            out.close()
            self.open -= 1
            if not self.open:
                self.idle.set()

    async def _one(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        message = json.loads(raw) if raw else {}
        method = message.get("method", "GET" if head[0].startswith("GET") else "answer")
        self.asked.append((path, headers, message))
        self.calls[method] += 1
        era, _, kind = path.strip("/").partition("/")
        x = Exchange(self, message, headers, out, era == "modern")
        doing = asyncio.create_task(self._doing(x, kind, method))
        gone = asyncio.create_task(reader.read(1))
        await asyncio.wait([doing, gone], return_when=asyncio.FIRST_COMPLETED)
        for task in (doing, gone):
            task.cancel()
        await asyncio.wait([doing, gone])

    async def _doing(self, x: Exchange, kind: str, method: str) -> None:
        behaviours = self.kinds.get(kind, {})
        with contextlib.suppress(ConnectionError):
            await (behaviours.get(method) or behaviours.get("*") or well_behaved)(x)


@contextlib.asynccontextmanager
async def wire(
    kinds: Mapping[str, Mapping[str, Behaviour]] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Wire, None]:
    one = Wire(kinds or {}, secure=tls is not None)
    async with served(one.serve, limit=2**22, tls=tls) as one.port:
        yield one
