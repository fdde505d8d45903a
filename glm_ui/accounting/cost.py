"""What a reply took, in tokens and USD, split into input, thinking and answer. Pure sums over what was
counted and what was reported; no text, no clock, no page.

A figure is `{"value": number, "estimated": bool}`, or `None` where nothing is known. Estimated figures are
ours and shown with ≈; the rest is the provider's own count, or follows from it and a listed price alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from glm_ui.catalogue.rows import Price
from glm_ui.events import Usage

ANSWER_FRAME = 3
"""Tokens that providers count beside the text: the end of the thinking, a line break, the end of the
answer."""


class MeasuredFigure(TypedDict):
    value: float
    estimated: bool


class TokenFigures(TypedDict):
    input: MeasuredFigure | None
    output: MeasuredFigure
    thinking: MeasuredFigure | None
    answer: MeasuredFigure | None
    cached: MeasuredFigure | None


class CostFigures(TypedDict):
    cost: MeasuredFigure | None
    cost_input: MeasuredFigure | None
    cost_thinking: MeasuredFigure | None
    cost_answer: MeasuredFigure | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Our own counts. `spoken` is answer and tool calls; `input` is `None` where the request was not counted."""

    input: int | None
    thinking: int
    spoken: int


def token_figures(counted: Counted, usage: Usage, complete: bool) -> TokenFigures:
    """input, output, thinking, answer, cached.

    Before the reply is complete a report may be a mere beginning (Anthropic's message_start counts one token
    of output, Z.ai's says zero for all), so our count stands for the output and a zero is not believed. Nor is it
    ever for thinking that was read.
    """
    if not complete:
        usage = Usage(input_tokens=usage.input_tokens or None, cached_tokens=usage.cached_tokens)
    total = counted.thinking + counted.spoken
    output = _reported(usage.output_tokens) or _estimated(total + ANSWER_FRAME if total else 0)
    thinking = _reported(usage.thinking_tokens or None if counted.thinking else usage.thinking_tokens)
    if thinking is None and counted.thinking:
        thinking = _estimated(round(output["value"] * counted.thinking / total))
    answer = minus(output, thinking)
    return {
        "input": _reported(usage.input_tokens)
        or (None if counted.input is None else _estimated(counted.input)),
        "output": output,
        "thinking": thinking,
        "answer": answer,
        "cached": _reported(usage.cached_tokens),
    }


def cost_figures(tokens: TokenFigures, price: Price | None, reported: float | None) -> CostFigures:
    """cost, cost_input, cost_thinking, cost_answer in USD. What the provider says it cost holds for the sum;
    the shares follow the listed prices, and stay unknown without them."""
    cost: CostFigures = {
        "cost": _reported(reported),
        "cost_input": None,
        "cost_thinking": None,
        "cost_answer": None,
    }
    if price is not None:
        cost["cost_input"] = _input_cost(tokens["input"], tokens["cached"], price)
        cost["cost_thinking"] = _times(tokens["thinking"], price.output)
        cost["cost_answer"] = _times(tokens["answer"], price.output)
        cost["cost"] = cost["cost"] or plus(cost["cost_input"], _times(tokens["output"], price.output))
    return cost


def speed(output: MeasuredFigure | None, seconds: float | None) -> MeasuredFigure | None:
    """Tokens a second; `None` where the reply came at once, or has only begun."""
    if output is None or not output["value"] or seconds is None or seconds < 0.05:
        return None
    return MeasuredFigure(value=output["value"] / seconds, estimated=output["estimated"])


def plus(one: MeasuredFigure | None, other: MeasuredFigure | None) -> MeasuredFigure | None:
    if one is None or other is None:
        return None
    return MeasuredFigure(
        value=one["value"] + other["value"], estimated=one["estimated"] or other["estimated"]
    )


def minus(whole: MeasuredFigure, part: MeasuredFigure | None) -> MeasuredFigure:
    if part is None:
        return whole
    # OpenRouter has been seen to report one thinking token more than output tokens.
    value = max(0, whole["value"] - part["value"])
    return MeasuredFigure(value=value, estimated=whole["estimated"] or part["estimated"])


def _input_cost(
    tokens: MeasuredFigure | None, cached: MeasuredFigure | None, price: Price
) -> MeasuredFigure | None:
    if tokens is None or price.input is None:
        return None
    from_cache = min(cached["value"], tokens["value"]) if cached else 0
    cached_price = price.input if price.cached_input is None else price.cached_input
    value = ((tokens["value"] - from_cache) * price.input + from_cache * cached_price) / 1e6
    return MeasuredFigure(value=value, estimated=tokens["estimated"])


def _times(tokens: MeasuredFigure | None, price: float | None) -> MeasuredFigure | None:
    if tokens is None or price is None:
        return None
    return MeasuredFigure(value=tokens["value"] * price / 1e6, estimated=tokens["estimated"])


def _reported(value: float | None) -> MeasuredFigure | None:
    return None if value is None else MeasuredFigure(value=value, estimated=False)


def _estimated(value: float) -> MeasuredFigure:
    return MeasuredFigure(value=value, estimated=True)
