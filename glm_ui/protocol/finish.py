"""Maps the providers' words for how a reply ended to ours. One table for both dialects, because servers mix them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from glm_ui.events import FinishReason

FINISHES: Final[Mapping[str, FinishReason]] = MappingProxyType(
    {
        "stop": "stop",
        "end_turn": "stop",
        "stop_sequence": "stop",
        "eos": "stop",
        "length": "length",
        "max_tokens": "length",
        "tool_calls": "tool_calls",
        "function_call": "tool_calls",
        "tool_use": "tool_calls",
        "content_filter": "filtered",
        "sensitive": "filtered",
        "refusal": "filtered",
        "model_context_window_exceeded": "context_full",
        "pause_turn": "paused",
    }
)

FAILURES: Final = frozenset({"error", "network_error"})
"""Reasons that are no end but a failure: Z.ai sends network_error, OpenRouter error."""


def finish_reason(raw: str, *, called_tools: bool) -> FinishReason:
    reason = FINISHES.get(raw.lower(), "other")
    # Ollama and others say "stop" after a tool call; inline calls never have a reason of their own.
    return "tool_calls" if called_tools and (reason == "stop" or not raw) else reason
