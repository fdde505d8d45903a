"""Sampling options as this provider takes them: clamped, rounded or left out, with one sentence for each
change.

Values and sentences only; the dialects know the field names.
"""

from __future__ import annotations

from typing import Any, Final

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import ParamRange
from glm_ui.languages import say
from glm_ui.messages import Sampling

NUMBERS: Final = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "choices",
    "logprobs",
)
LABELS: Final = {
    "temperature": "Temperature",
    "top_p": "Top-p",
    "top_k": "Top-k",
    "max_tokens": "The token limit",
    "stop": "Stop words",
    "seed": "The seed",
    "presence_penalty": "The presence penalty",
    "frequency_penalty": "The frequency penalty",
    "choices": "The number of answers",
    "logprobs": "The tokens' probabilities",
    "json_output": "JSON output",
}


def fit_sampling(sampling: Sampling, route: Route, notes: list[str]) -> dict[str, Any]:
    """Field of `Sampling` -> value that may be sent; what is absent is left to the model. Adds to `notes`."""
    fitted: dict[str, Any] = {}
    for name in (*NUMBERS, "stop", "json_output"):
        value = getattr(sampling, name)
        if value is None or value == () or value is False:
            continue
        limits = route.params.get(name)
        if limits is None:
            by_model = route.model is not None and name in route.provider.params
            who = route.model.name if route.model and by_model else route.provider.name
            takes_not = say(
                "{who} does not take them" if name == "stop" else "{who} does not take it", who=who
            )
            notes.append(left_out(name, takes_not))
        elif name == "stop":
            fitted[name] = _fit_stops(value, route, notes)
        elif name == "json_output":
            fitted[name] = True
        else:
            fitted[name] = _fit_number(name, value, limits, route, notes)
    return {name: value for name, value in fitted.items() if value != []}


def left_out(name: str, why: str) -> str:
    sentence = "{label} were left out: {why}." if name == "stop" else "{label} was left out: {why}."
    return say(sentence, label=say(LABELS[name]), why=why)


def _fit_number(name: str, value: float, limits: ParamRange, route: Route, notes: list[str]) -> float:
    low, high, who = limits.low, limits.high, route.provider.name
    model = route.model
    if name == "max_tokens" and model and model.max_output and (high is None or model.max_output < high):
        high, who = model.max_output, model.name
    fitted = value
    if low is not None and fitted < low:
        fitted = low
    if high is not None and fitted > high:
        fitted = high
    if fitted != value:
        bound = say("at least" if fitted > value else "at most")
        notes.append(
            say(
                "{label} was set to {fitted:g} instead of {value:g}: {who} takes {bound} that.",
                label=say(LABELS[name]),
                fitted=fitted,
                value=value,
                who=who,
                bound=bound,
            )
        )
    if limits.decimals is not None and round(fitted, limits.decimals) != fitted:
        rounded = round(fitted, limits.decimals)
        notes.append(
            say(
                "{label} was rounded from {fitted:g} to {rounded:g} for {provider}.",
                label=say(LABELS[name]),
                fitted=fitted,
                rounded=rounded,
                provider=route.provider.name,
            )
        )
        fitted = rounded
    return (
        int(fitted)
        if isinstance(value, int) or name in ("top_k", "max_tokens", "seed", "choices", "logprobs")
        else fitted
    )


def _fit_stops(stops: tuple[str, ...], route: Route, notes: list[str]) -> list[str]:
    given = [stop for stop in stops if stop]
    most = route.provider.max_stops
    if most is None or len(given) <= most:
        return given
    first = "the first was" if most == 1 else f"the first {most} were"
    notes.append(
        say(
            "Of {count} stop words only {first} sent: {provider} takes no more.",
            count=len(given),
            first=first,
            provider=route.provider.name,
        )
    )
    return given[:most]
