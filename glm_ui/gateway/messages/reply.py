"""Writes a reply in Anthropic's messages protocol, as a stream of events or as one object. Pure.

Official clients abandon a stream whose blocks overlap or are numbered otherwise than 0, 1, 2, ..., and take the stop
reason and the counts from the one `message_delta`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from glm_ui.events import Done, FinishReason, Frame, StreamEvent
from glm_ui.gateway import signatures
from glm_ui.gateway.asked import Reply
from glm_ui.gateway.blocks import Began, Block, Blocks, Change, Grew, is_json
from glm_ui.gateway.problems import Problem
from glm_ui.gateway.usage import Count

STOP_REASONS: Final[Mapping[FinishReason, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "filtered": "refusal",
    "context_full": "model_context_window_exceeded",
    "paused": "pause_turn",
    "other": "end_turn",
}
DELTAS: Final = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool": ("input_json_delta", "partial_json"),
}


class MessageWriter:
    """A `Writer`."""

    def __init__(self, reply: Reply, *, one_call: bool = False) -> None:
        self._reply = reply
        self._blocks = Blocks(streamed=reply.streamed, taken=reply.taken, one_call=one_call)
        self.count = Count()
        self._stop_reason: str | None = None
        self._stop_word: str | None = None
        self._beside_stop: Mapping[str, Any] = {}
        """What else is said at the end, beside the stop reason."""

    def start(self) -> bytes:
        return frame({"type": "message_start", "message": self._message([])})

    def ping(self) -> bytes:
        return PING

    def relay(self, came: Frame) -> bytes:
        return b""

    def add(self, event: StreamEvent) -> bytes:
        self.count.see(event)
        return b"".join(map(self._written, self._blocks.add(event)))

    def end(self, done: Done, stop_word: str | None = None) -> bytes:
        frames = self._closed(self._blocks.close())
        self._stop_word = stop_word
        self._stop_reason = "stop_sequence" if stop_word else STOP_REASONS[done.reason]
        if self._blocks.called and done.reason in ("stop", "tool_calls", "other"):
            self._stop_reason = "tool_use"
        elif self._stop_reason == "tool_use":
            self._stop_reason = "end_turn"
        delta = {**self._beside_stop, "stop_reason": self._stop_reason, "stop_sequence": stop_word}
        frames.append(frame({"type": "message_delta", "delta": delta, "usage": self._usage()}))
        frames.append(frame({"type": "message_stop"}))
        return b"".join(frames)

    def fail(self, problem: Problem) -> bytes:
        return frame(problem.body("anthropic", self._reply.id), "error")

    def whole(self) -> dict[str, Any]:
        return self._message([_whole(block) for block in self._blocks.all])

    def _closed(self, changes: Iterable[Change]) -> list[bytes]:
        """The last frames of the blocks. Clients show a reply without text as empty, so that one gets a text."""
        frames = [self._written(change) for change in changes]
        if not any(block.kind != "thinking" for block in self._blocks.all):
            block = Block("text", index=len(self._blocks.all))
            self._blocks.all.append(block)
            frames += [_began(block), _ended(block)]
        return frames

    def _written(self, change: Change) -> bytes:
        block = change.block
        if isinstance(change, Grew):
            kind, name = DELTAS[block.kind]
            return frame(
                {
                    "type": "content_block_delta",
                    "index": block.index,
                    "delta": {"type": kind, name: change.text},
                }
            )
        return _began(block) if isinstance(change, Began) else _ended(block)

    def _message(self, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": f"msg_{self._reply.id.removeprefix('req_')}",
            "type": "message",
            "role": "assistant",
            "model": self._reply.model,
            "content": content,
            "stop_reason": self._stop_reason,
            "stop_sequence": self._stop_word,
            "stop_details": None,
            "container": None,
            "usage": self._usage(),
        }

    def _usage(self) -> dict[str, Any]:
        """Input here is without what was read from a cache. Before the end, the output is not known."""
        count = self.count
        return {
            "input_tokens": count.input - count.cached,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": count.cached,
            "cache_creation": None,
            "output_tokens": count.output if self._stop_reason else 0,
            "output_tokens_details": {"thinking_tokens": count.thinking},
            "server_tool_use": None,
            "service_tier": None,
            "inference_geo": None,
        }


def frame(said: Mapping[str, Any], event: str = "") -> bytes:
    return b"event: %b\ndata: %b\n\n" % ((event or str(said["type"])).encode(), orjson.dumps(said))


PING: Final = frame({"type": "ping"})


def _began(block: Block) -> bytes:
    return frame({"type": "content_block_start", "index": block.index, "content_block": _empty(block)})


def _ended(block: Block) -> bytes:
    """What thinking needs when it goes back is known at its end."""
    stop = frame({"type": "content_block_stop", "index": block.index})
    if block.kind != "thinking":
        return stop
    delta = {"type": "signature_delta", "signature": signatures.sealed(block.opaque)}
    return frame({"type": "content_block_delta", "index": block.index, "delta": delta}) + stop


def _empty(block: Block) -> dict[str, Any]:
    """`citations` must be there by the specification; the AI SDK refuses null, and takes a list without any."""
    if block.kind == "text":
        return {"type": "text", "text": "", "citations": []}
    if block.kind == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}
    caller = {"type": "direct"}
    return {"type": "tool_use", "id": block.id, "name": block.name, "input": {}, "caller": caller}


def _whole(block: Block) -> dict[str, Any]:
    if block.kind == "text":
        return {**_empty(block), "text": block.text}
    if block.kind == "thinking":
        return {**_empty(block), "thinking": block.text, "signature": signatures.sealed(block.opaque)}
    given = orjson.loads(block.text) if is_json(block.text) else {}
    return {**_empty(block), "input": given if isinstance(given, dict) else {}}
