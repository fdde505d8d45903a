"""Reads the body of one reply: bytes in, the events of a whole reply out. No I/O.

The first character of a body chooses how it is read, because Content-Type headers are often wrong. A reply has one
Started, an answer that is not empty, and no repetition where it continues an earlier one; else an error is raised
after the last event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from glm_ui.backend.prepare import PreparedRequest
from glm_ui.errors import (
    ConnectionFailed,
    ContentFiltered,
    ContextTooLong,
    EmptyAnswer,
    GlmUiError,
    NotAStream,
    Overloaded,
    ProviderDown,
    RateLimited,
    StreamCut,
    StreamFailed,
    UpstreamError,
    plain_text,
)
from glm_ui.events import (
    AnswerDelta,
    Citation,
    Done,
    Frame,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
)
from glm_ui.languages import say
from glm_ui.messages import ChatRequest, Text
from glm_ui.protocol import Alternatives, FrameDecoder, refused
from glm_ui.protocol.anthropic.searched import is_paused
from glm_ui.protocol.continuation import Seam
from glm_ui.protocol.json_text import read_json
from glm_ui.protocol.sse import MAX_EVENT_BYTES, Event, SseDecoder


def refusal(body: bytes, plan: PreparedRequest, status: int, retry_after: float | None = None) -> GlmUiError:
    return refused(body, provider=plan.route.provider.name, status=status, retry_after=retry_after)


_BLANK = b"\xef\xbb\xbf \t\r\n\x00"
"""What may stand before a reply: a byte order mark, and blanks or NULs by which servers keep a connection alive."""


class _Reader(Protocol):
    @property
    def finished(self) -> bool: ...

    def feed(self, chunk: bytes) -> Iterable[StreamEvent]: ...

    def close(self) -> Iterable[StreamEvent]: ...


class ResponseReader:
    """Chooses the parser by the first byte, because Content-Type headers are often wrong."""

    def __init__(self, plan: PreparedRequest, *, frames: bool = False) -> None:
        """`frames`: see `FrameDecoder`."""
        self._plan = plan
        self._frames = frames
        self._reader: _Reader | None = None

    @property
    def finished(self) -> bool:
        """Whether the finish reason has come, and with it the whole text."""
        return self._reader is not None and self._reader.finished

    def feed(self, chunk: bytes) -> Iterable[StreamEvent]:
        if self._reader is None:
            chunk = chunk.lstrip(_BLANK)
            if not chunk:
                return ()
            self._reader = self._choose(chunk)
        return self._reader.feed(chunk)

    def close(self) -> Iterable[StreamEvent]:
        if self._reader is None:
            why = "It sent nothing at all."
            raise NotAStream.of(self._plan.route.provider.name, why=why, todo="Retry.", way_out="retry")
        return self._reader.close()

    def _choose(self, start: bytes) -> _Reader:
        if start[:1] == b"<":
            raise _strange(start, self._plan, "It is a web page.")
        return _Whole(self._plan) if start[:1] in (b"{", b"[") else _Stream(self._plan, self._frames)


def _strange(body: bytes, plan: PreparedRequest, why: str) -> NotAStream:
    said = plain_text(body[:4096].decode("utf-8", "replace"))
    return NotAStream.of(plan.route.provider.name, why=why, details={"said": said} if said else None)


def _decoder(plan: PreparedRequest, *, frames: bool = False) -> FrameDecoder | Alternatives:
    several = (plan.request.sampling.choices or 1) > 1

    def new() -> FrameDecoder:
        return FrameDecoder(
            plan.route,
            partial=_partial(plan.request),
            continues_by_prompt=plan.encoded.continues_by_prompt,
            frames=frames and not several,
            after_pause=_goes_on_after_pause(plan),
        )

    return Alternatives(new, frames=frames) if several else new()


def _goes_on_after_pause(plan: PreparedRequest) -> bool:
    request = plan.request
    if not (request.continues and request.messages):
        return False
    return is_paused(request.messages[-1], plan.route.provider.key)


class _Stream:
    """Reads server-sent events."""

    def __init__(self, plan: PreparedRequest, frames: bool) -> None:
        self._plan = plan
        self._sse = SseDecoder()
        self._decoder = _decoder(plan, frames=frames)
        self._head = bytearray()
        self._frames = 0

    @property
    def finished(self) -> bool:
        return self._decoder.finished

    def feed(self, chunk: bytes) -> Iterable[StreamEvent]:
        if not self._frames and len(self._head) < _SHOWN_HEAD:
            self._head += chunk[:_SHOWN_HEAD]
        found = self._sse.feed(chunk)
        self._frames += len(found)
        if len(found) == 1:  # as most servers send them
            ((name, data),) = found
            return self._decoder.feed(data, name)
        return self._events(found)

    def _events(self, found: Iterable[Event]) -> Iterator[StreamEvent]:
        for name, data in found:
            yield from self._decoder.feed(data, name)

    def close(self) -> Iterator[StreamEvent]:
        for name, data in self._sse.close():
            self._frames += 1
            yield from self._decoder.feed(data, name)
        if not self._frames:
            if _begins_a_stream(bytes(self._head)):
                raise StreamCut.of(self._plan.route.provider.name)
            raise _strange(bytes(self._head), self._plan, "There is no frame of a stream in it.")
        yield from self._decoder.close()


_SHOWN_HEAD = 4096
"""Bytes of a strange body that are looked at."""
_FIELDS = (b":", b"data:", b"event:", b"id:", b"retry:")


def _begins_a_stream(head: bytes) -> bool:
    """Whether this is the front of server-sent events: a comment, or a field or what came of its name."""
    return any(head.startswith(field) or field.startswith(head) for field in _FIELDS)


class _Whole:
    """One JSON document: a complete reply, for servers that do not stream, or an error with HTTP 200."""

    finished = False

    def __init__(self, plan: PreparedRequest) -> None:
        self._plan = plan
        self._body = bytearray()

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        self._body += chunk
        if len(self._body) > MAX_EVENT_BYTES:
            raise StreamFailed.of(self._plan.route.provider.name, why="It is longer than any answer can be.")
        return iter(())

    def close(self) -> Iterator[StreamEvent]:
        try:
            found: Any = read_json(bytes(self._body))
        except ValueError:
            raise _strange(bytes(self._body[:_SHOWN_HEAD]), self._plan, "It is broken JSON.") from None
        if not isinstance(found, dict):
            raise _strange(bytes(self._body[:_SHOWN_HEAD]), self._plan, "It is JSON, but no reply.")
        if "choices" in found or "content" in found:
            yield from _decoder(self._plan).read_whole(found)
            return
        raise refusal(bytes(self._body), self._plan, 200)


class ReplyValidator:
    """Holds the events of one reply to its promises: one Started, no repetition at a seam, no empty
    answer."""

    def __init__(self, plan: PreparedRequest) -> None:
        self._plan = plan
        self._started = False
        self._thought = False
        self._answered = False
        self._seam = self._new_seam()

    def _new_seam(self) -> Seam | None:
        partial = _partial(self._plan.request)
        return Seam(partial, continues_by_prompt=self._plan.encoded.continues_by_prompt) if partial else None

    def feed(self, event: StreamEvent) -> Iterable[StreamEvent]:
        kind = type(event)
        if (kind is ThinkingDelta and self._thought and not event.takes_answer) or (  # type: ignore[union-attr]
            kind is AnswerDelta and self._answered and not self._seam
        ):
            return (event,)  # nearly every event: more of what has begun
        if kind is Frame:
            return (event,) if self._started else ()
        return self._judged(event)

    def _judged(self, event: StreamEvent) -> Iterator[StreamEvent]:
        if not self._started:
            self._started = True
            first = event if isinstance(event, Started) else Started()
            yield replace(first, notes=self._plan.encoded.notes)
        match event:
            case Started():  # Anthropic servers are seen to start twice
                return
            case AnswerDelta(text):
                self._answered = self._answered or bool(text.strip())
                yield from self._past_the_seam(text)
                return
            case ThinkingDelta():
                yield from self._think(event)
            case ToolCallDelta():
                self._answered = True
            case Citation() if self._seam:  # where it stands in what is kept of this text is not known
                return
            case Done():
                yield from self.rest()
                if not self._answered and not self._plan.request.continues and event.reason != "paused":
                    raise _empty(self._plan, event, self._thought)
        yield event

    def _think(self, event: ThinkingDelta) -> Iterator[StreamEvent]:
        self._thought = self._thought or event.takes_answer or bool(event.text.strip())
        if event.takes_answer:
            yield from self.rest()
            self._answered, self._seam = False, self._new_seam()

    def _past_the_seam(self, text: str) -> Iterator[StreamEvent]:
        if self._seam:
            text = self._seam.feed(text)
            self._seam = None if self._seam.decided else self._seam
        if text:
            yield AnswerDelta(text)

    def rest(self) -> Iterator[StreamEvent]:
        """What the seam still holds back; nothing more will come."""
        if self._seam and (rest := self._seam.close()):
            self._answered = True
            yield AnswerDelta(rest)

    def broken_off(self, error: GlmUiError) -> None:
        """Says in `error`, which ended this reply, what is kept of it and what helps. Call `rest` first."""
        if not isinstance(error, _PASSING):
            return
        if self._answered:
            error.todo = say("What came so far is kept: continue, or retry.")
            error.way_out = "continue"
        elif self._started and not isinstance(error, UpstreamError):
            error.todo, error.way_out = "Retry.", "retry"


def _empty(plan: PreparedRequest, done: Done, thought: bool) -> GlmUiError:
    name = plan.route.provider.name
    if done.reason in _NO_ANSWER:
        kind = _NO_ANSWER[done.reason]
        said = {"why": done.why} if done.why else {}
        return kind.of(name, provider_code=done.raw_reason, **said)
    why, todo, way_out = _EMPTY[done.reason == "length", thought]
    details = {"had_thinking": thought, "reason": done.reason}
    return EmptyAnswer.of(
        name, why=why, todo=todo, way_out=way_out, provider_code=done.raw_reason, details=details
    )


_PASSING = (StreamFailed, StreamCut, ConnectionFailed, Overloaded, RateLimited, ProviderDown)
"""Failures in the middle of a reply after which it can go on. After others, such as an empty account, only their own
advice helps."""
_NO_ANSWER: Mapping[str, type[GlmUiError]] = {"filtered": ContentFiltered, "context_full": ContextTooLong}
_EMPTY: Mapping[tuple[bool, bool], tuple[str, str, str]] = {
    # (ended at the token limit, thought): why, todo, way out
    (True, True): (
        "Thinking used up all the tokens that were allowed.",
        "Allow more tokens under More, or less thinking, then retry.",
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


def _partial(request: ChatRequest) -> str | None:
    """The unfinished answer that the reply goes on with, None for a new answer."""
    if not request.continues:
        return None
    last = request.messages[-1].parts if request.messages else ()
    return "".join(part.text for part in last if isinstance(part, Text))
