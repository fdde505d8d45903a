"""Servers of tests on loopback. They leave no connection open at their end: Python would report it in a later test."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TURNS_TO_LET_IN = 10
"""Turns of the event loop within which a connection that the listener took has its protocol: asyncio takes 3."""


async def end(server: asyncio.Server, connections: Callable[[], Iterable[asyncio.BaseTransport]]) -> None:
    """Ends the server and breaks its connections off. `connections` is asked when the last one has been let in."""
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(TURNS_TO_LET_IN):
        await asyncio.sleep(0)
    server.close()  # not before: Python 3.11 drops, unclosed, what its listener took right before
    for connection in list(connections()):
        if isinstance(connection, asyncio.WriteTransport):
            connection.abort()
    await asyncio.sleep(0)  # the sockets are closed


@contextlib.asynccontextmanager
async def served(
    talk: Talk, *, limit: int = 2**16, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[int, None]:
    """The port of a server that talks with whoever connects. At the end it waits until each talk is over, or
    breaks it off."""
    connections: set[asyncio.BaseTransport] = set()
    talks: set[asyncio.Future[None]] = set()

    def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer.transport)
        talking = asyncio.ensure_future(talk(reader, writer))
        talks.add(talking)
        talking.add_done_callback(talks.discard)

    server = await asyncio.start_server(let_in, "127.0.0.1", 0, limit=limit, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        await end(server, lambda: connections)
        for talking in talks:
            talking.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
