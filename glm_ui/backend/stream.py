"""stream_chat(): a request in, events out. The one streaming backend: attempts, retries, Stop.

No field name of a wire format and no HTTP type enters here, nor any state that outlives a turn.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import chain

from glm_ui.backend.prepare import (
    Keys,
    PreparedRequest,
    ResolvedTurn,
    fallback_to_prompted_continue,
    prepare_request,
    resolve_turn,
)
from glm_ui.backend.response import ReplyValidator, ResponseReader, refusal
from glm_ui.backend.turn_log import TurnLog
from glm_ui.catalogue.route import Route
from glm_ui.errors import BadParameter, ConnectionFailed, GlmUiError, NotAStream, StreamCut, UpstreamError
from glm_ui.events import Done, Retrying, StreamEvent, Waiting
from glm_ui.languages import joined, say
from glm_ui.messages import ChatRequest
from glm_ui.net.exchange import Exchange, drain
from glm_ui.net.redact import EventScrubber
from glm_ui.net.request import Sent, sent
from glm_ui.settings import Settings
from glm_ui.telemetry.turns import Door

LONGEST_PAUSE = 60.0
"""Seconds; a provider that asks for more patience is not asked again."""
SHORTEST_PAUSE = 0.2
"""Seconds, whatever the provider names."""
PAUSES = (0.5, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each retry, where the provider names none; a quarter more or less, so that crowds part."""

HEAVY = 256 * 1024
"""Bytes of a request from which it is written beside the event loop."""
PART = 200
"""Bytes that any part comes to, besides what is in its `LONG_FIELDS`."""
LONG_FIELDS = ("text", "data", "arguments", "content")


@dataclass(slots=True)
class Tap:
    """What one turn sent and received, byte for byte, with the key replaced by its name. A subclass may override
    `on_request` and `on_chunk`.

    After retries it holds the last attempt. `raw` holds at most `limit` bytes. `continues_by_prompt`: see `Encoded`.
    """

    limit: int = 4 * 2**20
    request: Sent | None = None
    notes: tuple[str, ...] = ()
    raw: bytearray = field(default_factory=bytearray)
    route: Route | None = None
    continues_by_prompt: bool = False
    status: int | None = None

    def on_request(self, request: Sent, notes: tuple[str, ...]) -> None:
        self.request, self.notes, self.status = request, notes, None
        self.raw.clear()

    def on_chunk(self, chunk: bytes) -> None:
        self.raw += chunk[: max(0, self.limit - len(self.raw))]


async def stream_chat(
    request: ChatRequest,
    *,
    settings: Settings | None = None,
    keys: Keys | None = None,
    turn: ResolvedTurn | None = None,
    tap: Tap | None = None,
    door: Door = "page",
    frames: bool = False,
) -> AsyncGenerator[StreamEvent, None]:
    """The reply to `request`: waiting and retrying as they happen, the reply's events, then exactly one `Done`.

    `turn` has what was decided where the request came in; without it, the request's model and provider are looked up
    here by `settings` and `keys`, the visitor's own by provider key, which go before the owner's. `door` is who asks,
    for the log and the counts. `frames`: each frame of the provider's stream comes too, as `Frame`. Raises any
    GlmUiError; what was yielded until then is safe. Closing the generator closes the upstream's socket at once.
    """
    with TurnLog(request, door) as log:
        turn = turn or _resolved(request, settings, keys or {})
        ends = asyncio.get_running_loop().time() + turn.settings.glm_ui_turn_timeout
        plan = await _prepared(request, turn)
        log.route = plan.route
        attempt = 1
        while True:
            try:
                async with aclosing(_attempt(plan, ends, tap, frames)) as events:
                    async for event in events:
                        log.see(event)
                        yield event
                return
            except GlmUiError as error:
                fallback = None
                if isinstance(error, BadParameter):
                    fallback = await asyncio.to_thread(fallback_to_prompted_continue, plan)
                if fallback:  # the provider refused before any text came, so there is nothing to wait for
                    plan = fallback
                    continue
                _about_the_key(error, plan, turn)
                left = ends - asyncio.get_running_loop().time()
                again = _retrying(error, attempt, turn.settings.glm_ui_retries, left)
            attempt = again.attempt
            log.see(again)
            yield again
            await asyncio.sleep(again.delay)


