"""Adds up one reply as it grows: events in; text, parts for the history, and figures out. No I/O, no page, no wire
words.

Adding an event costs time in its own length alone; texts are joined when they are read. Time comes from a clock that
is handed in. What the provider has not reported is estimated and marked so, and unknown stays `None`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, assert_never

from glm_ui.accounting import cost as ledger
from glm_ui.accounting.tokens import TokenCounter
from glm_ui.catalogue.rows import Model
from glm_ui.errors import GlmUiError
from glm_ui.events import (
    Alternative,
    AnswerDelta,
    Citation,
    Done,
    FinishReason,
    Frame,
    Logprobs,
    Note,
    Retrying,
    Round,
    Sources,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    ToolEnded,
    ToolProgress,
    ToolStarted,
    ToolWaiting,
    Usage,
    Waiting,
)
from glm_ui.messages import Part, Text, Thinking, ToolCall
from glm_ui.reply.metrics import Metrics
from glm_ui.reply.pieces import Block, Call, Pieces, says, without_leading_blank_lines
from glm_ui.reply.rounds import CallTold, PastRound, Runs, Spent, merged

Phase = Literal["waiting", "retrying", "started", "thinking", "answering", "calling", "running", "ended"]


class Reply:
    """Adds up one reply. `clock` gives monotonic seconds; the reply starts when it is made.

    With tools a turn has several replies, one a round: thinking, answer and calls are those of the last one, `rounds`
    are the ones before, and the figures are those of all.

    `continues`: the reply goes on with an unfinished answer, so that its leading blanks are part of the seam.
    `input_tokens`: what the request comes to by our own estimate, shown until the provider reports. `counter` counts
    tokens.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        continues: bool = False,
        input_tokens: int | None = None,
        counter: Callable[[], TokenCounter] = TokenCounter,
    ) -> None:
        self._clock = clock
        self._counter = counter
        self.continues = continues
        self.input_estimate = input_tokens
        self.rounds: list[PastRound] = []
        self.runs = Runs()
        self._spent = Spent()
        self._clear()

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

    def _clear(self) -> None:
        self._blocks: dict[int, Block] = {}
        self._answer = Pieces()
        self._calls: dict[int, Call] = {}
        self._thinking_count = self._counter()
        self._answer_count = self._counter()
        self._call_count = self._counter()

    # What comes in

    def add(self, event: StreamEvent) -> None:  # noqa: C901 - one line for each event
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
            case Logprobs() | Alternative() | Frame() | Citation():
                pass
            case Usage():
                self.usage = merged(self.usage, event)
            case Done():
                self.done = event
                self.model = event.model or self.model
                self.end()
            case Round():
                self._begin_round(event, now)
            case ToolWaiting() | ToolStarted() | ToolProgress() | ToolEnded() | Sources():
                self.runs.see(event)
                self._enter(self.phase if isinstance(event, Sources) else "running", now)
            case _:
                assert_never(event)

    def resume(self, parts: tuple[Part, ...]) -> None:
        """The turn goes on with calls that were made before: those of `parts`, which count nothing."""
        for index, call in enumerate(part for part in parts if isinstance(part, ToolCall)):
            self._calls[index] = held = Call(call.id, call.name)
            held.arguments.add(call.arguments)

    def _begin_round(self, event: Round, now: float) -> None:
        """What came so far is a whole round."""
        calls: tuple[CallTold, ...] = tuple(
            {"id": call.id, "name": call.name, "arguments": call.arguments, **self.runs.of(index)}
            for index, call in zip(sorted(self._calls), self.tool_calls, strict=True)
        )
        self.rounds.append(PastRound(self.parts(), calls, self.thinking_seconds))
        self._spent.add(self.usage, self._counted())
        self._clear()
        self.runs.calls.clear()
        self.usage, self.done, self.continues = Usage(), None, False
        self.input_estimate = event.input_tokens
        self.first_thinking_at = self.thinking_ended_at = self.first_answer_at = None
        self._enter("waiting", now)

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
        self.notes = (*self.notes, *(note for note in event.notes if note not in self.notes))
        self._enter("started", now)

    def _add_thinking(self, event: ThinkingDelta, now: float) -> None:
        block = self._blocks.setdefault(event.block, Block())
        if event.takes_answer:
            self._take_answer(block, now)
        block.text.add(event.text)
        block.opaque.update(event.opaque or {})
        self._thinking_count.add(event.text)
        if self.first_thinking_at is None and says(event.text):
            self.first_thinking_at = now
            self._enter("thinking", now)

    def _take_answer(self, block: Block, now: float) -> None:
        """What was shown as answer was thinking, and so was its time."""
        block.text.add(taken := str(self._answer))
        self._thinking_count.add(taken)
        self._answer, self._answer_count = Pieces(), self._counter()
        if self.first_answer_at is not None:
            times = (self.first_thinking_at, self.first_answer_at)
            self.first_thinking_at = min(at for at in times if at is not None)
            self.first_answer_at = self.thinking_ended_at = None
            self._enter("thinking", now)

    def _add_answer(self, text: str, now: float) -> None:
        self._answer.add(text)
        self._answer_count.add(text)
        if not says(text):  # GLM sends "\n" as first answer text, even before it thinks
            return
        if self.first_answer_at is None:
            self.first_answer_at = now
        self._end_thinking(now)
        self._enter("answering", now)

    def _add_call(self, event: ToolCallDelta, now: float) -> None:
        call = self._calls.setdefault(event.index, Call())
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
        return without_leading_blank_lines("\n\n".join(text for text in texts if text))

    @property
    def answer(self) -> str:
        """The answer, leading blank lines left out unless the reply goes on with another."""
        text = str(self._answer)
        return text if self.continues else without_leading_blank_lines(text)

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

    def metrics(self, model: Model | None = None, provider: str = "") -> Metrics:
        """The line under the answer, JSON-ready. Seconds, tokens, USD; `None` is unknown.

        Figures as in `ledger`: tokens_per_second, input, output, thinking, answer, cached, cost, cost_input,
        cost_thinking, cost_answer, window_used. Plain: model (what the provider says answered), provider,
        finish, ttft, thinking_seconds, seconds, window (tokens), retries, notes. `model` is the catalogue's
        row.
        """
        counted = self._counted()
        complete = self.done is not None
        now = ledger.token_figures(counted, self.usage, complete=complete)
        whole = self._spent.with_usage(self.usage)
        tokens = ledger.token_figures(self._spent.with_counted(counted), whole, complete=complete)
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
            **ledger.cost_figures(tokens, model.prices.get(provider) if model else None, whole.cost),
            "window": model.window if model else None,
            "window_used": ledger.plus(now["input"], now["output"]),
            "retries": len(self.retries),
            "notes": list(self.notes),
        }

    def _counted(self) -> ledger.Counted:
        return ledger.Counted(
            input=self.input_estimate,
            thinking=self.thinking_tokens,
            spoken=self._answer_count.tokens + self._call_count.tokens,
        )

    def _now(self) -> float:
        return self._clock() if self.ended_at is None else self.ended_at
