"""What the last turns of each visitor sent and got, byte for byte, in this process's memory only: for the view of the
exact request. Bounded in turns and bytes; nothing is written anywhere, and no key is in it (`outgoing.sent`)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from glm_ui.backend import Tap
from glm_ui.outgoing import Sent

MAX_TURNS = 20
"""Turns of one visitor."""
MAX_BYTES = 256 * 2**20
"""Bytes of all visitors together."""


MARK = 128
"""Bytes that one mark of time takes."""
TICK = 10
"""Milliseconds: pieces that come closer together share one mark."""


@dataclass(slots=True)
class Kept(Tap):
    """A Tap that also knows when each piece came: (milliseconds since the request went out, bytes until then).
    `partial` is the unfinished answer that the turn goes on with."""

    pace: list[tuple[int, int]] = field(default_factory=list)
    partial: str | None = None
    _start: float = 0.0

    def sends(self, request: Sent, notes: tuple[str, ...]) -> None:
        Tap.sends(self, request, notes)
        self.pace.clear()
        self._start = time.monotonic()

    def comes(self, chunk: bytes) -> None:
        Tap.comes(self, chunk)
        mark = (round((time.monotonic() - self._start) * 1000), len(self.raw))
        if self.pace and mark[0] - self.pace[-1][0] < TICK:
            self.pace[-1] = (self.pace[-1][0], mark[1])
        elif not self.pace or mark[1] > self.pace[-1][1]:
            self.pace.append(mark)


class Turns:
    """(session, turn id) -> its Tap. The oldest go first when there are too many."""

    def __init__(self, max_turns: int = MAX_TURNS, max_bytes: int = MAX_BYTES) -> None:
        self._max_turns, self._max_bytes = max_turns, max_bytes
        self._taps: OrderedDict[tuple[str, str], Kept] = OrderedDict()

    def open(self, session: str, turn: str, partial: str | None = None) -> Kept | None:
        """The Tap for a turn that begins; None where it could not be found again."""
        if not session or not turn:
            return None
        self._taps.pop((session, turn), None)
        tap = self._taps[session, turn] = Kept(partial=partial)
        mine = [key for key in self._taps if key[0] == session]
        for key in mine[: -self._max_turns]:
            del self._taps[key]
        while len(self._taps) > 1 and sum(map(_size, self._all())) > self._max_bytes:
            self._taps.popitem(last=False)
        return tap

    def find(self, session: str, turn: str) -> Kept | None:
        """Only the visitor who asked finds it."""
        return self._taps.get((session, turn))

    def forget(self, session: str) -> None:
        for key in [key for key in self._taps if key[0] == session]:
            del self._taps[key]

    def _all(self) -> Iterator[Kept]:
        yield from self._taps.values()


def _size(tap: Kept) -> int:
    return len(tap.raw) + MARK * len(tap.pace) + (len(tap.request.body) if tap.request else 0)
