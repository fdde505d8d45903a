"""One reply on its way to a client: streamed, or whole. The status is sent with the first word of the reply, so that
a failure before it keeps its own status; in long silences the client gets a heartbeat.

A client that leaves ends the reply at once, also before its first word and where it is not streamed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson
from starlette.types import Receive, Send

from glm_ui.errors import ContextTooLong, EmptyAnswer, GlmUiError
from glm_ui.events import (
    Alternative,
    AnswerDelta,
    Done,
    Frame,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Waiting,
)
from glm_ui.gateway.asked import Writer
from glm_ui.gateway.problems import Dialect, Problem
from glm_ui.gateway.stop_words import StopWords

QUIET: Final = 10.0
"""Seconds of silence after which a client is sent a ping: some end a connection that says nothing."""
AT_ONCE: Final = 64 * 1024
"""Bytes that wait to be sent; with more, the provider is not read on until the client has taken them."""
WORDS: Final = (ThinkingDelta, AnswerDelta, ToolCallDelta, Alternative)
"""Events that are part of the reply itself; before the first of them a failure still has its own status."""
Events = AsyncGenerator[StreamEvent, None]
Explain = Callable[[GlmUiError, int | None], Problem]
"""An error, and the request in tokens where that is known, as a problem."""


@dataclass(slots=True)
class Outcome:
    """How a reply ended, for the log and the page: `ending` is the finish reason or the kind of failure, `said` the
    failure in words. Times are in seconds since the request came."""

    ending: str = "left"
    model: str | None = None
    first_word: float | None = None
    said: str = ""


@dataclass(slots=True)
class Turn:
    """A reply to be written. `explain` makes a problem of an error, `hidden` drops thinking; `count` estimates the
    request in tokens, which begins when it has gone out; `long_names` has the client's name of each tool that the model
    knows by a shorter one."""

    events: Events
    writer: Writer
    stops: StopWords
    hidden: bool
    explain: Explain
    outcome: Outcome
    since: float
    count: Callable[[], Awaitable[int]]
    long_names: Mapping[str, str] = field(default_factory=dict)
    opened: bool = False
    _before: list[bytes] = field(default_factory=list)
    """What comes before the first word and belongs to the reply, such as blanks."""
    _counting: asyncio.Future[None] | None = None

    def opening(self) -> bytes:
        """What is sent before the reply's first word: empty once it was taken."""
        if self.opened:
            return b""
        self.opened = True
        before, self._before = self._before, []
        return b"".join((self.writer.start(), *before))

    async def written(self) -> AsyncGenerator[bytes, None]:
        """The writer's bytes for each event of the reply, then for its end. Raises GlmUiError."""
        async with contextlib.aclosing(self.events) as events:
            try:
                async for event in events:
                    if isinstance(event, Waiting) and event.phase == "first_byte":
                        self._count_soon()
                        continue
                    if self.hidden and _is_thinking(event):
                        continue
                    if isinstance(event, Frame):
                        yield self._relayed(event)
                        continue
                    if isinstance(event, Done):
                        await self.counted()
                        yield self._last(event)
                        return
                    if self.stops.words and isinstance(event, AnswerDelta):
                        event = AnswerDelta(self.stops.feed(event.text))
                    if self.long_names:
                        event = self._with_long_name(event)
                    self._see(event)
                    opening = self.opening() if _is_word(event) else b""
                    yield opening + self._later(self.writer.add(event))
                    if self.stops.found is not None:
                        await self.counted()
                        yield self._last(Done("stop"))
                        return
            except EmptyAnswer as empty:
                done = _done_without_answer(empty)
                await self.counted()
                yield self._last(done)

    def _relayed(self, frame: Frame) -> bytes:
        """A text that ends gives what may have been the beginning of a stop word."""
        if frame.ends and (rest := self.stops.rest()):
            self.writer.add(AnswerDelta(rest))
        return self._later(self.writer.relay(frame))

    def _later(self, said: bytes) -> bytes:
        """What is said now: nothing before the first word."""
        if self.opened:
            return said
        if said:
            self._before.append(said)
        return b""

    def _with_long_name(self, event: StreamEvent) -> StreamEvent:
        match event:
            case ToolCallDelta(name=name):
                return replace(event, name=self.long_names.get(name, name))
            case Alternative(event=ToolCallDelta(name=name) as call):
                return replace(event, event=replace(call, name=self.long_names.get(name, name)))
        return event

    def _count_soon(self) -> None:
        if self._counting is None:
            self._counting = asyncio.ensure_future(self._set_count())

    async def _set_count(self) -> None:
        self.writer.count.question = await self.count()

    async def counted(self) -> None:
        """Makes the estimates that the reply's end needs, where the provider reported nothing."""
        count = self.writer.count
        if count.lacks_input:
            self._count_soon()
            assert self._counting is not None  # noqa: S101 - just begun
            await self._counting
        if count.has_much:
            await asyncio.to_thread(count.count_rest)

    def close(self) -> None:
        if self._counting is not None:
            self._counting.cancel()

    def _see(self, event: StreamEvent) -> None:
        if self.outcome.first_word is None and isinstance(event, WORDS):
            self.outcome.first_word = time.monotonic() - self.since
        if isinstance(event, Started):
            self.outcome.model = event.model

    def _last(self, done: Done) -> bytes:
        rest = self.stops.rest()
        said = self.opening() + (self.writer.add(AnswerDelta(rest)) if rest else b"")
        self.outcome.ending = done.reason
        self.outcome.model = done.model or self.outcome.model
        word = self.stops.found
        if word is None and done.raw_reason == "stop_sequence" and len(self.stops.words) == 1:
            word = self.stops.words[0]
        return said + self.writer.end(done, word)


