"""Turns that outlive the connection they were asked over. Each is a task of its own that fills `KeptFrames`; any number
of readers follow it, come and go. It ends when it is done, when the person stops it, or when nobody has read it for a
while; its frames are kept for some minutes more, in this process's memory only.

Frames are found by the room of the browser that asked (`identity.Caller.room`) and the name that the page gave them:
a turn that goes on after a person's word is asked for again, and has another.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Final, NamedTuple

from glm_ui.errors import Busy, TurnGone
from glm_ui.languages import say
from glm_ui.serving.fair_store import FairStore
from glm_ui.telemetry import metrics
from glm_ui.ui import wire
from glm_ui.ui.turn.kept_frames import KeptFrames

KEPT_FOR: Final = 300.0
"""Seconds that the frames of an ended turn are kept."""
UNTIL_READ: Final = 5.0
"""Seconds that a new turn has until its first reader is there."""
MOST, MOST_EACH = 400, 40
"""Turns that run at once, of all visitors and of one: as many as the turnstile lets in, with those whose files are
still made ready."""
MOST_ENDED: Final = 2_000
"""Ended turns whose frames are kept."""
SIZE, SIZE_EACH = 256 * 2**20, 64 * 2**20
"""Bytes of all frames that are kept, and of those of one visitor."""
EARLY_STOPS: Final = 1_000
"""Turns that were stopped before they began."""

Key = tuple[str, str]
"""(room of a browser, name)"""


class LastingTurn:
    """`holder` is whose share of the memory it takes."""

    def __init__(self, turns: LastingTurns, key: Key, holder: str) -> None:
        self.key = key
        self.holder = holder
        self.frames = KeptFrames()
        self._turns = turns
        self._task: asyncio.Task[None] | None = None
        self._ended_as = "interrupted"
        self._readers: set[asyncio.Event] = set()
        self._unread: asyncio.TimerHandle | None = None

    @property
    def id(self) -> str:
        return self.key[1]

    def begin(self, task: asyncio.Task[None]) -> None:
        """`task` adds the frames from now on."""
        self._task = task
        self._wait_for_readers(max(UNTIL_READ, self._turns.unread_timeout))
        task.add_done_callback(lambda _: self._over())
        if self._ended_as == "stopped":
            task.cancel()

    def add(self, frame: wire.TurnFrame) -> None:
        """Keeps a frame, or hands on a heartbeat."""
        if frame:
            before = self.frames.size
            self.frames.add(frame)
            self._turns.grew(self, self.frames.size - before)
        for news in self._readers:
            news.set()

    def stop(self) -> None:
        """The person ends it: what runs for it is closed at once."""
        self._end("stopped")

    def _end(self, kind: str) -> None:
        if not self.frames.ended:
            self._ended_as = kind
            # A second time would break off the closing of connections.
            if self._task and not self._task.cancelling():
                self._task.cancel()

    def _over(self) -> None:
        """The task has ended, however it did."""
        if not self.frames.ended:
            self.add(wire.Ended(k="ended", ending={"kind": self._ended_as, "raw": ""}))
        if self._unread:
            self._unread.cancel()
        self._turns.ended(self)

    def come(self, news: asyncio.Event) -> None:
        """Somebody reads; `news` is set when there is something to read."""
        self._readers.add(news)
        if self._unread:
            self._unread.cancel()

    def leave(self, news: asyncio.Event) -> None:
        self._readers.discard(news)
        if not self._readers and not self.frames.ended:
            self._wait_for_readers(self._turns.unread_timeout)

    def _wait_for_readers(self, seconds: float) -> None:
        self._unread = asyncio.get_running_loop().call_later(seconds, self._end, "interrupted")


class Line(NamedTuple):
    """A frame on its way to a reader; a heartbeat has no frame."""

    turn: str
    number: int
    frame: wire.TurnFrame


async def follow(places: Iterable[tuple[LastingTurn, int]]) -> AsyncGenerator[Line, None]:
    """What comes of these turns behind the given numbers, until the last of them has ended. Each reader goes at its own
    pace; one that is too slow for the last frames gets the whole reply so far in one."""
    news = asyncio.Event()
    read = {turn: _place(turn, number) for turn, number in places}
    for turn in read:
        turn.come(news)
    try:
        while read:
            news.clear()
            silent = True
            for turn in list(read):
                missing = turn.frames.since(read[turn])
                for number, frame in missing or ():
                    silent = False
                    yield Line(turn.id, number, frame)
                    read[turn] = number
                if missing is None:
                    yield gone(turn.id)
                if missing is None or (turn.frames.ended and read[turn] == turn.frames.last):
                    del read[turn]
                    turn.leave(news)
            if not read:
                return
            if silent:
                yield Line("", 0, {})
            await news.wait()
    finally:
        for turn in read:
            turn.leave(news)


def _place(turn: LastingTurn, number: int) -> int:
    """Whoever asks for a turn that has ended is told its last frame, though they may have read it."""
    is_over = turn.frames.ended and number == turn.frames.last
    return number - 1 if is_over else number


def gone(turn: str) -> Line:
    """Says that there is nothing to follow."""
    return Line(turn, 0, wire.Failed(k="error", error=TurnGone.of(status=404).public()))


class LastingTurns:
    """`unread_timeout`: seconds that a turn goes on while nobody reads it."""

    def __init__(self, unread_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.unread_timeout = unread_timeout
        self._clock = clock
        self._running: dict[Key, LastingTurn] = {}
        self._running_of: Counter[str] = Counter()
        self._ended: OrderedDict[Key, tuple[LastingTurn, float]] = OrderedDict()
        self._sizes: Counter[str] = Counter()
        """holder -> bytes of the frames that are kept"""
        self._size = 0
        self._early: FairStore[float] = FairStore(EARLY_STOPS)

    def open(self, room: str, id: str, holder: str) -> LastingTurn:
        """A turn that is about to begin. One that ended under the same id is forgotten. Raises Busy."""
        self._sweep()
        if self._running_of[holder] >= MOST_EACH or len(self._running) >= MOST:
            metrics.REFUSED.labels(Busy.slug).inc()
            raise _too_many(self._running_of[holder])
        key = (room, id)
        self._forget(key)
        turn = self._running[key] = LastingTurn(self, key, holder)
        self._running_of[holder] += 1
        self.grew(turn, turn.frames.size)
        if self._early.pop("\n".join(key)) is not None:
            turn.stop()
        return turn

    def find(self, room: str, id: str) -> LastingTurn | None:
        """A turn that runs, or ended lately; only for the browser that asked for it."""
        self._sweep()
        kept = self._ended.get((room, id))
        return self._running.get((room, id)) or (kept[0] if kept else None)

    def stop(self, room: str, id: str, holder: str) -> bool:
        """Whether it ran. One that has not begun yet will end as soon as it does."""
        turn = self.find(room, id)
        if turn is None:
            self._early.put(f"{room}\n{id}", self._clock(), holder)
            return False
        running = not turn.frames.ended
        turn.stop()
        return running

    def grew(self, turn: LastingTurn, size: int) -> None:
        """The frames of a turn take `size` bytes more."""
        self._count(turn.holder, size)
        while self._sizes[turn.holder] > SIZE_EACH and self._make_room(turn.holder):
            pass
        while self._size > SIZE and self._make_room(self._sizes.most_common(1)[0][0]):
            pass

    def ended(self, turn: LastingTurn) -> None:
        """Its frames are kept for a while."""
        if self._running.get(turn.key) is turn:
            del self._running[turn.key]
            self._ended[turn.key] = (turn, self._clock())
        self._running_of[turn.holder] -= 1
        if not self._running_of[turn.holder]:
            del self._running_of[turn.holder]
        self._sweep()
        asyncio.get_running_loop().call_later(KEPT_FOR + 1, self._sweep)

    def _make_room(self, holder: str) -> bool:
        """Takes from `holder` the turn that ended first, else the beginning of the largest one that runs; False where
        there is nothing more to take."""
        for key, (turn, _) in self._ended.items():
            if turn.holder == holder:
                self._forget(key)
                return True
        running = [turn for turn in self._running.values() if turn.holder == holder and turn.frames.whole]
        if not running:
            return False
        largest = max(running, key=lambda turn: turn.frames.size)
        before = largest.frames.size
        largest.frames.forget_beginning()
        self._count(holder, largest.frames.size - before)
        return True

    def _count(self, holder: str, size: int) -> None:
        self._size += size
        self._sizes[holder] += size
        if not self._sizes[holder]:
            del self._sizes[holder]

    def _forget(self, key: Key) -> None:
        kept = self._ended.pop(key, None)
        if kept is not None:
            self._count(kept[0].holder, -kept[0].frames.size)

    def _sweep(self) -> None:
        horizon = self._clock() - KEPT_FOR
        while self._ended:
            key, (_, since) = next(iter(self._ended.items()))
            if since > horizon and len(self._ended) <= MOST_ENDED:
                break
            self._forget(key)
        while (oldest := self._early.oldest()) and oldest[1] <= horizon:
            self._early.pop(oldest[0])


def _too_many(own: int) -> Busy:
    if own < MOST_EACH:
        return Busy.of(status=503)
    return Busy.of(
        what=say("{each} of your turns are running already.", each=own),
        why="No visitor may have more at once.",
        todo="Wait until one of them ends, then retry.",
        status=429,
    )
