"""The frame loop between a stream of events and a slow reader: coalesce, heartbeat, stop.

A task owns the upstream stream, so that a reader who goes away closes it at once even while the upstream is silent.
Between two frames it is not read: what arrives meanwhile waits in the socket and comes in one go, because waking up for
each token costs more than everything that is done with it. Nothing of HTTP, of Gradio or of rendering enters here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from glm_ui.events import (
    AnswerDelta,
    Retrying,
    Round,
    Sources,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    ToolEnded,
    ToolStarted,
    ToolWaiting,
    Waiting,
)
from glm_ui.reply import Reply
from glm_ui.telemetry import metrics

RARE = (Waiting, Retrying, Started, Round, ToolWaiting, ToolStarted, ToolEnded, Sources)
"""What goes out at once: it comes before a text or between two, and is to be seen without a wait."""
PLENTY = 64
"""Events in one interval that show a stream in full flow: it is read on while its frames are sent, and lets others have
their turn after as many."""
MAX_WAITING = 4096
"""Events that may wait for a slow reader before the upstream is read no further."""
SWEEP = 5
"""Rounds of the event loop in which what has arrived gets from the socket to us: it takes four. With fewer, one token
of most frames waits for the next frame (tests/test_frames_of_sockets.py)."""


COMPANY = 0.004
CROWD = 0.064
"""Seconds that each other stream adds to the interval, and where that ends: nobody who reads sees the difference, and
ten readers cost a third."""


@dataclass(slots=True)
class Pace:
    """Seconds between two frames. It stretches by itself: with the streams that run at once, and with how late the loop
    wakes us. `worst`: seconds that it woke us late, at most so far."""

    base: float
    most: float
    lag: float = 0.0
    worst: float = 0.0

    def interval(self, others: int = 0) -> float:
        alone = max(self.base, min(CROWD, self.base + others * COMPANY))
        return min(self.most, alone + 8 * self.lag)

    def woke(self, late: float) -> None:
        self.lag += 0.2 * (max(0.0, late) - self.lag)
        self.worst = max(self.worst, late)


class _Pump:
    """Reads `events` into `batch` while it is open. `news` is set when there is something, or nothing for long."""

    def __init__(self, events: AsyncGenerator[StreamEvent, None], heartbeat: float) -> None:
        self.batch: list[StreamEvent] = []
        self.news = asyncio.Event()
        self._events = events
        self._open = asyncio.Event()
        self._open.set()
        self._holds = False
        """Whether what has come behind the last event still waits in the socket."""
        self._silent = False
        self._half = heartbeat / 2
        self._loop = asyncio.get_running_loop()
        self._clock = self._loop.call_later(self._half, self._beat)
        self.task = asyncio.create_task(self._run())
        self.task.add_done_callback(lambda _: self.news.set())

    async def _run(self) -> None:
        batch, news, is_open = self.batch, self.news, self._open
        async with contextlib.aclosing(self._events) as events:
            async for event in events:
                batch.append(event)
                news.set()
                try:
                    if not is_open.is_set():
                        self._holds = True
                        await is_open.wait()
                        self._holds = False
                    elif not len(batch) % PLENTY:
                        if len(batch) >= MAX_WAITING:
                            is_open.clear()
                        await asyncio.sleep(0)
                except asyncio.CancelledError:
                    self._hand_on()
        if (
            self.task.cancelling()
        ):  # what was handed on found the turn at its end, and would cancel the finished task
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)

    def _hand_on(self) -> None:
        """Who cancels the task ends the turn, which hears of it only where it waits itself: not between two events."""
        self._holds = False
        self._open.set()
        self.task.uncancel()
        self.task.cancel()

    def _beat(self) -> None:
        """One slow timer in place of one for each frame."""
        if self._silent:
            self.news.set()
        self._silent = not self.batch
        self._clock = self._loop.call_later(self._half, self._beat)

    async def more(self) -> None:
        """Returns when there is something, or after the heartbeat."""
        held = self._holds
        self._open.set()
        if held:  # one event came by itself: those behind it go along
            for _ in range(SWEEP):
                await asyncio.sleep(0)
        await self.news.wait()

    def take(self) -> list[StreamEvent]:
        taken, self.batch[:] = list(self.batch), ()
        self.news.clear()
        self._silent = False
        return taken

    def rest(self) -> None:
        """Reads no further until `more`."""
        self._open.clear()

    async def close(self) -> None:
        self._clock.cancel()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self.task


_running: set[_Pump] = set()


async def coalesce(
    events: AsyncGenerator[StreamEvent, None],
    *,
    base: float = 0.016,
    most: float = 0.4,
    heartbeat: float = 2.0,
) -> AsyncGenerator[list[StreamEvent], None]:
    """Batches of events: the first at once, then one batch per interval, an empty one after `heartbeat` seconds of
    silence. An exception of the stream comes after the last batch. Closing this closes `events` at once."""
    loop = asyncio.get_running_loop()
    pace = Pace(base, most)
    pump = _Pump(events, heartbeat)
    _running.add(pump)
    try:
        while True:
            await pump.more()
            ended = pump.task.done()
            batch = pump.take()
            has_text = not all(isinstance(event, RARE) for event in batch)
            if has_text and len(batch) < PLENTY:
                pump.rest()
            if batch or not ended:
                yield batch
            if ended:
                break
            if has_text:
                due = loop.time() + pace.interval(len(_running) - 1)
                await asyncio.sleep(due - loop.time())
                pace.woke(loop.time() - due)
        await pump.task
    finally:
        _running.discard(pump)
        metrics.LAG.observe(pace.worst)
        await pump.close()


MUCH = 16 * 1024
"""Characters of one batch from which they are added up beside the event loop: counting their tokens takes a tenth of a
second for a million."""
MANY = 512
"""Events that are added up before others have their turn: two milliseconds."""


async def add_all(reply: Reply, batch: Sequence[StreamEvent]) -> None:
    """Adds a batch to the reply."""
    if sum(map(text_length, batch)) > MUCH:
        await asyncio.to_thread(_add_all, reply, batch)
        return
    for start in range(0, len(batch), MANY):
        if start:
            await asyncio.sleep(0)
        _add_all(reply, batch[start : start + MANY])


def _add_all(reply: Reply, batch: Sequence[StreamEvent]) -> None:
    for event in batch:
        reply.add(event)


def text_length(event: StreamEvent) -> int:
    """Characters that count as tokens."""
    match event:
        case ThinkingDelta(text=text) | AnswerDelta(text=text) | ToolCallDelta(arguments=text):
            return len(text)
        case _:
            return 0
