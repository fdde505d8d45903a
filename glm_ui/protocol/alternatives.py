"""Several answers to one question in one stream: each choice is read by a decoder of its own. No encoding, no HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from glm_ui.events import Alternative, Piece, StreamEvent
from glm_ui.protocol.decoder import WRONG_SHAPE, FrameDecoder
from glm_ui.protocol.unread import frame_of

MOST: Final = 16
"""Choices that are read; nobody asks for more."""


class Alternatives:
    """As `FrameDecoder`. The first choice is the reply; what comes of the others comes as `Alternative`. A server may
    send fewer choices than were asked for."""

    def __init__(self, new: Callable[[], FrameDecoder], *, frames: bool = False) -> None:
        self._new = new
        self._frames = frames
        self._first = new()
        self._others: dict[int, FrameDecoder] = {}

    @property
    def finished(self) -> bool:
        """Never before the end of the stream: another choice may begin when all so far have ended."""
        return False

    def feed(self, data: bytes, event: str = "") -> Iterator[StreamEvent]:
        if data.strip() == b"[DONE]":
            for index, other in sorted(self._others.items()):
                yield from _of(index, other.feed(data))
        frame = _read(data)
        parts = _by_choice(frame)
        if not parts:
            yield from self._first.feed(data, event)
        for index, part in parts:
            yield from _of(index, self._decoder(index).feed(orjson.dumps(part), event))
        if parts and self._frames:
            with contextlib.suppress(*WRONG_SHAPE):
                yield frame_of(data, frame)

    def close(self) -> Iterator[StreamEvent]:
        for index, other in sorted(self._others.items()):
            yield from _of(index, other.close())
        yield from self._first.close()

    def read_whole(self, body: Mapping[str, Any]) -> Iterator[StreamEvent]:
        parts = dict(_by_choice(body))
        for index in sorted(parts.keys() - {0}):
            yield from _of(index, self._decoder(index).read_whole(parts[index]))
        yield from self._first.read_whole(parts.get(0, body))

    def _decoder(self, index: int) -> FrameDecoder:
        if not index:
            return self._first
        if index not in self._others:
            self._others[index] = self._new()
        return self._others[index]


def _read(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _of(index: int, events: Iterable[StreamEvent]) -> Iterator[StreamEvent]:
    if not index:
        yield from events
        return
    for event in events:
        if isinstance(event, Piece):  # what is said of the whole reply comes with the first answer
            yield Alternative(index, event)


def _by_choice(frame: Any) -> list[tuple[int, dict[str, Any]]]:
    """(index, the frame with that choice alone) for each choice in it; none for a frame of another shape. What is
    counted goes to the first choice, whichever it came with."""
    choices = frame.get("choices") if isinstance(frame, dict) else None
    if not isinstance(choices, list) or not choices:
        return []
    parts = []
    for choice in choices:
        index = choice.get("index") or 0 if isinstance(choice, dict) else 0
        if isinstance(index, int) and 0 <= index < MOST:
            parts.append((index, {**frame, "choices": [choice]}))
    if frame.get("usage") and 0 not in dict(parts):
        parts.append((0, {**frame, "choices": []}))
    return parts
