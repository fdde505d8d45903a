"""One connection to an MCP server, entered and left by one task: the client's cancel scopes belong to the task that
opened them. A connection that broke takes no further call, and is left when those that it carries have ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

CONNECT_WITHIN: Final = 20.0
"""Seconds: `auto` looks for a modern server for ten of them before it tries the older handshake."""
CLOSE_WITHIN: Final = 5.0

Make = Callable[[Callable[[], None]], AbstractAsyncContextManager[Any]]
"""Gives an `mcp.Client`. It calls what it is given when the other side has ended the connection."""


class Connection:
    """`broken` once it takes no further call."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._stop = asyncio.Event()
        self._users = 0
        self._dropped = False
        self._ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold())

    @property
    def broken(self) -> bool:
        return self._dropped or self._task.done()

    @property
    def ended(self) -> bool:
        return self._task.done()

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncGenerator[Any, None]:
        """Raises what connecting raises, its innermost cause, or TimeoutError."""
        self._users += 1
        try:
            yield await self._connected()
        finally:
            self._users -= 1
            self._leave_if_idle()

    async def _connected(self) -> Any:
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            self.drop()
            raise

    def drop(self) -> None:
        """Lets it end by itself, after the calls that it carries."""
        self._dropped = True
        if not self._ready.done():
            self._task.cancel()
        self._leave_if_idle()

    async def close(self) -> None:
        """Ends it now, and the calls that it carries."""
        self.drop()
        self._stop.set()
        await asyncio.wait([self._task], timeout=CLOSE_WITHIN)

    def _leave_if_idle(self) -> None:
        if self._dropped and not self._users:
            self._stop.set()

    def _ended(self) -> None:
        """The other side has ended it; while it is being made, the handshake says so."""
        if self._ready.done():
            self.drop()

    async def _hold(self) -> None:
        try:
            async with self._make(self._ended) as client:
                self._ready.set_result(client)
                await self._stop.wait()
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - told to whoever waits for the client
            if not self._ready.done():
                self._ready.set_exception(cause_of(error))
        finally:
            if not self._ready.done():
                self._ready.set_exception(ConnectionError("it broke off while it started."))
            with contextlib.suppress(asyncio.CancelledError, Exception):
                self._ready.exception()  # heard, also where nobody waits any more


def cause_of(error: BaseException) -> Exception:
    """The first cause inside groups of errors."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error if isinstance(error, Exception) else ConnectionError(type(error).__name__)
