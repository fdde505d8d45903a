"""The fields of a request for the thinking switch and the effort level: one row in STYLES for each way in which a
provider wants them.

The model decides what can be asked (`ThinkingAbility`), the provider how it is asked (`ThinkingStyle`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import Model, Provider, ThinkingAbility, ThinkingStyle
from glm_ui.languages import say
from glm_ui.messages import ChatRequest

UNKNOWN: Final = ThinkingAbility("unknown")
EFFORT_ORDER: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
OFF_LEVEL: Final = "none"


@dataclass(frozen=True, slots=True)
class ThinkingChoice:
    """What a request says about thinking. `on` None says nothing; `effort` is a level that the model has, or None."""

    on: bool | None
    effort: str | None
    ability: ThinkingAbility
    notes: tuple[str, ...] = ()

    @classmethod
    def from_request(cls, request: ChatRequest, route: Route, *, off: bool = False) -> Self:
        """The request's thinking options as far as this model and provider can follow them. `off`: thinking would
        not fit (the answer is prefilled), so it is turned off where it can be."""
        ability = route.model.thinking if route.model else UNKNOWN
        name = route.model.name if route.model else route.wire_id
        if ability.kind == "none":
            return cls(None, None, ability, _left_out_effort(request, name))
        effort, notes = _effort(request, route.provider, ability, name)
        on = False if off or OFF_LEVEL in (effort, request.effort) else request.thinking
        if on is False and not _can_disable(ability):
            on = True
            if not off:
                notes = (*notes, say("{name} always thinks; it cannot be turned off.", name=name))
        elif on is False and route.provider.thinking == "none" and not off:
            notes = (
                *notes,
                say(
                    "{provider} has no switch for thinking, so {name} decides for itself.",
                    provider=route.provider.name,
                    name=name,
                ),
            )
        return cls(on, None if on is False or effort == OFF_LEVEL else effort, ability, notes)


def encode_thinking(
    choice: ThinkingChoice, provider: Provider, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """Writes the switch, then the level, into `body` or `headers`."""
    STYLES[provider.thinking](choice, provider, body, headers)
    if choice.effort and provider.effort_field:
        _put(body, provider.effort_field, choice.effort)


def _effort(
    request: ChatRequest, provider: Provider, ability: ThinkingAbility, name: str
) -> tuple[str | None, tuple[str, ...]]:
    wanted = request.effort
    if not wanted or request.thinking is False or (wanted == OFF_LEVEL and _can_disable(ability)):
        return None, ()
    if ability.kind == "unknown":
        levels: tuple[str, ...] = (wanted,)
    else:
        levels = ability.efforts
    if not levels or not provider.effort_field:
        return None, _left_out_effort(request, name if not levels else f"{provider.name}")
    if wanted in levels:
        return wanted, ()
    level = min(levels, key=lambda one: abs(_rank(one) - _rank(wanted)))
    return level, (
        say(
            "{name} has no thinking effort “{wanted}”; “{level}” was sent.",
            name=name,
            wanted=wanted,
            level=level,
        ),
    )


def _left_out_effort(request: ChatRequest, name: str) -> tuple[str, ...]:
    if not request.effort or request.thinking is False:
        return ()
    return (say("The thinking effort was left out: {name} has no levels.", name=name),)


def _rank(level: str) -> int:
    return EFFORT_ORDER.index(level) if level in EFFORT_ORDER else EFFORT_ORDER.index("medium")


def _can_disable(ability: ThinkingAbility) -> bool:
    if ability.can_disable is not None:
        return ability.can_disable
    return ability.kind in ("switch", "switch+effort", "unknown")


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[last] = value


# The styles.


def _as_thinking(
    choice: ThinkingChoice, provider: Provider, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """Z.ai. Left out, it means enabled; clear_thinking false makes it read the thinking that is sent back."""
    said: dict[str, Any] = {}
    if choice.on is not None:
        said["type"] = "enabled" if choice.on else "disabled"
    if provider.preserve_thinking and choice.on is not False and choice.ability.kind != "none":
        said["clear_thinking"] = False
    if said:
        body["thinking"] = said


def _as_reasoning(
    choice: ThinkingChoice, provider: Provider, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """OpenRouter takes `enabled` or an effort, not both."""
    if choice.on is not None and not (choice.effort and provider.effort_field == "reasoning.effort"):
        body["reasoning"] = {"enabled": choice.on}


def _as_template_kwargs(
    choice: ThinkingChoice, provider: Provider, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """vLLM, SGLang, llama.cpp, transformers serve: the chat template reads it."""
    said: dict[str, Any] = {}
    if choice.on is not None:
        said["enable_thinking"] = choice.on
    if provider.preserve_thinking and choice.on is not False and choice.ability.kind != "none":
        said["clear_thinking"] = False
    if said:
        body["chat_template_kwargs"] = said


def _as_effort(
    choice: ThinkingChoice, provider: Provider, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """Ollama's /v1 ignores its own `think`; the effort is the only switch there, and "none" turns thinking
    off."""
    if choice.on is False:
        body["reasoning_effort"] = OFF_LEVEL
    elif choice.effort or choice.on:
        body["reasoning_effort"] = choice.effort or choice.ability.default_effort or "medium"


def _as_headers(
    choice: ThinkingChoice, provider: Provider, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """The gateway at localhost:9090: true and false only, whatever its docs say; and it may do as it likes with the
    mode."""
    if choice.on is not None:
        headers["X-Feature-Thinking"] = "true" if choice.on else "false"
    headers["X-Think-Tags-Mode"] = "separate"


def _unsaid(
    choice: ThinkingChoice, provider: Provider, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """Nothing can be said: an unknown field would be a 422 at transformers serve."""


STYLES: Mapping[ThinkingStyle, Callable[[ThinkingChoice, Provider, dict[str, Any], dict[str, str]], None]] = {
    "thinking": _as_thinking,
    "reasoning": _as_reasoning,
    "chat_template_kwargs": _as_template_kwargs,
    "reasoning_effort": _as_effort,
    "headers": _as_headers,
    "none": _unsaid,
}


def max_tokens_of(model: Model | None, unknown: int, at_most: int) -> int:
    """A default for dialects that demand a limit, in tokens."""
    return min(model.max_output, at_most) if model and model.max_output else unknown
