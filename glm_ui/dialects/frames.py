"""The decoder of both dialects: each frame is read as what it is, whatever was asked for.

A gateway may answer in the wrong dialect (the seed's one puts OpenAI chunks on its Anthropic route), so that
a frame with `choices` is an OpenAI chunk and one with a known `type` an Anthropic event. No encoding, no
HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from glm_ui.catalogue.rows import Route
from glm_ui.dialects.anthropic_frames import KINDS, Blocks
from glm_ui.dialects.assembly import Assembly
from glm_ui.dialects.error_body import ErrorBody, failure, holds_error, read_error
from glm_ui.dialects.finish import FAILURES, FINISHES
from glm_ui.dialects.openai_frames import read_chunk
from glm_ui.errors import GlmUiError, NotAStream, StreamCut, StreamFailed
from glm_ui.events import StreamEvent

NOTHING: Final[tuple[StreamEvent, ...]] = ()
SHOWN: Final = 80
WRONG_SHAPE: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What reading a frame raises when a field is not what its name says."""


class FrameDecoder:
    """A `Decoder`. What it gives must be iterated: an error is raised after the events that came before
    it."""

    __slots__ = ("_blocks", "_ended", "_provider", "_reply")

    def __init__(self, route: Route, *, continues: bool = False) -> None:
        self._provider = route.provider.name
        self._reply = Assembly(markup=route.provider.inline_markup, keep_lead=continues)
        self._blocks = Blocks(self._reply)
        self._ended = False

    @property
    def finished(self) -> bool:
        finish = self._reply.finish
        return bool(finish) and finish.lower() in FINISHES  # some servers say "null" in every frame

    def feed(self, data: bytes, event: str = "") -> Iterable[StreamEvent]:
        if self._ended:
            return NOTHING
        try:
            frame = orjson.loads(data)
        except orjson.JSONDecodeError:
            return self._not_json(data.strip(), event)
        if type(frame) is not dict:
            return self._fail(event, ErrorBody(message=str(frame))) if event == "error" else NOTHING
        reply = self._reply
        if event == "error" or frame.get("error"):
            return self._error(frame, event)
        try:
            if "choices" in frame:
                read_chunk(frame, reply)
                if reply.finish in FAILURES:
                    return self._fail(event, ErrorBody(code=reply.finish))
            elif frame.get("type") in KINDS:
                if self._blocks.read(frame):
                    return self._end()
            else:
                return self._unknown(frame, event)
        except WRONG_SHAPE:
            return self._raise(
                StreamFailed.of(self._provider, why="One piece of the stream has an unknown shape.")
            )
        out = reply.out
        reply.out = []
        return out

    def close(self) -> Iterable[StreamEvent]:
        if self._ended:
            return NOTHING
        if self._reply.finish:
            return self._end()
        self._ended = True
        self._reply.flush()
        return _then_raise(self._take(), StreamCut.of(self._provider))

    def read_whole(self, body: Mapping[str, Any]) -> list[StreamEvent]:
        """A complete JSON reply."""
        frame = dict(body)
        if holds_error(frame):
            raise failure(read_error(frame), provider=self._provider, status=200, in_stream=False)
        try:
            if frame.get("choices"):
                read_chunk(frame, self._reply)
            else:
                self._blocks.read_message(frame)
        except WRONG_SHAPE:
            raise NotAStream.of(
                self._provider, why="It is JSON, but neither a reply nor an error that is known."
            ) from None
        if self._reply.finish in FAILURES:
            raise failure(ErrorBody(code=self._reply.finish), provider=self._provider)
        return list(self._end())

    def _end(self) -> Iterable[StreamEvent]:
        self._ended = True
        self._reply.flush()
        self._reply.end()
        return self._take()

    def _take(self) -> list[StreamEvent]:
        out, self._reply.out = self._reply.out, []
        return out

    def _unknown(self, frame: dict[str, Any], event: str) -> Iterable[StreamEvent]:
        """Usage alone is read; what looks like an error is one; anything else may be a server's own extra."""
        if holds_error(frame):
            return self._error(frame, event)
        if isinstance(frame.get("usage"), dict):
            read_chunk(frame, self._reply)
        return self._take()

    def _error(self, frame: dict[str, Any], event: str) -> Iterable[StreamEvent]:
        if isinstance(frame.get("usage"), dict):  # OpenRouter counts what it took to fail
            read_chunk({**frame, "choices": None}, self._reply)
        return self._fail(event, read_error(frame))

    def _fail(self, event: str, error: ErrorBody) -> Iterable[StreamEvent]:
        return self._raise(failure(error or ErrorBody(kind=event), provider=self._provider))

    def _raise(self, error: GlmUiError) -> Iterable[StreamEvent]:
        self._ended = True
        self._reply.flush()
        return _then_raise(self._take(), error)

    def _not_json(self, data: bytes, event: str) -> Iterable[StreamEvent]:
        if data == b"[DONE]":
            return self._end()
        if not data:
            return self._fail(event, ErrorBody()) if event == "error" else NOTHING
        if event == "error" or data.startswith((b'{"error"', b"error:")):
            return self._fail(event, read_error(data))
        shown = " ".join(data[:SHOWN].decode("utf-8", "replace").replace("<", "‹").replace(">", "›").split())
        return self._raise(
            StreamFailed.of(
                self._provider, why=f"One piece of the stream is not JSON; it begins with “{shown}”."
            )
        )


def _then_raise(events: list[StreamEvent], error: GlmUiError) -> Iterator[StreamEvent]:
    yield from events
    raise error
