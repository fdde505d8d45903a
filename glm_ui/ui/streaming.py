"""The frame loop between a stream of events and a slow reader: coalesce, heartbeat, stop.

A task owns the upstream stream, so that a reader who goes away closes it at once even while the upstream is silent.
Nothing of HTTP, of Gradio or of rendering enters here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from glm_ui.events import StreamEvent

MAX_WAITING = 4096
"""Events that may wait for a slow reader before the upstream is read no further."""


@dataclass(slots=True)
class Pace:
    """Seconds between two frames. It stretches by itself: the later the loop wakes us, the longer we wait next."""

    base: float
    most: float
    lag: float = 0.0

    def interval(self) -> float:
        return min(self.most, self.base + 8 * self.lag)

    def woke(self, late: float) -> None:
        self.lag += 0.2 * (max(0.0, late) - self.lag)


async def coalesce(
    events: AsyncGenerator[StreamEvent, None],
    *,
    base: float = 0.016,
    most: float = 0.4,
    heartbeat: float = 2.0,
) -> AsyncGenerator[list[StreamEvent], None]:
    """Batches of events: the first at once, then one batch per interval, an empty one after `heartbeat` seconds of
    silence. An exception of the stream comes after the last batch. Closing this closes `events` at once."""
    batch: list[StreamEvent] = []
    news, room = asyncio.Event(), asyncio.Event()
    room.set()

    async def pump() -> None:
        async with contextlib.aclosing(events):
            async for event in events:
                batch.append(event)
                news.set()
                if len(batch) >= MAX_WAITING:
                    room.clear()
                    await room.wait()

    loop = asyncio.get_running_loop()
    pace = Pace(base, most)
    task = asyncio.create_task(pump())
    task.add_done_callback(lambda _: news.set())
    try:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(heartbeat):
                    await news.wait()
            news.clear()
            ended = task.done()
            ready, batch[:] = list(batch), ()
            room.set()
            if ready or not ended:
                yield ready
            if ended:
                break
            due = loop.time() + pace.interval()
            await asyncio.sleep(pace.interval())
            pace.woke(loop.time() - due)
        await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
