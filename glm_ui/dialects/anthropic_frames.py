"""Events of the Anthropic messages stream into an Assembly. Told by `type` alone; `event:` lines may be
missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from glm_ui.dialects.assembly import Assembly, Call, count_of
from glm_ui.events import Usage

USAGE_FIELDS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens_details",
)


class Blocks:
    """The content blocks of one message, by index: they may overlap, and a compatible server may leave their
    start out. Usage is merged here too, because it comes in halves."""

    __slots__ = ("_calls", "_reply", "_signatures", "_thinking", "_usage")

    def __init__(self, reply: Assembly) -> None:
        self._reply = reply
        self._thinking: dict[Any, int] = {}
        self._signatures: dict[int, str] = {}
        self._calls: dict[Any, tuple[Call, str]] = {}
        self._usage: dict[str, Any] = {}

    def read(self, frame: dict[str, Any]) -> bool:
        """One event; True when it ends the message."""
        kind: str = frame["type"]
        if kind == "content_block_delta":
            self._delta(frame.get("index"), frame.get("delta") or {})
            return False
        reader = READERS.get(kind)
        if reader is not None:
            reader(self, frame)
        return kind == "message_stop"

    def read_message(self, message: dict[str, Any]) -> None:
        """A whole message, as a stream of it would have come."""
        self._message_start({"message": {**message, "usage": None}})
        for index, block in enumerate(message["content"]):
            self._start({"index": index, "content_block": block})
            self._stop({"index": index})
        self._message_delta({"delta": message, "usage": message.get("usage")})

    def _message_start(self, frame: dict[str, Any]) -> None:
        """Compatible servers send it twice, or splice a second one into the middle: only the first one
        starts."""
        message = frame.get("message") or {}
        if not self._reply.started:
            self._reply.start(message.get("model"), message.get("id"))
        usage = message.get("usage")
        if usage:
            self._merge(usage, later=False)
            read = read_usage(self._usage)
            if read.input_tokens:  # the output count of the start is a placeholder; Z.ai's start is all zeros
                self._reply.use(Usage(input_tokens=read.input_tokens, cached_tokens=read.cached_tokens))

    def _start(self, frame: dict[str, Any]) -> None:
        index = frame.get("index")
        block = frame.get("content_block") or {}
        kind = block.get("type")
        if kind == "text" and block.get("text"):
            self._reply.answer(block["text"])
        elif kind == "thinking":
            number = self._open_thinking(index)
            if block.get("thinking"):
                self._reply.think(block["thinking"], number)
            self._sign(number, block.get("signature"))
        elif kind == "redacted_thinking":
            self._reply.keep({"redacted_thinking": block.get("data", "")}, self._open_thinking(index))
        elif kind == "tool_use":
            self._open_call(index, block)

    def _open_call(self, index: Any, block: Mapping[str, Any]) -> Call:
        call = self._reply.open_call(("block", index, len(self._reply.calls)))
        call.id, call.name = str(block.get("id") or ""), str(block.get("name") or "")
        given = block.get("input")
        self._calls[index] = call, orjson.dumps(given).decode() if isinstance(given, Mapping) else "{}"
        self._reply.add_to_call(call, "")
        return call

    def _open_thinking(self, index: Any) -> int:
        number = self._thinking[index] = len(self._signatures)
        self._signatures[number] = ""
        return number

    def _delta(self, index: Any, delta: dict[str, Any]) -> None:
        kind = delta.get("type")
        if kind == "text_delta":
            if text := delta.get("text"):
                self._reply.answer(text)
        elif kind == "thinking_delta":
            if text := delta.get("thinking"):
                self._reply.think(text, self._block_of(index))
        elif kind == "input_json_delta":
            entry = self._calls.get(index)
            call = entry[0] if entry else self._open_call(index, {})
            text = delta.get("partial_json")
            if text and isinstance(text, str):
                self._reply.add_to_call(call, text)
        elif kind == "signature_delta":
            self._sign(self._block_of(index), delta.get("signature"))

    def _block_of(self, index: Any) -> int:
        number = self._thinking.get(index)
        return self._open_thinking(index) if number is None else number

    def _sign(self, number: int, signature: Any) -> None:
        if signature and isinstance(signature, str):
            self._signatures[number] += signature
            self._reply.keep({"signature": self._signatures[number]}, number)

    def _stop(self, frame: dict[str, Any]) -> None:
        """A tool without arguments streams none; some servers give them whole at the start of the block."""
        entry = self._calls.pop(frame.get("index"), None)
        if entry and not entry[0].pieces:
            self._reply.add_to_call(*entry)

    def _message_delta(self, frame: dict[str, Any]) -> None:
        delta = frame.get("delta") or {}
        if delta.get("type") == "text_delta":  # the seed's gateway has an emitter that puts text here
            self._delta(None, delta)
        if delta.get("stop_reason"):
            self._reply.finish = str(delta["stop_reason"])
        usage = frame.get("usage")
        if usage:
            self._merge(usage, later=True)
            self._reply.use(read_usage(self._usage))

    def _merge(self, usage: Mapping[str, Any], *, later: bool) -> None:
        """Counts grow: a zero never replaces a figure, and a repeated start never replaces what is known."""
        for name in USAGE_FIELDS:
            value = usage.get(name)
            if value is not None and (name not in self._usage or not self._usage[name] or (later and value)):
                self._usage[name] = value


READERS: Mapping[str, Callable[[Blocks, dict[str, Any]], None]] = {
    "message_start": Blocks._message_start,
    "content_block_start": Blocks._start,
    "content_block_stop": Blocks._stop,
    "message_delta": Blocks._message_delta,
}
KINDS = frozenset((*READERS, "content_block_delta", "message_stop", "ping"))


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Anthropic counts cached input apart; ours includes it."""
    cached = count_of(usage.get("cache_read_input_tokens"))
    details = usage.get("output_tokens_details") or {}
    written = count_of(usage.get("cache_creation_input_tokens"))
    known = [part for part in (count_of(usage.get("input_tokens")), cached, written) if part is not None]
    return Usage(
        input_tokens=sum(known) if known else None,
        output_tokens=count_of(usage.get("output_tokens")),
        thinking_tokens=count_of(details.get("thinking_tokens", details.get("reasoning_tokens"))),
        cached_tokens=cached,
    )
