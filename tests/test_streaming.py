"""The frame loop: coalesced batches, heartbeats, and an upstream that ends when its reader leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from glm_ui.accounting.quota import Quota
from glm_ui.events import AnswerDelta, Done, StreamEvent
from glm_ui.serving import coalesce as streaming
from glm_ui.serving.admission import Turnstile
from glm_ui.serving.coalesce import MAX_WAITING, Pace, coalesce


class Source:
    """Events that the test lets go one by one; knows whether it was closed."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[StreamEvent | Exception | None] = asyncio.Queue()
        self.closed = asyncio.Event()
        self.taken = 0

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        try:
            while (item := await self.queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                self.taken += 1
                yield item
        finally:
            self.closed.set()

    def put(self, *texts: str) -> None:
        for text in texts:
            self.queue.put_nowait(AnswerDelta(text))


def joined(batch: list[StreamEvent]) -> str:
    return "".join(e.text for e in batch if isinstance(e, AnswerDelta))


async def test_the_first_event_comes_at_once_and_the_next_ones_in_one_batch() -> None:
    source = Source()
    batches = coalesce(source.events(), base=0.05)
    source.put("a")
    assert joined(await anext(batches)) == "a"
    source.put("b", "c", "d")
    assert joined(await anext(batches)) == "bcd"
    await batches.aclose()


async def test_silence_gives_an_empty_batch() -> None:
    source = Source()
    batches = coalesce(source.events(), heartbeat=0.01)
    assert await anext(batches) == []
    await batches.aclose()


async def test_two_seconds_of_silence_give_a_heartbeat_where_nothing_else_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    waited: list[float] = []

    def call_later(delay: float, call: Callable[[], None]) -> asyncio.Handle:
        waited.append(delay)
        return loop.call_soon(call)

    monkeypatch.setattr(loop, "call_later", call_later)
    batches = coalesce(Source().events())
    assert await anext(batches) == []
    assert sum(waited[:-1]) <= 2.0  # the last one is for the next heartbeat
    await batches.aclose()


async def test_closing_the_batches_closes_a_silent_upstream() -> None:
    source = Source()
    batches = coalesce(source.events())
    source.put("a")
    await anext(batches)
    await batches.aclose()
    await asyncio.wait_for(source.closed.wait(), 5)


async def test_cancelling_the_reader_closes_the_upstream() -> None:
    source = Source()
    started = asyncio.Event()

    async def read() -> None:
        async for _ in coalesce(source.events(), heartbeat=60):
            started.set()

    reader = asyncio.create_task(read())
    source.put("a")
    await started.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert source.closed.is_set()


async def test_a_cancel_that_finds_a_turn_at_its_end_takes_nothing_of_it() -> None:
    """A server that goes down cancels between two events, and the rest of the reply is there already."""
    come = asyncio.Event()

    async def events() -> AsyncGenerator[StreamEvent, None]:
        yield AnswerDelta("a")
        await come.wait()
        yield AnswerDelta("b")
        yield AnswerDelta("c")

    batches = coalesce(events(), base=0.001)
    said = joined(await anext(batches))
    come.set()
    (pump,) = streaming._running
    for _ in range(10):
        await asyncio.sleep(0)
    assert pump._holds
    pump.task.cancel()
    async for batch in batches:
        said += joined(batch)
    assert said == "abc"


async def test_a_server_that_goes_down_takes_nothing_of_a_reply_that_is_whole() -> None:
    turnstile, settling = Turnstile(Quota([])), asyncio.Event()

    async def reply(_: int | None) -> AsyncGenerator[StreamEvent, None]:
        yield AnswerDelta("a")
        yield Done("stop")
        settling.set()
        await asyncio.Event().wait()

    async def read() -> list[StreamEvent]:
        return [event async for event in turnstile.through(reply, "visitor")]

    reading = asyncio.create_task(read())
    await settling.wait()
    assert await asyncio.to_thread(turnstile.close, 60)
    assert await reading == [AnswerDelta("a"), Done("stop")]


async def test_a_failure_comes_after_everything_that_came_before_it() -> None:
    source = Source()
    source.put("a", "b")
    source.queue.put_nowait(ValueError("cut"))
    batches = coalesce(source.events(), base=0.001)
    assert joined(await anext(batches)) == "ab"
    with pytest.raises(ValueError, match="cut"):
        await anext(batches)


async def test_a_reader_who_does_not_read_stops_the_upstream() -> None:
    source = Source()
    batches = coalesce(source.events(), base=0.001)
    source.put("x")
    await anext(batches)
    source.put(*"y" * (MAX_WAITING * 3))
    for _ in range(MAX_WAITING * 4):
        await asyncio.sleep(0)
    assert source.taken <= MAX_WAITING + 2
    rest = 0
    source.queue.put_nowait(None)
    async for batch in batches:
        rest += len(batch)
    assert rest == MAX_WAITING * 3


def test_the_interval_stretches_when_the_loop_is_late_and_never_beyond_its_bound() -> None:
    pace = Pace(base=0.016, most=0.4)
    assert pace.interval() == 0.016
    for _ in range(50):
        pace.woke(0.02)
    assert 0.1 < pace.interval() <= 0.4
    for _ in range(200):
        pace.woke(9.0)
    assert pace.interval() == 0.4
