"""Work that takes a while before a turn can be sent: frames of its progress, then its result."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from glm_ui.media.models import OnProgress
from glm_ui.ui.wire import Files, Silence

T = TypeVar("T")
Frame = Files | Silence
HEARTBEAT = 2.0
"""Seconds of silence after which an empty frame is given."""


class Following(Generic[T]):
    """Runs `work` while the block lasts; leaving the block stops it. Iterate for its frames, then take `result`:

    async with Following(work) as job:
        async for frame in job: ...
        made = job.result()
    """

    def __init__(self, work: Callable[[OnProgress], Awaitable[T]]) -> None:
        self._work = work
        self._news: asyncio.Queue[Frame] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._work(self._on_progress))
        self._task.add_done_callback(lambda _: self._news.put_nowait({}))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task

    def _on_progress(self, index: int, done: int, total: int) -> None:
        self._news.put_nowait({"k": "files", "file": index, "done": done, "total": total})

    async def __aiter__(self) -> AsyncIterator[Frame]:
        """The newest frame of progress whenever there is one, and an empty frame in each silence, until the work is
        done."""
        while not self._task.done() or not self._news.empty():
            frame: Frame = {}
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT):
                    frame = await self._news.get()
            while not self._news.empty():  # only the newest counts
                frame = self._news.get_nowait() or frame
            if frame or not self._task.done():
                yield frame

    def result(self) -> T:
        """What the work gave, once its frames are through. Raises what the work raised."""
        return self._task.result()
