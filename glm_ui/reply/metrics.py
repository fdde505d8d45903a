"""The figures of a reply, as the page and the log are told them: a type; no figure is made here."""

from __future__ import annotations

from glm_ui.accounting import cost as ledger


class Metrics(ledger.TokenFigures, ledger.CostFigures):
    """The line under an answer. `window` in tokens, times in seconds; `model` is what the provider says answered."""

    model: str | None
    provider: str
    finish: str | None
    ttft: float | None
    thinking_seconds: float | None
    seconds: float
    tokens_per_second: ledger.MeasuredFigure | None
    window: int | None
    window_used: ledger.MeasuredFigure | None
    retries: int
    notes: list[str]
