"""stream_chat(): a request in, events out. The one streaming backend: what is asked where, retries, failures.

No field name of a wire format and no HTTP type enters here, nor any state that outlives a turn.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson
from pydantic import SecretStr

from glm_ui import transport
from glm_ui.catalogue import Resolution, load, resolve
from glm_ui.catalogue.rows import Route
from glm_ui.dialects import DIALECTS, Decoder, Dialect, Encoded, read_error
from glm_ui.errors import (
    ConnectionFailed,
    ContentFiltered,
    ContextTooLong,
    EmptyAnswer,
    GlmUiError,
    MissingKey,
    NotAStream,
    NotServed,
    StreamCut,
    UnknownModel,
    UnknownProvider,
    classify,
    clean,
)
from glm_ui.events import (
    AnswerDelta,
    Done,
    Retrying,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
    Waiting,
)
from glm_ui.messages import ChatRequest, Text
from glm_ui.seam import Seam
from glm_ui.settings import ADDRESS_FIELDS, KEY_FIELDS, Settings, key_name
from glm_ui.sse import SseDecoder

LONGEST_PAUSE = 60.0
"""Seconds; a provider that asks for more patience is not asked again."""
PAUSES = (0.5, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each retry, where the provider names none; a quarter more or less, so that crowds part."""

Keys = Mapping[str, SecretStr | str]
log = logging.getLogger("glm_ui.turn")


@dataclass(slots=True)
class Tap:
    """What one turn sent and what came back, byte for byte, the key by name. Subclass it to be called
    instead.

    With retries the last attempt stands. `raw` holds at most `limit` bytes.
    """

    limit: int = 4 * 2**20
    request: transport.Sent | None = None
    notes: tuple[str, ...] = ()
    raw: bytearray = field(default_factory=bytearray)

    def sends(self, request: transport.Sent, notes: tuple[str, ...]) -> None:
        self.request, self.notes = request, notes
        self.raw.clear()

    def comes(self, chunk: bytes) -> None:
        self.raw += chunk[: max(0, self.limit - len(self.raw))]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before the first byte goes out."""

    request: ChatRequest
    route: Route
    dialect: Dialect
    encoded: Encoded
    outgoing: transport.Outgoing


async def stream_chat(
    request: ChatRequest, *, settings: Settings, keys: Keys | None = None, tap: Tap | None = None
) -> AsyncGenerator[StreamEvent, None]:
    """The reply to `request`: waiting and retrying as they happen, the reply's events, then exactly one
    `Done`.

    `keys` are the visitor's own, by provider key; they go before the owner's. Raises any GlmUiError; what was
    yielded until then is safe. Closing the generator closes the upstream's socket at once.
    """
    turn = _TurnLog(request)
    secret = ""
    try:
        plan = prepare(request, settings, keys or {})
        turn.route = plan.route
        if plan.outgoing.credential:
            secret = plan.outgoing.credential.secret
        async with aclosing(_with_retries(plan, settings.glm_ui_retries, tap)) as events:
            async for event in events:
                turn.see(event)
                yield event
    except GlmUiError as error:
        error.forget(secret)
        error.details.setdefault("turn", turn.id)
        turn.ending = error.slug
        raise
    finally:
        turn.write()


# ---- before anything is sent


def prepare(request: ChatRequest, settings: Settings, keys: Keys) -> Plan:
    """Who is asked, and with which bytes. Raises RequestError."""
    route = _route(request, settings, keys)
    provider = route.provider
    base_url = settings.base_url(provider.key)
    if base_url is None:
        variable = ADDRESS_FIELDS[provider.key][0].upper()
        raise UnknownProvider.of(
            what=f"{provider.name} has no address.",
            todo=f"Set {variable}, or pick another provider.",
        )
    dialect = DIALECTS[route.dialect]
    key = _key(provider.key, settings, keys)
    if not key and provider.key_required:
        raise MissingKey.of(provider.name, why=f"Neither you nor {key_name(provider.key)} gave one.")
    encoded = dialect.encode(request, route)
    name = key_name(provider.key)
    return Plan(
        request,
        route,
        dialect,
        encoded,
        transport.Outgoing(
            url=base_url + encoded.path,
            provider=provider.key,
            called=provider.name,
            headers=encoded.headers,
            body=orjson.dumps(encoded.body),
            credential=transport.credential(key, base_url, dialect.key_headers, name, provider.name)
            if key
            else None,
            timeouts=transport.Timeouts(
                settings.glm_ui_connect_timeout,
                settings.glm_ui_first_byte_timeout,
                settings.glm_ui_silence_timeout,
            ),
        ),
    )


def _route(request: ChatRequest, settings: Settings, keys: Keys) -> Route:
    wanted = request.provider
    if wanted is None and settings.offline and not any(_secret(k) for k in keys.values()):
        wanted = "demo"
    ready = settings.ready() | {p for p in KEY_FIELDS if p != "custom" and _own_key(p, keys)}
    found = resolve(request.model, wanted, ready=ready, custom=settings.custom_server)
    if found.route is not None:
        return found.route
    raise _no_route(found, request.model, wanted)


def _no_route(found: Resolution, asked: str, wanted: str | None) -> GlmUiError:
    name, why = clean(asked, 80), found.steps[-1].text if found.steps else ""
    if wanted and not any(
        wanted.strip().casefold() in (p.key, p.name.casefold()) for p in load().providers.values()
    ):
        return UnknownProvider.of(what=f"There is no provider “{clean(wanted, 60)}”.")
    if found.model is not None:
        return NotServed.of(what=f"“{name}” cannot be asked there.", why=why, details={"model": found.model})
    nearest = list(found.nearest)
    return UnknownModel.of(
        what=f"No model is called “{name}”." if name else "No model was named.",
        why=f"The nearest names are {', '.join(nearest)}." if nearest else "",
        details={"nearest": nearest},
    )


def _key(provider: str, settings: Settings, keys: Keys) -> str:
    return _own_key(provider, keys) or _secret(settings.key(provider))


def _own_key(provider: str, keys: Keys) -> str:
    """The visitor's key for this provider, or for another door of the same account."""
    account = KEY_FIELDS.get(provider)
    doors = [provider, *(p for p, name in KEY_FIELDS.items() if name == account)] if account else []
    return next((key for door in doors if (key := _secret(keys.get(door)))), "")


