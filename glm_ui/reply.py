"""One reply as it grows: events in, text, parts for the history and figures out. No I/O, no page, no wire
words.

Adding an event costs time in its own length alone; texts are joined when they are read. Time comes from a
clock that is handed in. What the provider has not reported is estimated and marked so, and unknown stays
`None`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, assert_never

from glm_ui.accounting import cost as ledger
from glm_ui.accounting.tokens import TokenCounter
from glm_ui.catalogue.rows import Model
from glm_ui.errors import GlmUiError
from glm_ui.events import (
    AnswerDelta,
    Done,
    FinishReason,
    Note,
    Retrying,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
    Waiting,
)
from glm_ui.messages import Part, Text, Thinking, ToolCall

Phase = Literal["waiting", "retrying", "started", "thinking", "answering", "calling", "ended"]


class _Pieces:
    """A text that grows by pieces and is joined when it is read."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, text: str) -> None:
        if text:
            self._pieces.append(text)

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


@dataclass(slots=True)
class _Block:
    text: _Pieces = field(default_factory=_Pieces)
    opaque: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: _Pieces = field(default_factory=_Pieces)


class Reply:
    """Adds up one reply. `clock` gives monotonic seconds; the reply starts when it is made.

    `continues`: the reply goes on with an unfinished answer, so that its leading blanks are part of the seam.
    `input_tokens`: what the request comes to by our own estimate, shown until the provider reports.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        continues: bool = False,
        input_tokens: int | None = None,
    ) -> None:
        self._clock = clock
        self.continues = continues
        self.input_estimate = input_tokens
        self._blocks: dict[int, _Block] = {}
        self._answer = _Pieces()
        self._calls: dict[int, _Call] = {}
        self._thinking_count = TokenCounter()
        self._answer_count = TokenCounter()
        self._call_count = TokenCounter()

        self.phase: Phase = "waiting"
        self.waiting_for: Literal["connecting", "first_byte"] = "connecting"
        self.retry: Retrying | None = None
        """The announced retry while the reply waits for it."""
        self.retries: list[Retrying] = []
        self.model: str | None = None
        self.response_id: str | None = None
        self.notes: tuple[str, ...] = ()
        self.usage = Usage()
        self.done: Done | None = None
        self.error: GlmUiError | None = None

        self.started_at = clock()
        self.phase_since = self.started_at
        self.first_byte_at: float | None = None
        self.first_thinking_at: float | None = None
        self.thinking_ended_at: float | None = None
        self.first_answer_at: float | None = None
        self.first_call_at: float | None = None
        self.ended_at: float | None = None

    # What comes in

    def add(self, event: StreamEvent) -> None:
        now = self._clock()
        match event:
            case Waiting():
                self.retry = None
                self.waiting_for = event.phase
                self._enter("waiting", now)
            case Retrying():
                self.retry = event
                self.retries.append(event)
                self._enter("retrying", now)
            case Started():
                self._start(event, now)
            case Note():
                self.notes = (*self.notes, event.text)
            case ThinkingDelta():
                self._add_thinking(event, now)
            case AnswerDelta():
                self._add_answer(event.text, now)
            case ToolCallDelta():
                self._add_call(event, now)
            case Usage():
                self.usage = _merged(self.usage, event)
            case Done():
                self.done = event
                self.model = event.model or self.model
                self.end()
            case _:
                assert_never(event)

    def end(self, error: GlmUiError | None = None) -> None:
        """Nothing more will come: it is complete, it was stopped, or it failed with `error`. The first call
        holds."""
        if self.ended_at is not None:
            return
        now = self._clock()
        self.error = error
        self.ended_at = now
        if self.first_thinking_at is not None and self.thinking_ended_at is None:
            self.thinking_ended_at = now
        self.retry = None
        self._enter("ended", now)

    def _enter(self, phase: Phase, now: float) -> None:
        if self.phase != phase:
            self.phase = phase
            self.phase_since = now

    def _start(self, event: Started, now: float) -> None:
        self.retry = None
        self.first_byte_at = self.first_byte_at or now
        self.model = event.model or self.model
        self.response_id = event.response_id or self.response_id
        self.notes = (*self.notes, *event.notes)
        self._enter("started", now)

    def _add_thinking(self, event: ThinkingDelta, now: float) -> None:
        block = self._blocks.setdefault(event.block, _Block())
        if event.takes_answer:
            self._take_answer(block, now)
        block.text.add(event.text)
        block.opaque.update(event.opaque or {})
        self._thinking_count.add(event.text)
        if self.first_thinking_at is None and _says(event.text):
            self.first_thinking_at = now
            self._enter("thinking", now)

    def _take_answer(self, block: _Block, now: float) -> None:
        """What was shown as answer was thinking, and so was its time."""
        block.text.add(taken := str(self._answer))
        self._thinking_count.add(taken)
        self._answer, self._answer_count = _Pieces(), TokenCounter()
        if self.first_answer_at is not None:
            times = (self.first_thinking_at, self.first_answer_at)
            self.first_thinking_at = min(at for at in times if at is not None)
            self.first_answer_at = self.thinking_ended_at = None
            self._enter("thinking", now)

    def _add_answer(self, text: str, now: float) -> None:
        self._answer.add(text)
        self._answer_count.add(text)
        if not _says(text):  # GLM sends "\n" as first answer text, even before it thinks
            return
        if self.first_answer_at is None:
            self.first_answer_at = now
        self._end_thinking(now)
        self._enter("answering", now)

    def _add_call(self, event: ToolCallDelta, now: float) -> None:
        call = self._calls.setdefault(event.index, _Call())
        if event.name and not call.name:
            self._call_count.add(event.name)
        call.id = event.id or call.id
        call.name = event.name or call.name
        call.arguments.add(event.arguments)
        self._call_count.add(event.arguments)
        if self.first_call_at is None:
            self.first_call_at = now
        self._end_thinking(now)
        self._enter("calling", now)

    def _end_thinking(self, now: float) -> None:
        if self.first_thinking_at is not None and self.thinking_ended_at is None:
            self.thinking_ended_at = now

    # What it has come to

    @property
    def thinking(self) -> str:
        """All thinking, blocks apart by an empty line, leading blank lines left out."""
        texts = (str(self._blocks[number].text) for number in sorted(self._blocks))
        return _without_leading_blank_lines("\n\n".join(text for text in texts if text))

    @property
    def answer(self) -> str:
        """The answer, leading blank lines left out unless the reply goes on with another."""
        text = str(self._answer)
        return text if self.continues else _without_leading_blank_lines(text)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(
            ToolCall(call.id, call.name, str(call.arguments)) for _, call in sorted(self._calls.items())
        )

    @property
    def finish(self) -> FinishReason | None:
        return self.done.reason if self.done else None

    def parts(self) -> tuple[Part, ...]:
        """The reply as parts of an assistant message: thinking as it came, byte for byte, then answer, then
        calls."""
        parts: list[Part] = []
        for number in sorted(self._blocks):
            block = self._blocks[number]
            text = str(block.text)
            if text or block.opaque:
                parts.append(Thinking(text, dict(block.opaque) or None))
        if self.answer:
            parts.append(Text(self.answer))
        return (*parts, *self.tool_calls)

    # Figures

    @property
    def seconds(self) -> float:
        """From the start to the end, or to now."""
        return self._now() - self.started_at

    @property
    def thinking_seconds(self) -> float | None:
        """From the first thinking to the first answer token (or the end, or now); `None` if it did not
        think."""
        if self.first_thinking_at is None:
            return None
        return (
            self._now() if self.thinking_ended_at is None else self.thinking_ended_at
        ) - self.first_thinking_at

    @property
    def first_token_at(self) -> float | None:
        times = (self.first_thinking_at, self.first_answer_at, self.first_call_at)
        return min((at for at in times if at is not None), default=None)

    @property
    def thinking_tokens(self) -> int:
        """Tokens of the thinking so far, as an estimate."""
        return self._thinking_count.tokens

    def metrics(self, model: Model | None = None, provider: str = "") -> dict[str, Any]:
        """The line under the answer, JSON-ready. Seconds, tokens, USD; `None` is unknown.

        Figures as in `ledger`: tokens_per_second, input, output, thinking, answer, cached, cost, cost_input,
        cost_thinking, cost_answer, window_used. Plain: model (what the provider says answered), provider,
        finish, ttft, thinking_seconds, seconds, window (tokens), retries, notes. `model` is the catalogue's
        row.
        """
        counted = ledger.Counted(
            input=self.input_estimate,
            thinking=self.thinking_tokens,
            spoken=self._answer_count.tokens + self._call_count.tokens,
        )
        tokens = ledger.token_figures(counted, self.usage, complete=self.done is not None)
        first = self.first_token_at
        return {
            "model": self.model,
            "provider": provider,
            "finish": self.finish,
            "ttft": None if first is None else first - self.started_at,
            "thinking_seconds": self.thinking_seconds,
            "seconds": self.seconds,
            "tokens_per_second": ledger.speed(
                tokens["output"], None if first is None else self._now() - first
            ),
            **tokens,
            **ledger.cost_figures(tokens, model.prices.get(provider) if model else None, self.usage.cost),
            "window": model.window if model else None,
            "window_used": ledger.plus(tokens["input"], tokens["output"]),
            "retries": len(self.retries),
            "notes": list(self.notes),
        }

    def _now(self) -> float:
        return self._clock() if self.ended_at is None else self.ended_at


def _says(text: str) -> bool:
    return bool(text) and not text.isspace()


def _without_leading_blank_lines(text: str) -> str:
    """Without a pattern: one that repeats a group takes memory for each blank line."""
    said = len(text) - len(text.lstrip())
    line = max(text.rfind("\n", 0, said), text.rfind("\r", 0, said)) + 1
    return text[line:] if line or said < len(text) else ""


def _merged(held: Usage, new: Usage) -> Usage:
    """The last report holds, field by field: Anthropic's dialect reports input at the start, output at the
    end."""
    later = {f.name: value for f in fields(new) if (value := getattr(new, f.name)) is not None}
    return replace(held, **later)
