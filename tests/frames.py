"""Frames of both dialects by hand, and what a stream of them comes to. No expectations stand here."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import DialectName, Provider
from glm_ui.errors import GlmUiError
from glm_ui.events import (
    AnswerDelta,
    Citation,
    Done,
    Note,
    Source,
    Sources,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)
from glm_ui.protocol.decoder import FrameDecoder
from glm_ui.protocol.sse import SseDecoder

RECORDINGS = Path(__file__).parent / "recordings"
PROVIDER = Provider("custom", "Your own server", "openai", None, None, False, None, "none")
ROUTE = Route(None, PROVIDER, "glm-4.6")

Frame = dict[str, Any]


@dataclass
class Seen:
    """What a stream comes to when its deltas are joined."""

    thinking: dict[int, str] = field(default_factory=dict)
    answer: str = ""
    calls: dict[int, list[str]] = field(default_factory=dict)
    opaque: dict[int, dict[str, Any]] = field(default_factory=dict)
    usage: Usage | None = None
    started: Started | None = None
    done: Done | None = None
    error: GlmUiError | None = None
    notes: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    cited: list[tuple[int, str, str]] = field(default_factory=list)
    """(where in the answer, address, passage)"""

    @property
    def thought(self) -> str:
        return "".join(self.thinking.values())

    def add(self, event: StreamEvent) -> None:
        assert self.done is None, f"{event} after Done"
        match event:
            case Started():
                assert self.started is None
                self.started = event
            case ThinkingDelta():
                self._think(event)
            case AnswerDelta():
                assert event.text
                assert isinstance(event.text, str)
                self.answer += event.text
            case ToolCallDelta():
                call = self.calls.setdefault(event.index, ["", "", ""])
                assert call[0] in ("", event.id)
                assert call[1] in ("", event.name)
                call[:] = [event.id, event.name, call[2] + event.arguments]
            case Note():
                assert event.text not in self.notes
                self.notes.append(event.text)
            case Usage():
                counts = (event.input_tokens, event.output_tokens, event.thinking_tokens, event.cached_tokens)
                assert all(count is None or type(count) is int for count in counts)
                self.usage = event
            case Sources():
                self.sources += event.items
            case Citation():
                self.cited.append((len(self.answer) - event.back, event.url, event.passage))
            case Done():
                self.done = event
            case _:
                raise AssertionError(event)

    def _think(self, event: ThinkingDelta) -> None:
        if event.takes_answer:
            self.thinking[event.block] = self.thinking.get(event.block, "") + self.answer
            self.answer = ""
        if event.text:
            self.thinking[event.block] = self.thinking.get(event.block, "") + event.text
        if event.opaque:
            self.opaque.setdefault(event.block, {}).update(event.opaque)

    def facts(self) -> tuple[Any, ...]:
        error = (type(self.error), str(self.error)) if self.error else None
        return (
            self.thinking,
            self.answer,
            self.calls,
            self.opaque,
            self.usage,
            self.started,
            self.done,
            error,
            self.notes,
            self.sources,
            self.cited,
        )


def see(
    chunks: Iterable[bytes], dialect: DialectName = "openai", route: Route = ROUTE, **options: Any
) -> Seen:
    seen = Seen()
    try:
        for event in decoded(chunks, dialect, route, **options):
            seen.add(event)
    except GlmUiError as error:
        seen.error = error
    return seen


def decoded(
    chunks: Iterable[bytes], dialect: DialectName, route: Route, **options: Any
) -> Iterator[StreamEvent]:
    sse = SseDecoder()
    decoder = FrameDecoder(route, **options)
    for chunk in chunks:
        for name, data in sse.feed(chunk):
            yield from decoder.feed(data, name)
    for name, data in sse.close():
        yield from decoder.feed(data, name)
    yield from decoder.close()


def sse(*frames: Frame | str, done: bool = True) -> bytes:
    texts = [frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False) for frame in frames]
    return "".join(f"data: {text}\n\n" for text in (*texts, *(["[DONE]"] if done else []))).encode()


def cites(index: int, citation: Any) -> Frame:
    return {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": "citations_delta", "citation": citation},
    }


def chunk(finish: str | None = None, /, usage: Frame | None = None, **delta: Any) -> Frame:
    choice: Frame = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "r1", "model": "glm-4.6", "choices": [choice]} | ({"usage": usage} if usage else {})


def cut_everywhere(stream: bytes) -> Iterator[list[bytes]]:
    """Short streams at each byte, long ones at seeded random places; both one byte at a time."""
    yield [stream[i : i + 1] for i in range(len(stream))]
    if len(stream) <= 1600:
        yield from ([stream[:i], stream[i:]] for i in range(1, len(stream)))
        return
    for seed in range(60):
        chance = random.Random(seed)
        places = sorted(chance.choices(range(len(stream)), k=chance.choice((1, 3, 10, 60, 400))))
        yield [stream[a:b] for a, b in itertools.pairwise([0, *places, len(stream)])]


def holds_at_every_cut(stream: bytes, dialect: DialectName, expected: tuple[Any, ...]) -> None:
    for pieces in cut_everywhere(stream):
        assert see(pieces, dialect).facts() == expected


USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "completion_tokens_details": {"reasoning_tokens": 8}}
STOP = chunk("stop", USAGE)
DELTA = {"thinking": "thinking_delta", "text": "text_delta", "partial_json": "input_json_delta"}


def start(**usage: int) -> Frame:
    usage = usage or {"input_tokens": 9, "output_tokens": 1}
    return {
        "type": "message_start",
        "message": {"id": "m1", "model": "glm-4.6", "content": [], "usage": usage},
    }


def block(index: int, kind: str, **fields: Any) -> Frame:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **fields}}


def delta(index: int, **field_: str) -> Frame:
    ((name, text),) = field_.items()
    kind = DELTA.get(name, f"{name}_delta")
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: text}}


def stop(index: int) -> Frame:
    return {"type": "content_block_stop", "index": index}


def finish(reason: str | None = "end_turn", **usage: int) -> tuple[Frame, Frame]:
    told = {
        "type": "message_delta",
        "delta": {"stop_reason": reason},
        "usage": usage or {"output_tokens": 12},
    }
    return told, {"type": "message_stop"}


def detail(text: str, **more: Any) -> Frame:
    return {"type": "reasoning.text", "text": text, "index": 0, **more}


def tool(index: int | None = None, name: str | None = None, arguments: Any = None, **more: Any) -> Frame:
    call: Frame = {
        "function": {k: v for k, v in (("name", name), ("arguments", arguments)) if v is not None},
        **more,
    }
    return call | ({"index": index} if index is not None else {})


WHY, SO = "Because.", "So."
