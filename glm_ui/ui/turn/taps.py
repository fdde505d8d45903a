"""What the last turns of each visitor sent and received, byte for byte, in this process's memory only, for the view of
the exact request. Bounded in turns and bytes; nothing is written anywhere, and no key is in it (`net.request.sent`).
A turn is kept from the moment its request goes out, so a turn that was refused before that leaves nothing."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from glm_ui.backend import Tap
from glm_ui.events import StreamEvent, ToolEnded
from glm_ui.net.request import Sent
from glm_ui.tools import results

MAX_TURNS = 20
"""Turns of one visitor."""
MAX_BYTES = 256 * 2**20
MAX_ALL = 4_000
"""Bytes, and turns, of all visitors together."""

MARK = 128
"""Bytes that one mark of time takes."""
TICK = 10
"""Milliseconds: pieces that come closer together share one mark."""


@dataclass(slots=True)
class Kept(Tap):
    """A Tap that also knows when each piece came: (milliseconds since the request went out, bytes until then).
    `partial` is the unfinished answer that the turn goes on with. `earlier` are the requests of the turn before this
    one; `ended` is how the calls of this one's reply went, without pictures."""

    pace: list[tuple[int, int]] = field(default_factory=list)
    partial: str | None = None
    holder: str = ""
    earlier: tuple[Kept, ...] = ()
    ended: list[ToolEnded] = field(default_factory=list)
    keep: Callable[[Kept], None] = field(default=lambda _: None, repr=False)
    """Called with this when its request goes out."""
    _start: float = 0.0

    def on_request(self, request: Sent, notes: tuple[str, ...]) -> None:
        Tap.on_request(self, request, notes)
        self.keep(self)
        self.pace.clear()
        self._start = time.monotonic()

    def followed(self) -> Kept:
        """What keeps the next request of the same turn."""
        before, self.earlier = (*self.earlier, self), ()
        return Kept(holder=self.holder, earlier=before, keep=self.keep)

    def on_chunk(self, chunk: bytes) -> None:
        Tap.on_chunk(self, chunk)
        mark = (round((time.monotonic() - self._start) * 1000), len(self.raw))
        if self.pace and mark[0] - self.pace[-1][0] < TICK:
            self.pace[-1] = (self.pace[-1][0], mark[1])
        elif not self.pace or mark[1] > self.pace[-1][1]:
            self.pace.append(mark)


class TurnTap:
    """Keeps every request of one turn; None keeps nothing."""

    def __init__(self, first: Kept | None) -> None:
        self._at = first

    def next(self) -> Kept | None:
        """For the request that goes out now."""
        if self._at is not None and self._at.request is not None:
            self._at = self._at.followed()
        return self._at

    async def noting(self, events: AsyncGenerator[StreamEvent, None]) -> AsyncGenerator[StreamEvent, None]:
        """The events, with how each call ended kept."""
        async with aclosing(events):
            async for event in events:
                if type(event) is ToolEnded and self._at is not None:
                    text = results.cut(event.content, results.FOR_MODEL)
                    self._at.ended.append(replace(event, content=text, pictures=()))
                yield event


class Turns:
    """(room of a page, turn id) -> its Tap. Where there are too many, or too many bytes, the room with the most
    loses its oldest."""

    def __init__(self, max_turns: int = MAX_TURNS, max_bytes: int = MAX_BYTES) -> None:
        self._max_turns, self._max_bytes = max_turns, max_bytes
        self._taps: OrderedDict[tuple[str, str], Kept] = OrderedDict()

    def open(
        self, session: str, turn: str, partial: str | None = None, holder: str = "", *, resumes: bool = False
    ) -> Kept | None:
        """The Tap for a turn that begins, or goes on after the person's word; None where it could not be found
        again."""
        if not session or not turn:
            return None
        if resumes and (kept := self._taps.get((session, turn))) is not None:
            return kept
        return Kept(partial=partial, holder=holder, keep=lambda tap: self._keep((session, turn), tap))

    def _keep(self, key: tuple[str, str], tap: Kept) -> None:
        self._taps.pop(key, None)
        self._taps[key] = tap
        mine = [other for other in self._taps if other[0] == key[0]]
        for old in mine[: -self._max_turns]:
            del self._taps[old]
        while len(self._taps) > 1 and (holder := self._greediest()) is not None:
            del self._taps[next(old for old, kept in self._taps.items() if kept.holder == holder)]

    def _greediest(self) -> str | None:
        """Who must give something up; None while there is room."""
        sizes: Counter[str] = Counter()
        for tap in self._taps.values():
            sizes[tap.holder] += _size(tap)
        if sizes.total() > self._max_bytes:
            return sizes.most_common(1)[0][0]
        if len(self._taps) > MAX_ALL:
            return Counter(tap.holder for tap in self._taps.values()).most_common(1)[0][0]
        return None

    def find(self, session: str, turn: str) -> Kept | None:
        """Only the visitor who asked can find it."""
        return self._taps.get((session, turn))

    def holds(self, session: str) -> bool:
        return any(key[0] == session for key in self._taps)

    def forget(self, session: str) -> None:
        for key in [key for key in self._taps if key[0] == session]:
            del self._taps[key]


def _size(tap: Kept) -> int:
    mine = len(tap.raw) + MARK * len(tap.pace) + (len(tap.request.body) if tap.request else 0)
    return mine + sum(len(ended.content) for ended in tap.ended) + sum(map(_size, tap.earlier))
