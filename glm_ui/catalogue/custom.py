"""The person's own server: what the settings say about it, and the provider row that follows.

Only what differs between kinds of server stands here, as tables. No address and no key enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from glm_ui.catalogue.rows import DialectName, MediaRule, ParamRange, Provider, ThinkingStyle

BY_THINKING: Mapping[ThinkingStyle, Mapping[str, Any]] = {
    "thinking": {"effort_field": "reasoning_effort", "replay_thinking": ("reasoning_content",)},
    "reasoning": {"effort_field": "reasoning.effort", "replay_thinking": ("reasoning_details",)},
    # vLLM renamed its field (vllm#33402), so history carries both;
    # the GLM-5.3 template on SGLang reads the effort.
    "chat_template_kwargs": {
        "effort_field": "chat_template_kwargs.reasoning_effort",
        "replay_thinking": ("reasoning_content", "reasoning"),
        "continue_style": "continue_final_message",
    },
    "reasoning_effort": {
        "effort_field": "reasoning_effort",
        "continue_style": "prefill",
    },  # Ollama goes on by itself
    "headers": {"params": {}, "usage_option": False},
    "none": {},
}
"""What else is known of a server that wants the thinking switch in this style."""

ANTHROPIC: Mapping[str, Any] = {
    "effort_field": "output_config.effort",
    "replay_thinking": ("thinking", "redacted_thinking"),
    "params": {
        "temperature": ParamRange(0, 1),
        "top_p": ParamRange(0, 1),
        "top_k": ParamRange(0),
        "max_tokens": ParamRange(1),
        "stop": ParamRange(),
    },
    "usage_option": False,
    "continue_style": "prefill",
    "media": {
        "image": MediaRule(("data",), "image"),
        "document": MediaRule(("data",), "document", mimes=("application/pdf", "text/plain")),
    },
}
"""The Anthropic protocol has its own field for each of these, whatever the server."""


@dataclass(frozen=True, slots=True)
class CustomServer:
    """What the settings say: `models` are the names that the server is known to take, as it spells them."""

    dialect: DialectName = "openai"
    thinking: ThinkingStyle = "none"
    models: tuple[str, ...] = ()


def custom_provider(row: Provider, server: CustomServer | None) -> Provider:
    """The catalogue's row for the custom provider, made to fit this server."""
    if server is None:
        return row
    if server.dialect == "anthropic":
        effort = ANTHROPIC["effort_field"] if server.thinking != "none" else None
        return replace(
            row, dialect="anthropic", thinking=server.thinking, **{**ANTHROPIC, "effort_field": effort}
        )
    return replace(row, dialect="openai", thinking=server.thinking, **BY_THINKING[server.thinking])
