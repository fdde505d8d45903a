"""Where every turn goes through, the page's and the endpoints' alike: how many at once, on whose account, and how they
end when the server goes down. It counts what passes and keeps nothing of what it says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterator

from glm_ui.errors import Busy, CountUnknown, Restarting
from glm_ui.events import AnswerDelta, Done, StreamEvent, ThinkingDelta, ToolCallDelta, Usage
from glm_ui.quota import Quota
from glm_ui.tokens import TokenCounter

log = logging.getLogger("glm_ui")

MOST = 400
"""Turns that run at once in this process: each holds its conversation, and what waits for a slow reader."""


class Meter:
    """What a turn comes to, in tokens: the provider's count where it is whole, else ours."""

    def __init__(self, question: int) -> None:
        self.question = question
        self._written = TokenCounter()
        self._usage = Usage()
        self._done = False

    def see(self, event: StreamEvent) -> None:
        match event:
            case ThinkingDelta(text=text) | AnswerDelta(text=text) | ToolCallDelta(arguments=text):
                self._written.add(text)
            case Usage():
                self._usage = event
            case Done():
                self._done = True
            case _:
                pass

    @property
    def tokens(self) -> int:
        said = self._usage.output_tokens or 0
        written = said if self._done and said else max(said, self._written.tokens)
        return (self._usage.input_tokens or self.question) + written


class Turnstile:
    def __init__(self, quota: Quota, most: int = MOST) -> None:
        self.quota = quota
        self.most = most
        self.closing = False
        """Whether the server is going down: nothing begins any more."""
        self._running: set[asyncio.Task[object]] = set()
        self._sending = 0
        self._changed = threading.Condition()

    async def through(
        self, events: AsyncGenerator[StreamEvent, None], visitor: str | None, question: int
    ) -> AsyncGenerator[StreamEvent, None]:
        """The events of one turn. `visitor` is who is counted, None where the owner's key is not spent; `question` is
        what the request comes to in tokens. Raises Busy, Restarting, UsedUp and CountUnknown before anything is asked,
        and Restarting in the middle when the server goes down."""
        task = self._enter()
        meter = Meter(question)
        taken = 0
        try:
            if visitor is not None:
                await self.quota.take(visitor, question)
                taken = question
            async with contextlib.aclosing(events):
                async for event in events:
                    if visitor is not None:
                        meter.see(event)
                    yield event
        except asyncio.CancelledError:
            if not self.closing:
                raise
            task.uncancel()
            raise Restarting.of(
                todo="What came so far is kept: continue in a moment.", way_out="continue"
            ) from None
        finally:
            if taken and visitor is not None:
                await self._charge(visitor, meter.tokens - taken)
            self._leave(task)

    def close(self, patience: float) -> bool:
        """From any thread: ends every running turn with what it has, lets none begin, and waits for them; whether all
        of them ended within `patience` seconds."""
        self.closing = True
        for task in tuple(self._running):
            task.get_loop().call_soon_threadsafe(task.cancel)
        return self._until(lambda: not self._running, patience)

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """Around a stream on its way to a reader, so that its last words are waited for."""
        with self._changed:
            self._sending += 1
        try:
            yield
        finally:
            with self._changed:
                self._sending -= 1
                self._changed.notify_all()

    def flushed(self, patience: float) -> bool:
        """From any thread, after `close`: waits until every stream has been sent to its end."""
        return self._until(lambda: not self._sending, patience)

    def _until(self, fact: Callable[[], bool], patience: float) -> bool:
        with self._changed:
            return self._changed.wait_for(fact, patience)

    def _enter(self) -> asyncio.Task[object]:
        if self.closing:
            raise Restarting.of(status=503)
        if len(self._running) >= self.most:
            raise Busy.of(status=503)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a generator runs in a task
        self._running.add(task)
        return task

    def _leave(self, task: asyncio.Task[object]) -> None:
        with self._changed:
            self._running.discard(task)
            self._changed.notify_all()

    async def _charge(self, visitor: str, tokens: int) -> None:
        try:
            await self.quota.charge(visitor, tokens)
        except CountUnknown:
            log.warning("what a turn came to could not be counted")