def _secret(key: SecretStr | str | None) -> str:
    return (key.get_secret_value() if isinstance(key, SecretStr) else key or "").strip()


# ---- attempts


async def _with_retries(plan: Plan, retries: int, tap: Tap | None) -> AsyncGenerator[StreamEvent, None]:
    for attempt in range(1, retries + 2):
        try:
            async with aclosing(_attempt(plan, tap)) as events:
                async for event in events:
                    yield event
            return
        except GlmUiError as error:
            pause = _pause(error, attempt, retries)
            if pause is None:
                if attempt > 1:
                    error.details["attempts"] = attempt
                raise
            why = " ".join(s for s in (error.what, error.why) if s)
        yield Retrying(attempt + 1, retries + 1, pause, why)
        await asyncio.sleep(pause)


def _pause(error: GlmUiError, attempt: int, retries: int) -> float | None:
    """Seconds until the next attempt, or None for no more."""
    if not error.retryable or attempt > retries:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_PAUSE else None
    return PAUSES[min(attempt, len(PAUSES)) - 1] * random.uniform(0.75, 1.25)  # noqa: S311


async def _attempt(plan: Plan, tap: Tap | None) -> AsyncGenerator[StreamEvent, None]:
    if tap:
        tap.sends(transport.sent(plan.outgoing), plan.encoded.notes)
    yield Waiting("connecting")
    async with transport.Exchange(plan.outgoing) as exchange:
        await exchange.connected()
        yield Waiting("first_byte")
        await exchange.answered()
        if not 200 <= exchange.status < 300:
            raise await _refusal(exchange, plan, tap)
        turn = _Turn(plan)
        try:
            async with aclosing(_decoded(exchange, plan, tap)) as events:
                async for event in events:
                    for shown in turn.feed(event):
                        yield shown
        except GlmUiError as error:
            error.retryable = error.retryable and not exchange.began
            raise


async def _refusal(exchange: transport.Exchange, plan: Plan, tap: Tap | None) -> GlmUiError:
    body = await exchange.body()
    if tap:
        tap.comes(body)
    return _classified(body, plan, exchange.status, exchange.retry_after)


def _classified(body: bytes, plan: Plan, status: int, retry_after: float | None = None) -> GlmUiError:
    found = read_error(body)
    return classify(
        status=status,
        code=found.code,
        kind=found.kind,
        message=found.message,
        parameter=found.parameter,
        provider=plan.route.provider.name,
        retry_after=retry_after,
    )


