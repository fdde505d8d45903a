"""Passes a reply of Anthropic's messages protocol on to a client of the same protocol. The bytes of a delta are kept
where they say what is to be said in the block that is open; what else comes is written anew, with the members in it
that nobody here reads. Pure.

Blocks are begun with their first piece, and numbered anew where one was left out. Signatures are ours, for they must
find their way back: `glm_ui.gateway.signatures`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from glm_ui.events import Done, Frame, StreamEvent
from glm_ui.gateway.asked import Reply
from glm_ui.gateway.blocks import Began, Block, Change, Grew
from glm_ui.gateway.envelope import in_lines
from glm_ui.gateway.messages.reply import DELTAS, PING, MessageWriter, frame
from glm_ui.gateway.problems import Problem
from glm_ui.gateway.usage import counts_in
from glm_ui.protocol.unread import DELTAS as READ

_INDEX: Final = re.compile(rb'"index"\s*:\s*\d+')
MOST: Final = 64
"""Counts that are kept until the end of a reply."""
_TYPES: Final = {"text": "text", "thinking": "thinking", "tool": "tool_use"}
Members = Mapping[tuple[str | int, ...], Any]


class MessageRelay(MessageWriter):
    """A `Writer` of a relayed reply. `add` gives nothing; `relay` and `end` give what was added."""

    def __init__(self, reply: Reply, *, one_call: bool = False) -> None:
        super().__init__(reply, one_call=one_call)
        self._changes: list[Change] = []
        self._sent: dict[Any, Block] = {}
        """Number of a block at the provider -> the block that it goes on in."""
        self._starts: dict[Any, tuple[str, dict[str, Any]]] = {}
        """Number of a block at the provider -> its type, and the members of its start that nobody reads."""
        self._beside_message: Mapping[str, Any] = {}
        self._counts: dict[str, Any] = {}

    def start(self) -> bytes:
        message = {**self._beside_message, **self._message([])}
        return frame({"type": "message_start", "message": message})

    def add(self, event: StreamEvent) -> bytes:
        self.count.see(event)
        self._changes += self._blocks.add(event)
        return b""

    def relay(self, came: Frame) -> bytes:
        content = came.content
        kind = content.get("type")
        changes, self._changes = self._changes, []
        number = content.get("index")
        if kind == "content_block_delta":
            return self._delta(came, changes, number)
        if kind == "content_block_start":
            block = content.get("content_block") or {}
            self._sent.pop(number, None)
            self._starts[number] = str(block.get("type")), _part(came.unread, "content_block")
        elif kind in ("message_start", "message_delta"):
            self._look(kind, came)
        said = self._anew(changes, number)
        if kind == "content_block_stop":
            self._starts.pop(number, None)
            if sent := self._sent.pop(number, None):
                said += b"".join(map(self._written, self._blocks.end(sent)))
        elif kind == "ping" and self._blocks.all:
            said += PING
        return said

    def end(self, done: Done, stop_word: str | None = None) -> bytes:
        changes, self._changes = self._changes, []
        return self._anew(changes, None) + super().end(done, stop_word)

    def fail(self, problem: Problem) -> bytes:
        changes, self._changes = self._changes, []
        return self._anew(changes, None) + super().fail(problem)

    def _delta(self, came: Frame, changes: list[Change], number: Any) -> bytes:
        """The frame's bytes where its text is the last thing to be said; or where nothing of it is read."""
        delta = came.content.get("delta") or {}
        last = changes[-1] if changes else None
        if isinstance(last, Grew):
            kind, name = DELTAS[last.block.kind]
            if delta.get("type") == kind and delta.get(name) == last.text:
                before = self._anew(changes[:-1], number)
                self._sent[number] = last.block
                if data := self._kept(came, last.block):
                    return before + data
                return before + self._grown(last, came.unread)
        said = self._anew(changes, number, came.unread)
        if changes or delta.get("type") in READ or self._starts.get(number, ("text",))[0] != "text":
            return said
        if number not in self._sent:
            said += self._anew(list(self._blocks.begin_text()), number)
        block = self._sent.get(number)
        return said + self._kept(came, block) if block else said

    def _kept(self, came: Frame, block: Block) -> bytes:
        """The frame with its bytes; none where they cannot be kept."""
        data = came.data
        if data and came.content.get("index") != block.index:
            data, count = _INDEX.subn(b'"index":%d' % block.index, data)
            data = data if count == 1 else b""
        return b"event: content_block_delta\ndata: %b\n\n" % in_lines(data) if data else b""

    def _grown(self, change: Grew, unread: Members) -> bytes:
        kind, name = DELTAS[change.block.kind]
        delta = {**_part(unread, "delta"), "type": kind, name: change.text}
        return frame({"type": "content_block_delta", "index": change.block.index, "delta": delta})

    def _anew(self, changes: list[Change], number: Any, unread: Members | None = None) -> bytes:
        """The changes in frames of our own; the last piece has the frame's unread members."""
        frames = []
        for change in changes:
            if isinstance(change, Began):
                frames.append(self._began(change.block, number))
            elif unread and isinstance(change, Grew) and change is changes[-1]:
                frames.append(self._grown(change, unread))
            else:
                frames.append(self._written(change))
        return b"".join(frames)

    def _began(self, block: Block, number: Any) -> bytes:
        """The start of a block, with what the provider said at its own."""
        said = self._written(Began(block))
        kind, more = self._starts.get(number, ("", {}))
        if number is None or kind != _TYPES[block.kind]:
            return said
        self._sent[number] = block
        if not more:
            return said
        own = orjson.loads(said.partition(b"data: ")[2])
        kept = {name: value for name, value in more.items() if value is not None}
        return frame({**own, "content_block": {**own["content_block"], **kept}})

    def _look(self, kind: str, came: Frame) -> None:
        """What our own start and end say besides. A zero never replaces a figure."""
        if kind == "message_start":
            self._beside_message = _part(came.unread, "message")
            usage = (came.content.get("message") or {}).get("usage")
        else:
            self._beside_stop = _part(came.unread, "delta")
            usage = came.content.get("usage")
        if isinstance(usage, Mapping) and len(self._counts) < MOST:
            self._counts |= {name: count for name, count in counts_in(usage).items() if count}

    def _usage(self) -> dict[str, Any]:
        """As the provider counts, where it does; what it says of the output before its end is a placeholder."""
        own = super()._usage()
        if not (self._counts.get("input_tokens") or self._counts.get("cache_read_input_tokens")):
            return own
        return {**own, **self._counts, "output_tokens": own["output_tokens"]}


def _part(unread: Members, name: str) -> dict[str, Any]:
    return {str(path[-1]): value for path, value in unread.items() if name in path}
