"""The decoder of both dialects: each frame is read by its own shape, not by the dialect that was asked for.

A gateway may answer in the wrong dialect (some put OpenAI chunks on their Anthropic route), so a frame with `choices`
is an OpenAI chunk and one with a known `type` an Anthropic event. A frame that cannot be read costs itself: the reply
says so once and goes on. No encoding, no HTTP.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from glm_ui.catalogue.route import Route
from glm_ui.errors import GlmUiError, NotAStream, StreamCut, StreamFailed
from glm_ui.events import StreamEvent
from glm_ui.languages import say
from glm_ui.protocol.anthropic.response import KINDS, Blocks, SecondReply
from glm_ui.protocol.assembly import LOST, Assembly
from glm_ui.protocol.error_body import ErrorBody, failure, holds_error, read_error
from glm_ui.protocol.finish import FAILURES, FINISHES
from glm_ui.protocol.halves import Halves, whole
from glm_ui.protocol.json_text import read_json
from glm_ui.protocol.openai.response import read_chunk
from glm_ui.protocol.unread import frame_of

NOTHING: Final[tuple[StreamEvent, ...]] = ()
SHOWN: Final = 80
WRONG_SHAPE: Final = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
"""What reading a frame raises when a field is not what its name says."""


class FrameDecoder:
    """One reply's state. `feed` takes the data of one server-sent event (bytes of JSON, or b"[DONE]") with its event
    name; `close` is called once when the bytes end and gives what was held back and the `Done`, or raises StreamCut.
    `read_whole` takes a complete JSON reply instead of both.

    `partial`: the unfinished answer that the reply continues, so that its leading blanks are kept and it begins inside
    the code block that `partial` ends in. `continues_by_prompt`: see `Encoded`.

    `after_pause`: the reply goes on with one in which the provider paused.

    `frames`: each frame that was read comes as a `Frame` too, behind its events, and texts come as they are, with the
    blank lines that begin them.

    Iterate what they give: an error is raised after the last event that came before it. Exactly one `Done` is given,
    after the last usage; whatever comes behind it is ignored.
    """

    __slots__ = ("_blocks", "_ended", "_frames", "_halves", "_provider", "_reply", "_unread")

    def __init__(
        self,
        route: Route,
        *,
        partial: str | None = None,
        continues_by_prompt: bool = False,
        frames: bool = False,
        after_pause: bool = False,
    ) -> None:
        self._provider = route.provider.name
        self._reply = Assembly(
            markup=route.provider.inline_markup,
            partial=partial,
            continues_by_prompt=continues_by_prompt,
            verbatim=frames,
        )
        self._frames = frames
        self._blocks = Blocks(self._reply, route.provider.key, after_pause)
        self._ended = False
        self._halves: Halves | None = None
        """Once a frame had a cut character in it."""
        self._unread = ""
        """Why the last frame could not be read, if so."""

    @property
    def finished(self) -> bool:
        """Whether the finish reason has come: all that may still follow is usage and the end of the stream."""
        finish = self._reply.finish
        return bool(finish) and finish.lower() in FINISHES  # some servers say "null" in every frame

    def feed(self, data: bytes, event: str = "") -> Iterable[StreamEvent]:
        if self._ended:
            return NOTHING
        try:
            frame = orjson.loads(data)
        except orjson.JSONDecodeError:
            return self._feed_odd(data.strip(), event)
        events = self._feed_frame(frame, event)
        return self._with_frame(events, data, frame) if self._frames else events

    def _with_frame(self, events: Iterable[StreamEvent], data: bytes, frame: Any) -> Iterable[StreamEvent]:
        """Only a frame that was read whole, and is no end, comes along."""
        if type(events) is list and self._halves is None and not self._unread and not self._ended:
            try:
                events.append(frame_of(data, frame))
            except WRONG_SHAPE:
                return events
        return events

    def _feed_frame(self, frame: Any, event: str) -> Iterable[StreamEvent]:
        if type(frame) is not dict:
            return self._fail(event, ErrorBody(message=str(frame))) if event == "error" else NOTHING
        reply = self._reply
        if event == "error" or frame.get("error"):
            return self._error(frame, event)
        try:
            if "choices" in frame:
                read_chunk(frame, reply)
                if reply.finish in FAILURES:
                    return self._fail(event, self._failure())
            elif frame.get("type") in KINDS:
                if self._blocks.read(frame):
                    return self._end()
            else:
                return self._unknown(frame, event)
        except SecondReply:
            return self._raise(self._second_reply())
        except WRONG_SHAPE:
            return self._lose("One piece of the stream has an unknown shape.")
        if self._halves is not None or self._unread:
            self._unread = ""
            return self._take()
        out = reply.out
        reply.out = []
        return out

    def close(self) -> Iterable[StreamEvent]:
        if self._ended:
            return NOTHING
        if self._reply.finish:
            return self._end()
        return self._raise(self._unread_error() if self._unread else StreamCut.of(self._provider))

    def read_whole(self, body: Mapping[str, Any]) -> Iterable[StreamEvent]:
        """A complete (non-stream) JSON reply as the events that a stream of it would have given. Iterating raises what
        the body says went wrong, or NotAStream, after the last event."""
        frame = dict(body)
        self._halves = Halves()
        try:
            if frame.get("choices"):
                read_chunk(frame, self._reply)
            elif not holds_error(frame):
                self._blocks.read_message(frame)
        except WRONG_SHAPE:
            if not holds_error(frame):
                why = "It is JSON, but neither a reply nor an error that is known."
                return self._raise(NotAStream.of(self._provider, why=why))
        if holds_error(frame):
            error = read_error(whole(frame))
            return self._raise(failure(error, provider=self._provider, status=200, in_stream=False))
        if self._reply.finish in FAILURES:
            return self._raise(failure(self._failure(), provider=self._provider))
        return self._end()

    def _end(self) -> Iterable[StreamEvent]:
        if self._unread and not self._reply.started:
            return self._raise(self._unread_error())
        events = self._last()
        self._reply.end()
        return [*events, *self._take()]

    def _last(self) -> list[StreamEvent]:
        """What was held back; no more frames will be read."""
        self._ended = True
        self._blocks.flush()
        self._reply.flush()
        events = self._take()
        return events if self._halves is None else [*events, *self._halves.rest()]

    def _take(self) -> list[StreamEvent]:
        out, self._reply.out = self._reply.out, []
        return out if self._halves is None else self._halves.mend(out)

    def _lose(self, why: str) -> Iterable[StreamEvent]:
        """This frame cannot be read."""
        self._unread = why
        self._reply.tell(LOST)
        return self._take()

    def _failure(self) -> ErrorBody:
        """What the frame that ends with a failure says of it."""
        reply = self._reply
        error = read_error(whole({"error": reply.failure})) if reply.failure else ErrorBody()
        return error or ErrorBody(code=reply.finish)

    def _unread_error(self) -> StreamFailed:
        return StreamFailed.of(self._provider, why=self._unread)

    def _second_reply(self) -> StreamFailed:
        return StreamFailed.of(self._provider, why="A second reply began inside this one.")

    def _unknown(self, frame: dict[str, Any], event: str) -> Iterable[StreamEvent]:
        """Usage and the sources of a search are read; what looks like an error is one; anything else may be a server's
        own extra."""
        if holds_error(frame):
            return self._error(frame, event)
        if isinstance(frame.get("usage"), dict) or frame.get("web_search"):
            read_chunk(frame, self._reply)
        return self._take()

    def _error(self, frame: dict[str, Any], event: str) -> Iterable[StreamEvent]:
        """The text and the count that came along stay; OpenRouter counts what it took to fail."""
        if "choices" in frame or isinstance(frame.get("usage"), dict):
            with contextlib.suppress(*WRONG_SHAPE):
                read_chunk(frame, self._reply)
        return self._fail(event, read_error(whole(frame)))

    def _fail(self, event: str, error: ErrorBody) -> Iterable[StreamEvent]:
        return self._raise(failure(error or ErrorBody(kind=event), provider=self._provider))

    def _raise(self, error: GlmUiError) -> Iterable[StreamEvent]:
        return _then_raise(self._last(), error)

    def _feed_odd(self, data: bytes, event: str) -> Iterable[StreamEvent]:
        """What orjson does not take: the mark of the end, a bad character, or no JSON at all."""
        if data == b"[DONE]":
            return self._end()
        if not data:
            return self._fail(event, ErrorBody()) if event == "error" else NOTHING
        try:
            frame = read_json(data)
        except ValueError:
            pass
        else:
            self._halves = self._halves or Halves()
            return self._feed_frame(frame, event)
        if event == "error" or data.startswith((b'{"error"', b"error:")):
            return self._fail(event, read_error(data))
        shown = " ".join(data[:SHOWN].decode("utf-8", "replace").replace("<", "‹").replace(">", "›").split())
        return self._lose(say("One piece of the stream is not JSON; it begins with “{shown}”.", shown=shown))


def _then_raise(events: list[StreamEvent], error: GlmUiError) -> Iterator[StreamEvent]:
    yield from events
    raise error