def _is_word(event: StreamEvent) -> bool:
    """Whether the reply begins with this. Blanks alone may still end as a failure."""
    if type(event) is AnswerDelta or type(event) is ThinkingDelta:
        return not event.text.isspace() and (bool(event.text) or type(event) is ThinkingDelta)
    return isinstance(event, WORDS)


def _is_thinking(event: StreamEvent) -> bool:
    return isinstance(event.event if isinstance(event, Alternative) else event, ThinkingDelta)


def _done_without_answer(empty: EmptyAnswer) -> Done:
    """A reply that ended at its limit, or after thinking alone, is a reply; one without any word is a failure."""
    reason = empty.details.get("reason")
    if reason == "length" or empty.details.get("had_thinking"):
        return Done("length" if reason == "length" else "stop", empty.provider_code)
    raise empty


class Sender:
    """Sends one response."""

    def __init__(self, send: Send, dialect: Dialect, request_id: str, headers: Mapping[str, str]) -> None:
        self._send = send
        self._dialect: Dialect = dialect
        self._id = request_id
        self._headers = {"request-id": request_id, "x-request-id": request_id, **headers}
        self._begun = False
        self._at = time.monotonic()
        self._lock = asyncio.Lock()
        self._held: list[bytes] = []
        self._held_size = 0
        self._holds = asyncio.Event()

    async def stream(self, turn: Turn) -> None:
        """The reply as server-sent events, or a problem with its own status where it fails before its first word."""
        helpers = [asyncio.create_task(self._ping(turn)), asyncio.create_task(self._send_held())]
        try:
            async with contextlib.aclosing(turn.written()) as pieces:
                async for piece in pieces:
                    if piece:
                        self._hold(piece)
                        if self._held_size > AT_ONCE:
                            await self._flush()
            await self._flush()  # and with that no helper is in the middle of sending when it is cancelled
        except GlmUiError as error:
            problem = await self._failed(turn, error)
            await self._flush()
            if not self._begun:
                await self.problem(problem)
                return
            self._hold(turn.writer.fail(problem))
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        await self._flush()
        await self._body(b"", last=True)

    def _hold(self, piece: bytes) -> None:
        """Pieces that are made at one go, from one read of the provider, are sent as one in the loop's next round."""
        self._held.append(piece)
        self._held_size += len(piece)
        self._holds.set()

    async def _send_held(self) -> None:
        while True:
            await self._holds.wait()
            await self._flush()

    async def _flush(self) -> None:
        async with self._lock:
            self._holds.clear()
            if not self._held:
                return
            held, self._held, self._held_size = b"".join(self._held), [], 0
            if not self._begun:
                await self._start(200, STREAM)
            await self._body(held)

    async def whole(self, turn: Turn) -> None:
        """The reply as one JSON object, or a problem."""
        try:
            async with contextlib.aclosing(turn.written()) as pieces:
                async for _ in pieces:
                    pass
        except GlmUiError as error:
            await self.problem(await self._failed(turn, error))
            return
        await self.json(turn.writer.whole())

    async def json(self, said: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        body = orjson.dumps(said)
        more = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        await self._start(status, more)
        await self._body(body, last=True)

    async def problem(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        said = problem.body(self._dialect, self._id)
        await self.json(said, problem.status(self._dialect), {**problem.headers(), **(headers or {})})

    async def _failed(self, turn: Turn, error: GlmUiError) -> Problem:
        turn.outcome.ending = error.slug
        if isinstance(error, ContextTooLong):  # clients read the count from its words
            await turn.counted()
        problem = turn.explain(error, turn.writer.count.question or None)
        turn.outcome.said = problem.message
        return problem

    async def _ping(self, turn: Turn) -> None:
        while True:
            quiet = time.monotonic() - self._at
            if quiet >= QUIET:
                self._hold(turn.opening() + turn.writer.ping())
                await self._flush()
            else:
                await asyncio.sleep(QUIET - quiet)

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self._begun = True
        named = {**SAFE, **self._headers, **headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in named.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _body(self, body: bytes, *, last: bool = False) -> None:
        self._at = time.monotonic()
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})


STREAM: Final = {"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"}
SAFE: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


async def unless_left(work: Awaitable[None], receive: Receive) -> None:
    """Awaits `work`, and cancels it when the client leaves. Raises what `work` raises."""
    working = asyncio.ensure_future(work)
    leaver = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({working, leaver}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, leaver):
            task.cancel()
        await asyncio.gather(working, leaver, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