# ---- from bytes to events


async def _decoded(
    exchange: transport.Exchange, plan: Plan, tap: Tap | None
) -> AsyncGenerator[StreamEvent, None]:
    """The events of one body, up to its Done."""
    body = _Body(plan)
    broken: ConnectionFailed | None = None
    async with aclosing(exchange.chunks()) as chunks:
        try:
            async for chunk in chunks:
                if tap:
                    tap.comes(chunk)
                for event in body.feed(chunk):
                    if type(event) is Done:
                        await transport.drain(chunks)
                        yield event
                        return
                    yield event
        except ConnectionFailed as error:
            broken = error
    try:
        for event in body.close():
            yield event
    except (StreamCut, NotAStream):
        if broken is None:
            raise
        if exchange.began:  # it cannot be asked again, but the reply can go on
            broken.way_out, broken.todo = StreamCut.way_out, StreamCut.says[2]
        raise broken from None


class _Reader(Protocol):
    def feed(self, chunk: bytes) -> Iterable[StreamEvent]: ...

    def close(self) -> Iterable[StreamEvent]: ...


class _Body:
    """Told by its first character what it is, for content types lie."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._head = b""
        self._reader: _Reader | None = None

    def feed(self, chunk: bytes) -> Iterable[StreamEvent]:
        if self._reader is None:
            self._head += chunk
            start = self._head.lstrip(b"\xef\xbb\xbf \t\r\n")
            if not start:
                return ()
            self._reader, chunk = self._choose(start), self._head
        return self._reader.feed(chunk)

    def close(self) -> Iterable[StreamEvent]:
        if self._reader is None:
            why = "It sent nothing at all."
            raise NotAStream.of(self._plan.route.provider.name, why=why, todo="Retry.", way_out="retry")
        return self._reader.close()

    def _choose(self, start: bytes) -> _Reader:
        if start[:1] == b"<":
            raise _strange(start, self._plan, "It is a web page.")
        return _Whole(self._plan) if start[:1] in (b"{", b"[") else _Stream(self._plan)


def _strange(body: bytes, plan: Plan, why: str) -> NotAStream:
    said = clean(body[:4096].decode("utf-8", "replace"))
    return NotAStream.of(plan.route.provider.name, why=why, details={"said": said} if said else None)


class _Stream:
    """Server-sent events through the dialect's decoder."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._sse = SseDecoder()
        self._decoder: Decoder = plan.dialect.decoder(plan.route, continues=plan.request.continues)
        self._head = b""
        self._frames = 0

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        if not self._frames:
            self._head += chunk[:4096]
        for name, data in self._sse.feed(chunk):
            self._frames += 1
            yield from self._decoder.feed(data, name)

    def close(self) -> Iterator[StreamEvent]:
        for name, data in self._sse.close():
            self._frames += 1
            yield from self._decoder.feed(data, name)
        if not self._frames:
            raise _strange(self._head, self._plan, "There is no frame of a stream in it.")
        yield from self._decoder.close()


class _Whole:
    """One JSON document: a complete reply, for servers that do not stream, or an error with HTTP 200."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._body = bytearray()

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        self._body += chunk
        return iter(())

    def close(self) -> Iterator[StreamEvent]:
        try:
            found: Any = orjson.loads(self._body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            raise _strange(bytes(self._body), self._plan, "It is broken JSON.") from None
        if not isinstance(found, dict):
            raise _strange(bytes(self._body), self._plan, "It is JSON, but no reply.")
        if "choices" in found or "content" in found:
            yield from self._plan.dialect.decode_whole(
                found, self._plan.route, continues=self._plan.request.continues
            )
            return
        raise _classified(bytes(self._body), self._plan, 200)


# ---- what a whole reply owes


class _Turn:
    """Holds the events of one reply to its promises: one Started, no repetition at a seam, no empty
    answer."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._started = False
        self._thought = False
        self._answered = False
        self._seam = self._new_seam()

    def _new_seam(self) -> Seam | None:
        return Seam(_partial(self._plan.request)) if self._plan.encoded.asks else None

    def feed(self, event: StreamEvent) -> Iterator[StreamEvent]:
        if not self._started:
            self._started = True
            first = event if isinstance(event, Started) else Started()
            yield replace(first, notes=self._plan.encoded.notes)
        match event:
            case Started():  # Anthropic servers are seen to start twice
                return
            case AnswerDelta(text):
                self._answered = self._answered or not text.isspace()
                yield from self._past_the_seam(text)
                return
            case ThinkingDelta():
                yield from self._think(event)
            case ToolCallDelta():
                self._answered = True
            case Done():
                yield from self._rest()
                if not self._answered and not self._plan.request.continues:
                    raise _empty(self._plan, event, self._thought)
        yield event

    def _think(self, event: ThinkingDelta) -> Iterator[StreamEvent]:
        self._thought = self._thought or event.takes_answer or bool(event.text.strip())
        if event.takes_answer:
            yield from self._rest()
            self._answered, self._seam = False, self._new_seam()

    def _past_the_seam(self, text: str) -> Iterator[StreamEvent]:
        if self._seam:
            text = self._seam.feed(text)
        if text:
            yield AnswerDelta(text)

    def _rest(self) -> Iterator[StreamEvent]:
        if self._seam and (rest := self._seam.close()):
            yield AnswerDelta(rest)


