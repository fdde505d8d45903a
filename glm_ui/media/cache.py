"""Prepared results kept by what they were made from, so that a follow-up question costs no second decoding.
In memory, capped in bytes and in age; names of files never enter the key, and never come out of it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from glm_ui.media.formats.kinds import Source, opened

T = TypeVar("T")

MAX_BYTES = 256 << 20
MAX_AGE = 3600.0
"""Seconds; as long as uploads live."""


class Shelf:
    def __init__(self, max_bytes: int = MAX_BYTES, max_age: float = MAX_AGE) -> None:
        self.max_bytes = max_bytes
        self.max_age = max_age
        self._rows: OrderedDict[Hashable, tuple[float, int, Any]] = OrderedDict()
        self._bytes = 0

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]], weigh: Callable[[T], int]) -> T:
        """The value under `key`, made when there is none. Failures are not kept."""
        row = self._rows.get(key)
        if row is not None and time.monotonic() - row[0] < self.max_age:
            self._rows.move_to_end(key)
            kept: T = row[2]
            return kept
        made = await make()
        self._put(key, made, weigh(made))
        return made

    def _put(self, key: Hashable, value: Any, weight: int) -> None:
        self._drop(key)
        self._rows[key] = (time.monotonic(), weight, value)
        self._bytes += weight
        now = time.monotonic()
        for old in [k for k, (made, _, _) in self._rows.items() if now - made >= self.max_age]:
            self._drop(old)
        while self._bytes > self.max_bytes and self._rows:
            self._drop(next(iter(self._rows)))

    def _drop(self, key: Hashable) -> None:
        row = self._rows.pop(key, None)
        if row is not None:
            self._bytes -= row[1]


async def digest(source: Source) -> str:
    """SHA-256 of the content, off the event loop."""
    return await asyncio.to_thread(_digest, source)


def _digest(source: Source) -> str:
    with opened(source) as file:
        total = hashlib.sha256()
        while chunk := file.read(1 << 20):
            total.update(chunk)
        return total.hexdigest()
