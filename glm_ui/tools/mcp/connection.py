"""One connection to an MCP server, entered and left by one task: the client's cancel scopes belong to the task that
opened them. A connection that broke is never used again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

CONNECT_WITHIN: Final = 20.0
"""Seconds: `auto` looks for a modern server for ten of them before it tries the older handshake."""
CLOSE_WITHIN: Final = 5.0

Make = Callable[[], AbstractAsyncContextManager[Any]]


class Connection:
    """`make` gives an `mcp.Client`. `broken` once it cannot be used any more."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold())

    @property
    def broken(self) -> bool:
        return self._stop.is_set() or self._task.done()

    async def client(self) -> Any:
        """Raises what connecting raises, its innermost cause, or TimeoutError."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            self.drop()
            raise

    def drop(self) -> None:
        """Lets it end by itself."""
        self._stop.set()
        if not self._ready.done():
            self._task.cancel()

    async def close(self) -> None:
        self.drop()
        await asyncio.wait([self._task], timeout=CLOSE_WITHIN)

    async def _hold(self) -> None:
        try:
            async with self._make() as client:
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
