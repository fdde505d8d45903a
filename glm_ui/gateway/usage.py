"""Token counts of a reply: what the provider reports, and our own estimate where it reports nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from glm_ui.accounting.tokens import BULK, SLICE, TokenCounter
from glm_ui.events import Alternative, AnswerDelta, StreamEvent, ThinkingDelta, ToolCallDelta, Usage


def counts_in(usage: Any, levels: int = 4) -> Any:
    """The counts in what a server says of usage, and nothing else of it."""
    if isinstance(usage, Mapping) and levels:
        found = {name: counts_in(value, levels - 1) for name, value in usage.items()}
        return {name: count for name, count in found.items() if count is not None}
    return usage if type(usage) in (int, float) else None


class Count:
    """`see` each event. `input` and `output` are in tokens, and so is `thinking`, of the output; `cached` is of the
    input; `cost` is what the provider says, in USD.

    Our own estimate of the reply is made while it comes, a few thousand characters at once. `has_much`: what is not
    counted yet is so long that `count_rest` belongs beside the event loop."""

    def __init__(self) -> None:
        self.question = 0
        """The request in tokens, as an estimate; 0 until it was counted."""
        self._counted = TokenCounter()
        self._usage = Usage()
        self._written: list[str] = []
        self._size = 0

    def see(self, event: StreamEvent) -> None:
        match event:
            case AnswerDelta(text=text) | ThinkingDelta(text=text) | ToolCallDelta(arguments=text):
                self._written.append(text)
                self._size += len(text)
                if BULK <= self._size <= SLICE:
                    self.count_rest()
            case Alternative(event=other):
                self.see(other)
            case Usage():
                later = {f.name: v for f in fields(event) if (v := getattr(event, f.name)) is not None}
                self._usage = replace(self._usage, **later)
            case _:
                pass

    @property
    def lacks_input(self) -> bool:
        """Whether an estimate of the request is needed, and not there."""
        return self._usage.input_tokens is None and not self.question

    @property
    def has_much(self) -> bool:
        return self._size > SLICE

    def count_rest(self) -> None:
        rest, self._written, self._size = "".join(self._written), [], 0
        self._counted.add(rest)

    @property
    def input(self) -> int:
        return self.question if self._usage.input_tokens is None else self._usage.input_tokens

    @property
    def output(self) -> int:
        if self._usage.output_tokens is not None:
            return self._usage.output_tokens
        self.count_rest()
        return self._counted.tokens

    @property
    def cached(self) -> int:
        return min(self._usage.cached_tokens or 0, self.input)

    @property
    def thinking(self) -> int:
        return self._usage.thinking_tokens or 0

    @property
    def cost(self) -> float | None:
        return self._usage.cost
