"""Pages that have announced that they close. A page that is closed and one that is reloaded announce the same, so
what is kept for it goes only when it has not come back after a while. A page that could not announce it is forgotten
after hours of silence (visitor_keys.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

GRACE = 60.0
"""Seconds that a page has to come back: after a reload, or out of the browser's back-forward cache."""


class Departures:
    """`forget(room)` is called once a page has been away for `GRACE` seconds. The caller names only rooms in which
    something is kept, so that there are no more departures than rooms."""

    def __init__(self, forget: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._forget = forget
        self._clock = clock
        self._due: dict[str, float] = {}

    def leave(self, room: str) -> None:
        self._due.pop(room, None)  # the dict stays in the order of time
        self._due[room] = self._clock() + GRACE
        with contextlib.suppress(RuntimeError):  # without a loop it goes when the next one leaves
            asyncio.get_running_loop().call_later(GRACE + 1, self.sweep)

    def back(self, room: str) -> None:
        """The page is there again. One that comes too late finds nothing."""
        self.sweep()
        self._due.pop(room, None)

    def sweep(self) -> None:
        now = self._clock()
        while self._due and next(iter(self._due.values())) <= now:
            room = next(iter(self._due))
            del self._due[room]
            self._forget(room)
