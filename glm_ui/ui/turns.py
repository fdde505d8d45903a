"""What the last turns of each visitor sent and got, byte for byte, in this process's memory only: for the view of the
exact request. Bounded in turns and bytes; nothing is written anywhere, and no key is in it (`outgoing.sent`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from glm_ui.backend import Tap

MAX_TURNS = 20
"""Turns of one visitor."""
MAX_BYTES = 256 * 2**20
"""Bytes of all visitors together."""


class Turns:
    """(session, turn id) -> its Tap. The oldest go first when there are too many."""

    def __init__(self, max_turns: int = MAX_TURNS, max_bytes: int = MAX_BYTES) -> None:
        self._max_turns, self._max_bytes = max_turns, max_bytes
        self._taps: OrderedDict[tuple[str, str], Tap] = OrderedDict()

    def open(self, session: str, turn: str) -> Tap | None:
        """The Tap for a turn that begins; None where it could not be found again."""
        if not session or not turn:
            return None
        self._taps.pop((session, turn), None)
        tap = self._taps[session, turn] = Tap()
        mine = [key for key in self._taps if key[0] == session]
        for key in mine[: -self._max_turns]:
            del self._taps[key]
        while len(self._taps) > 1 and sum(map(_size, self._all())) > self._max_bytes:
            self._taps.popitem(last=False)
        return tap

    def find(self, session: str, turn: str) -> Tap | None:
        """Only the visitor who asked finds it."""
        return self._taps.get((session, turn))

    def forget(self, session: str) -> None:
        for key in [key for key in self._taps if key[0] == session]:
            del self._taps[key]

    def _all(self) -> Iterator[Tap]:
        yield from self._taps.values()


def _size(tap: Tap) -> int:
    return len(tap.raw) + (len(tap.request.body) if tap.request else 0)