def _about_the_key(error: GlmUiError, plan: PreparedRequest, turn: ResolvedTurn) -> None:
    """Takes the key out of what is told, and says whose it is where who asked cannot mend it."""
    held = plan.outgoing.credential
    if held and isinstance(error, UpstreamError) and error.todo_of_visitor and turn.owner_pays:
        error.todo = say(error.todo_of_visitor, name=held.name)
    error.redact(held.secret if held else "")


def _resolved(request: ChatRequest, settings: Settings | None, keys: Keys) -> ResolvedTurn:
    if settings is None:
        raise TypeError("stream_chat takes a resolved turn or settings")
    return resolve_turn(request.model, request.provider, settings, keys)


async def _prepared(request: ChatRequest, turn: ResolvedTurn) -> PreparedRequest:
    """Large requests are written in a thread: ten pictures take a tenth of a second."""
    if request_bytes(request) > HEAVY:
        return await asyncio.to_thread(prepare_request, request, turn)
    return prepare_request(request, turn)


def request_bytes(request: ChatRequest) -> int:
    """About how many bytes its messages come to when they are sent."""
    return sum(
        PART + sum(len(said) for name in LONG_FIELDS if (said := getattr(part, name, None)))
        for message in request.messages
        for part in message.parts
    )


def _retrying(error: GlmUiError, attempt: int, retries: int, left: float) -> Retrying:
    """What is done about the failure of this attempt; raises it when nothing is. `left`: seconds that the turn has."""
    pause = _pause(error, attempt, retries)
    if pause is None or pause >= left:
        if attempt > 1:
            error.details["attempts"] = attempt
        raise error
    return Retrying(attempt + 1, retries + 1, pause, joined(error.what, error.why))


def _pause(error: GlmUiError, attempt: int, retries: int) -> float | None:
    """Seconds until the next attempt, or None for no more."""
    if not error.retryable or attempt > retries:
        return None
    if error.retry_after:  # 0, or a date that has passed, names no pause
        return max(SHORTEST_PAUSE, error.retry_after) if error.retry_after <= LONGEST_PAUSE else None
    return PAUSES[min(attempt, len(PAUSES)) - 1] * random.uniform(0.75, 1.25)  # noqa: S311


async def _attempt(
    plan: PreparedRequest, ends: float, tap: Tap | None, frames: bool
) -> AsyncGenerator[StreamEvent, None]:
    if tap:
        tap.on_request(sent(plan.outgoing), plan.encoded.notes)
        tap.route, tap.continues_by_prompt = plan.route, plan.encoded.continues_by_prompt
    yield Waiting("connecting")
    async with Exchange(plan.outgoing, ends) as exchange:
        await exchange.connected()
        yield Waiting("first_byte")
        await exchange.answered()
        if tap:
            tap.status = exchange.status
        if not 200 <= exchange.status < 300:
            raise await _refusal(exchange, plan, tap)
        turn = ReplyValidator(plan)
        held = plan.outgoing.credential
        hide = EventScrubber(held.secret if held else "")
        try:
            async with aclosing(_decoded(exchange, plan, tap, frames)) as events:
                async for event in events:
                    for kept in turn.feed(event):
                        for shown in hide.feed(kept):
                            yield shown
        except GlmUiError as error:
            for shown in [*chain.from_iterable(map(hide.feed, turn.rest())), *hide.close()]:
                yield shown
            error.retryable = error.retryable and not exchange.began
            turn.broken_off(error)
            raise


async def _refusal(exchange: Exchange, plan: PreparedRequest, tap: Tap | None) -> GlmUiError:
    body = await exchange.body()
    if tap:
        tap.on_chunk(body)
    return refusal(body, plan, exchange.status, exchange.retry_after)


async def _decoded(
    exchange: Exchange, plan: PreparedRequest, tap: Tap | None, frames: bool
) -> AsyncGenerator[StreamEvent, None]:
    """The events of one body, up to its Done."""
    body = ResponseReader(plan, frames=frames)
    broken: ConnectionFailed | None = None
    ending = False
    async with aclosing(exchange.chunks()) as chunks:
        try:
            async for chunk in chunks:
                if tap:
                    tap.on_chunk(chunk)
                event = None
                for event in body.feed(chunk):
                    if type(event) is Done:
                        await drain(chunks)
                        yield event
                        return
                    yield event
                if body.finished and (event or not ending):  # comments do not prolong it
                    ending = True
                    exchange.end_within(plan.outgoing.timeouts.finish)
        except ConnectionFailed as error:
            broken = error
    try:
        for event in body.close():
            yield event
    except (StreamCut, NotAStream):
        if broken is None:
            raise
        raise broken from None