def _empty(plan: Plan, done: Done, thought: bool) -> GlmUiError:
    name = plan.route.provider.name
    if done.reason in _NO_ANSWER:
        return _NO_ANSWER[done.reason].of(name, provider_code=done.raw_reason)
    why, todo, way_out = _EMPTY[done.reason == "length", thought]
    details = {"had_thinking": thought, "reason": done.reason}
    return EmptyAnswer.of(
        name, why=why, todo=todo, way_out=way_out, provider_code=done.raw_reason, details=details
    )


_NO_ANSWER: Mapping[str, type[GlmUiError]] = {"filtered": ContentFiltered, "context_full": ContextTooLong}
_EMPTY: Mapping[tuple[bool, bool], tuple[str, str, str]] = {
    # (ended at the token limit, thought): why, todo, way out
    (True, True): (
        "Thinking used up all the tokens that were allowed.",
        "Allow more tokens under More, or turn thinking off, then retry.",
        "more_tokens",
    ),
    (True, False): (
        "The limit of tokens was reached before the first word.",
        "Allow more tokens under More, then retry.",
        "more_tokens",
    ),
    # SGLang and others put the whole answer into the thinking when their parser misses its end
    # (sglang#37645).
    (False, True): (
        "Everything that came was marked as thinking; the answer may be in there.",
        "Show the thinking as the answer, or retry.",
        "show_thinking",
    ),
    # The gateway ends with "stop" and no text when its own upstream failed.
    (False, False): (
        "It ended without a word, as failing servers do.",
        "Retry, or pick another model.",
        "retry",
    ),
}


def _partial(request: ChatRequest) -> str:
    return (
        "".join(p.text for p in request.messages[-1].parts if isinstance(p, Text)) if request.messages else ""
    )


# ---- one line a turn


class _TurnLog:
    """Times and counts of one turn, written as one line of JSON. No text of anyone, no key."""

    def __init__(self, request: ChatRequest) -> None:
        self.id = request.response_id or uuid.uuid4().hex[:12]
        self.route: Route | None = None
        self.ending = "stopped"
        self._asked = clean(request.model, 80)
        self._start = time.monotonic()
        self._first: dict[str, float] = {}
        self._attempts = 1
        self._model: str | None = None
        self._usage = Usage()

    def see(self, event: StreamEvent) -> None:
        kind = type(event).__name__
        if kind not in self._first:
            self._first[kind] = round(time.monotonic() - self._start, 3)
        match event:
            case Retrying():
                self._attempts = event.attempt
            case Started():
                self._model = event.model
            case Usage():
                self._usage = event
            case Done():
                self._model = event.model or self._model
                self.ending = event.reason

    def write(self) -> None:
        line = {
            "turn": self.id,
            "provider": self.route.provider.key if self.route else None,
            "model": self.route.wire_id if self.route else self._asked,
            "answered_by": self._model,
            "ending": self.ending,
            "attempts": self._attempts,
            "seconds": round(time.monotonic() - self._start, 3),
            "first_frame": self._first.get("Started"),
            "first_thinking": self._first.get("ThinkingDelta"),
            "first_answer": self._first.get("AnswerDelta"),
            "input_tokens": self._usage.input_tokens,
            "output_tokens": self._usage.output_tokens,
            "thinking_tokens": self._usage.thinking_tokens,
        }
        log.info("%s", orjson.dumps(line).decode())
