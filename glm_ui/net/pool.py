"""Connections to upstreams that are used again: the free one that was put back last, else a new one.

This stands in place of httpcore's pool, which looks at every connection whenever a request begins or ends, so that a
turn's start cost more with each turn that ran. How many connections there are is bounded by who asks (admission.py).
"""

from __future__ import annotations

import functools
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol, Self, cast

import anyio
import httpcore
import httpx

EXPIRY = 60.0
"""Seconds after which a free connection is not used again."""
MOST_IDLE = 100
"""Connections that wait to be used again: a new one costs a TLS handshake."""

Key = tuple[bytes, bytes, int]
"""scheme, host, port"""


class Stream(Protocol):
    """The body of httpcore's response on one connection."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None: ...


class Pool:
    """What httpx asks of a pool. `most_idle` connections are kept, of all origins together; 0: each serves once."""

    def __init__(self, trusted: ssl.SSLContext, most_idle: int) -> None:
        self._trusted = trusted
        self._most_idle = most_idle
        self._idle: dict[Key, deque[tuple[float, httpcore.AsyncHTTPConnection]]] = {}
        self._count = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Raises httpcore's errors."""
        origin = request.url.origin
        key = (origin.scheme, origin.host, origin.port)
        connection = await self._free(key)
        if connection is None:
            connection = httpcore.AsyncHTTPConnection(
                origin, ssl_context=self._trusted, keepalive_expiry=EXPIRY
            )
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await _closed(
                connection
            )  # it closes itself, but not where the task is cancelled between two of its steps
            raise
        body = Body(cast(Stream, response.stream), self, key, connection)
        return httpcore.Response(
            response.status, headers=response.headers, content=body, extensions=response.extensions
        )

    async def _free(self, key: Key) -> httpcore.AsyncHTTPConnection | None:
        """A free connection to this origin that its server has not closed."""
        free = self._idle.get(key)
        while free:
            _, connection = free.pop()
            self._count -= 1
            if not connection.has_expired():
                return connection
            await _closed(connection)
        return None

    async def put_back(self, key: Key, connection: httpcore.AsyncHTTPConnection) -> None:
        """A connection whose response is over: kept where it can serve again."""
        if connection.is_idle():
            self._idle.setdefault(key, deque()).append((time.monotonic(), connection))
            self._count += 1
        spare = []
        for origin, free in [*self._idle.items()]:  # at most `most_idle` and one
            while free and (self._count > self._most_idle or free[0][0] < time.monotonic() - EXPIRY):
                spare.append(free.popleft()[1])
                self._count -= 1
            if not free:
                del self._idle[origin]
        for connection in spare:
            await _closed(connection)

    async def aclose(self) -> None:
        for free in self._idle.values():
            while free:
                await _closed(free.pop()[1])
        self._count = 0


class Body:
    """A response's bytes. Closing it gives its connection back."""

    def __init__(
        self, stream: Stream, pool: Pool, key: Key, connection: httpcore.AsyncHTTPConnection
    ) -> None:
        self._stream = stream
        self._pool = pool
        self._key = key
        self._connection: httpcore.AsyncHTTPConnection | None = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await self._stream.aclose()
            except BaseException:
                await _closed(connection)
                raise
            await self._pool.put_back(self._key, connection)


async def _closed(connection: httpcore.AsyncHTTPConnection) -> None:
    """Closes it, in a cancelled task too."""
    with anyio.CancelScope(shield=True):
        await connection.aclose()


@functools.cache
def trusted() -> ssl.SSLContext:
    """Reading all certificates takes tens of milliseconds; once is enough."""
    return httpx.create_ssl_context()


class PooledTransport(httpx.AsyncHTTPTransport):
    """httpx's transport, its mapping of errors included, with our pool: httpx takes none of another's."""

    def __init__(self, trusted: ssl.SSLContext, most_idle: int = MOST_IDLE) -> None:
        super().__init__(verify=trusted)
        self._pool = Pool(trusted, most_idle)  # type: ignore[assignment]
