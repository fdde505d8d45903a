"""Token counts of a reply: what the provider reports, and our own estimate where it reports nothing. Pure."""

from __future__ import annotations

from dataclasses import fields, replace

from glm_ui.accounting.tokens import estimate
from glm_ui.events import AnswerDelta, StreamEvent, ThinkingDelta, ToolCallDelta, Usage


class Count:
    """`see` each event. `input` and `output` are in tokens, and so is `thinking`, of the output; `cached` is of the
    input."""

    def __init__(self, input_tokens: int) -> None:
        self._input = input_tokens
        self._usage = Usage()
        self._written: list[str] = []

    def see(self, event: StreamEvent) -> None:
        match event:
            case AnswerDelta(text=text) | ThinkingDelta(text=text) | ToolCallDelta(arguments=text):
                self._written.append(text)
            case Usage():
                later = {f.name: v for f in fields(event) if (v := getattr(event, f.name)) is not None}
                self._usage = replace(self._usage, **later)
            case _:
                pass

    @property
    def input(self) -> int:
        return self._input if self._usage.input_tokens is None else self._usage.input_tokens

    @property
    def output(self) -> int:
        if self._usage.output_tokens is not None:
            return self._usage.output_tokens
        return estimate("".join(self._written))

    @property
    def cached(self) -> int:
        return min(self._usage.cached_tokens or 0, self.input)

    @property
    def thinking(self) -> int:
        return self._usage.thinking_tokens or 0
