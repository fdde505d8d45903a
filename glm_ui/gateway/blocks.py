"""The events of a reply as blocks, one after the other: thinking, text and tool calls, each begun, continued and ended
once. Both the Anthropic and the responses protocol send a reply so. Pure.

Calls may come interleaved, and text in the middle of a call: what does not belong to the open block waits.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from glm_ui.events import AnswerDelta, StreamEvent, ThinkingDelta, ToolCallDelta

Kind = Literal["thinking", "text", "tool"]
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(slots=True)
class Block:
    """`number` counts blocks of thinking and tool calls apart, from 0."""

    kind: Kind
    number: int = 0
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    opaque: dict[str, Any] = field(default_factory=dict)
    index: int = -1
    """Where it stands among the blocks of the reply; -1 before it has begun."""
    _whole: bool | None = None
    """Whether `pieces`, when they were one, were a JSON value; None before anybody looked."""

    @property
    def text(self) -> str:
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    @property
    def is_whole(self) -> bool:
        """Whether the arguments so far are a whole JSON object. Only a text that ends as one is parsed, and once."""
        if not self.pieces:
            return False
        if self._whole is None or len(self.pieces) > 1:
            self._whole = self.pieces[-1].rstrip().endswith("}") and is_json(self.text)
        return self._whole


@dataclass(frozen=True, slots=True)
class Began:
    block: Block


@dataclass(frozen=True, slots=True)
class Grew:
    block: Block
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    block: Block


Change = Began | Grew | Ended


class Blocks:
    """`add` each event, then `close`; both give what changes. `all` holds the blocks that have begun, in order.

    `streamed`: what was given cannot be taken back, so that an answer which proves to be thinking stays one. `taken`:
    ids of calls that the conversation has already. `one_call`: every call but the first is dropped."""

    def __init__(
        self, *, streamed: bool = True, taken: frozenset[str] = frozenset(), one_call: bool = False
    ) -> None:
        self.all: list[Block] = []
        self._streamed = streamed
        self._taken = set(taken)
        self._one_call = one_call
        self._open: Block | None = None
        self._calls: dict[int, Block] = {}
        self._held: list[StreamEvent] = []

    @property
    def called(self) -> bool:
        """Whether a tool call has begun."""
        return any(block.kind == "tool" for block in self.all)

    def add(self, event: StreamEvent) -> Iterator[Change]:
        kind = type(event)
        if kind is AnswerDelta or kind is ThinkingDelta:
            if self._call_is_open():
                self._held.append(event)
            elif kind is AnswerDelta:
                yield from self._grow("text", 0, event.text)  # type: ignore[union-attr]
            else:
                yield from self._think(event)  # type: ignore[arg-type]
        elif isinstance(event, ToolCallDelta):
            yield from self._call(event)

    def close(self) -> Iterator[Change]:
        yield from self._end()
        for block in list(self._calls.values()):
            if block.index < 0 and block.name:
                yield from self._begin_call(block)
                yield from self._end()

    def begin_text(self) -> Iterator[Change]:
        """Before a piece of it that is no text."""
        if not self._call_is_open():
            yield from self._begin(Block("text"))

    def end(self, block: Block) -> Iterator[Change]:
        """The provider has ended this block."""
        if block is self._open:
            yield from self._end()

    def _grow(self, kind: Kind, number: int, text: str) -> Iterator[Change]:
        block = self._open
        if not text:
            return
        if block is None or block.kind != kind or block.number != number:
            block = Block(kind, number)
            yield from self._begin(block)
        block.pieces.append(text)
        yield Grew(block, text)

    def _think(self, event: ThinkingDelta) -> Iterator[Change]:
        if event.takes_answer and not self._streamed:
            for block in self.all:
                block.kind = "thinking" if block.kind == "text" else block.kind
        yield from self._grow("thinking", event.block, event.text)
        if not event.opaque:
            return
        same = [b for b in self.all if b.kind == "thinking" and b.number == event.block]
        if not same:
            yield from self._begin(Block("thinking", event.block))
            same = self.all[-1:]
        same[-1].opaque.update(event.opaque)

    def _call(self, event: ToolCallDelta) -> Iterator[Change]:
        block = self._calls.get(event.index)
        if block is None:
            if self._one_call and self._calls:
                return
            block = self._calls[event.index] = Block("tool", event.index)
        block.id = block.id or event.id
        block.name = block.name or event.name
        if event.arguments:
            block.pieces.append(event.arguments)
        if block is self._open:
            if event.arguments:
                yield Grew(block, event.arguments)
        else:
            yield from self._begin_waiting()

    def _begin_waiting(self) -> Iterator[Change]:
        """Begins the calls that wait, in order, as long as the one before is whole."""
        for block in list(self._calls.values()):
            if block.index < 0:
                if not block.name or self._call_is_open():
                    return
                yield from self._begin_call(block)

    def _call_is_open(self) -> bool:
        """Whether a call is open whose arguments are not whole."""
        block = self._open
        return block is not None and block.kind == "tool" and not block.is_whole

    def _begin_call(self, block: Block) -> Iterator[Change]:
        block.id = call_id(block.id, self._taken)
        yield from self._begin(block)
        if block.text:
            yield Grew(block, block.text)

    def _begin(self, block: Block) -> Iterator[Change]:
        yield from self._end()
        block.index = len(self.all)
        self.all.append(block)
        self._open = block
        yield Began(block)

    def _end(self) -> Iterator[Change]:
        block, self._open = self._open, None
        if block is None:
            return
        yield Ended(block)
        held, self._held = self._held, []
        for event in held:
            yield from self.add(event)
        if held and self._open is not None:
            yield from self._end()


def call_id(given: str, taken: set[str]) -> str:
    """The id of a call, unlike those in `taken`, to which it is added: some servers begin at `call_0` in every turn."""
    if not _ID.fullmatch(given) or given in taken:
        given = f"call_{uuid.uuid4().hex[:24]}"
    taken.add(given)
    return given


def is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
