"""Values of visitors, so many and no more. Where there are too many, whoever holds the most loses the one that was used
least recently: a visitor who makes up a thousand names pushes out only what those names hold.

In memory. What is in a value does not matter here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

Value = TypeVar("Value")


class FairStore(Generic[Value]):
    """room -> value, each held by a holder (an account or an address, `visitors.Caller.id`)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: OrderedDict[str, tuple[str, Value]] = OrderedDict()
        self._held: dict[str, OrderedDict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, room: str) -> Value | None:
        """The value, which is the most recently used one from now on."""
        row = self._rows.get(room)
        if row is None:
            return None
        self._rows.move_to_end(room)
        self._held[row[0]].move_to_end(room)
        return row[1]

    def put(self, room: str, value: Value, holder: str) -> list[Value]:
        """Keeps `value`; those that had to make room for it."""
        self.pop(room)
        self._rows[room] = (holder, value)
        self._held.setdefault(holder, OrderedDict())[room] = None
        gone = []
        while len(self._rows) > self._most:
            greediest = max(self._held.values(), key=len)
            lost = self.pop(next(iter(greediest)))
            assert lost is not None  # noqa: S101 - both tables name the same rooms
            gone.append(lost)
        return gone

    def pop(self, room: str) -> Value | None:
        row = self._rows.pop(room, None)
        if row is None:
            return None
        holder, value = row
        del self._held[holder][room]
        if not self._held[holder]:
            del self._held[holder]
        return value

    def oldest(self) -> tuple[str, Value] | None:
        """The room that was used least recently, and its value."""
        for room, (_, value) in self._rows.items():
            return room, value
        return None

    def items(self) -> Iterator[tuple[str, Value]]:
        for room, (_, value) in list(self._rows.items()):
            yield room, value
