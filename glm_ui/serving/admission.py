"""Every turn passes here, the page's and the endpoints': limits how many run at once, counts what visitors spend, and
ends turns when the server stops. It keeps no text.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator

from glm_ui.accounting.quota import Quota
from glm_ui.accounting.tokens import TokenCounter
from glm_ui.errors import Busy, CountUnknown, GlmUiError, Restarting
from glm_ui.events import (
    AnswerDelta,
    Done,
    Retrying,
    Round,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    ToolEnded,
    ToolStarted,
    ToolWaiting,
    Usage,
    Waiting,
)
from glm_ui.languages import say
from glm_ui.serving.coalesce import MUCH, text_length
from glm_ui.telemetry import metrics

log = logging.getLogger("glm_ui")

MOST = 400
"""Turns that run at once in this process: each holds its conversation, and what waits for a slow reader."""
MOST_EACH = 40
"""Of these, turns of one visitor, who may be a whole office behind one address."""


Ask = Callable[[int | None], AsyncGenerator[StreamEvent, None]]
"""Begins a turn whose answer may have this many tokens; None is no limit."""


class Meter:
    """Counts the tokens of a turn: the provider's count where it is complete, else our estimate. Each round of a
    turn with tools is a request and a reply of its own."""

    def __init__(self, question: int) -> None:
        self._before = self._written_before = 0
        """Of the rounds behind this one."""
        self._asked = True
        """Whether a request went out in this round: a turn may go on with calls that were made before."""
        self._begin(question)
        self.began = False
        """Whether anything came of the reply."""
        self.refused = False
        """Whether the provider refused the request, so that it cost nothing."""

    def _begin(self, question: int) -> None:
        self.question = question
        self._written = TokenCounter()
        self._usage = Usage()
        self._done = False

    def see(self, event: StreamEvent) -> None:
        match event:
            case Round():
                self._before, self._written_before = self.tokens, self.written
                self._begin(event.input_tokens or 0)
                self._asked = True
            case ToolStarted() | ToolEnded() | ToolWaiting() if not self.began:
                self._asked = False
            case Waiting() | Retrying():
                return
            case ThinkingDelta(text=text) | AnswerDelta(text=text) | ToolCallDelta(arguments=text):
                self._written.add(text)
            case Usage():
                self._usage = event
            case Done():
                self._done = True
            case _:
                pass
        self.began = True

    @property
    def tokens(self) -> int:
        if self.refused:
            return 0
        question = (self._usage.input_tokens or self.question) if self._asked else 0
        return self._before + question + self._written_now

    @property
    def written(self) -> int:
        """Of these, thinking and answer."""
        return self._written_before + self._written_now

    @property
    def _written_now(self) -> int:
        said = self._usage.output_tokens or 0
        return said if self._done and said else max(said, self._written.tokens)


@contextlib.contextmanager
def _refusals_counted() -> Iterator[None]:
    try:
        yield
    except GlmUiError as error:
        metrics.REFUSED.labels(error.slug).inc()
        raise


class Turnstile:
    def __init__(self, quota: Quota, most: int = MOST, each: int = MOST_EACH) -> None:
        self.quota = quota
        self.most = most
        self.each = each
        self.closing = False
        """Whether the server is going down: nothing begins any more."""
        self._running: set[asyncio.Task[object]] = set()
        self._running_of: Counter[str] = Counter()
        self._sending = 0
        self._changed = threading.Condition()

    async def through(
        self,
        ask: Ask,
        visitor: str,
        question: int | None = None,
        quota: Quota | None = None,
        each: int | None = None,
        turns: int = 1,
    ) -> AsyncGenerator[StreamEvent, None]:
        """The events of one turn, which `ask` begins. `question` is what the request comes to in tokens, None where
        nothing is counted; `quota` takes the place of the visitors', and `each` that of how many turns a visitor may
        have at once. `turns` is 0 for a turn that goes on.
        Raises Busy, Restarting, UsedUp and CountUnknown before anything is asked, UsedUp in the middle where the answer
        uses up what was left, and Restarting there when the server goes down."""
        with _refusals_counted():
            task = self._enter(visitor, each or self.each)
        is_whole = False
        try:
            counted = ask(None) if question is None else self._counted(ask, visitor, question, quota, turns)
            async with contextlib.aclosing(counted):
                async for event in counted:
                    is_whole = type(event) is Done
                    yield event
        except asyncio.CancelledError:
            if not self.closing:
                raise
            task.uncancel()
            if is_whole:
                return
            raise Restarting.of(
                todo="What came so far is kept: continue in a moment.", way_out="continue"
            ) from None
        finally:
            self._leave(task, visitor)

    async def _counted(
        self, ask: Ask, visitor: str, question: int, quota: Quota | None, turns: int
    ) -> AsyncGenerator[StreamEvent, None]:
        """The events, with their tokens taken as they come and settled at the end."""
        meter = Meter(question)
        with _refusals_counted():
            spending = await (quota or self.quota).take(visitor, question, turns)
        try:
            async with contextlib.aclosing(ask(spending.at_most)) as events:
                async for event in events:
                    if text_length(event) > MUCH:
                        await asyncio.to_thread(meter.see, event)
                    else:
                        meter.see(event)
                    if type(event) is Done and event.reason == "length" and spending.reached(meter.written):
                        with _refusals_counted():
                            raise spending.used_up()
                    yield event
                    if meter.tokens >= spending.taken and type(event) is not Done:
                        with _refusals_counted():
                            await spending.more(meter.tokens)
        except GlmUiError as error:
            meter.refused = error.status is not None and not meter.began
            raise
        finally:
            try:
                await spending.settle(meter.tokens)
            except CountUnknown:
                log.warning("what a turn came to could not be counted")

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

    def _enter(self, visitor: str, each: int) -> asyncio.Task[object]:
        if self.closing:
            raise Restarting.of(status=503)
        if self._running_of[visitor] >= each:
            raise Busy.of(
                what=say("{each} of your turns are running already.", each=each),
                why="No visitor may have more at once.",
                todo="Wait until one of them ends, then retry.",
                status=429,
            )
        if len(self._running) >= self.most:
            raise Busy.of(status=503)
        metrics.RUNNING.inc()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a generator runs in a task
        self._running.add(task)
        self._running_of[visitor] += 1
        return task

    def _leave(self, task: asyncio.Task[object], visitor: str) -> None:
        metrics.RUNNING.dec()
        with self._changed:
            self._running.discard(task)
            self._running_of[visitor] -= 1
            if not self._running_of[visitor]:
                del self._running_of[visitor]
            self._changed.notify_all()
