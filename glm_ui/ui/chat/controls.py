"""What the controls beside a conversation may be for the model that is picked, as updates of Gradio's components in the
browser's own form. Pure. The page holds those of every model it offers, so that picking one asks no server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glm_ui.catalogue.rows import Model, ParamRange
from glm_ui.languages import say
from glm_ui.settings import Settings
from glm_ui.ui.answers import ControlsConfig
from glm_ui.ui.chat import picker
from glm_ui.ui.words.page import SAMPLING, THINKING

State = dict[str, Any]


def thinking_state(picked: picker.Picked, settings: Settings) -> State:
    """The switch as this model has it: free, always on, or none at all."""
    kind = picked.thinking
    always = kind in ("forced", "effort") and not _can_disable(picked)
    info = say(THINKING.get(kind, THINKING["always" if always else "switch"]))
    value = True if always else kind not in ("none",) and settings.glm_ui_thinking
    return {"value": value, "interactive": not always and kind != "none", "info": info}


def _can_disable(picked: picker.Picked) -> bool:
    model = picked.route.model if picked.route else None
    return bool(model is None or model.thinking.can_disable)


def _shown(visible: bool) -> bool | str:
    """Gradio leaves a component with `visible=False` out of the page and fetches its script when it comes back; one
    that is "hidden" is there and comes back without a server."""
    return True if visible else "hidden"


def effort_state(picked: picker.Picked) -> State:
    efforts = [e for e in picked.efforts if e not in ("none", "minimal")]
    model = picked.route.model if picked.route else None
    value = model.thinking.default_effort if model and efforts else None
    return {
        "choices": efforts,
        "value": value,
        "visible": _shown(bool(efforts)),
    }


def sampling_state(picked: picker.Picked) -> dict[str, State]:
    """Each sampling control as this provider and model have it: range, default, one line, or hidden."""
    params = picked.route.params if picked.route else {}
    model = picked.route.model if picked.route else None
    usual_of = {
        "temperature": model and model.temperature,
        "top_p": model and model.top_p,
        "max_tokens": model and model.max_output,
    }
    states: dict[str, State] = {}
    for name, (label, info) in SAMPLING.items():
        state: State = {"label": say(label), "info": say(info), "visible": _shown(name in params)}
        if name == "json_output":
            state["value"] = False
        elif name == "stop":
            state |= {"lines": 1, "max_lines": 4, "value": ""}
        else:  # a gr.Number shows 0 for "not set", so numbers are typed into plain boxes
            usual = usual_of.get(name)
            usual_said = f"{usual:,}" if isinstance(usual, int) else f"{usual:g}" if usual else say("default")
            state |= {"lines": 1, "max_lines": 1, "value": "", "placeholder": usual_said}
            state["info"] = f"{say(info)} {_range(params.get(name), model, name)}".strip()
        states[name] = state
    return states


def _range(bounds: ParamRange | None, model: Model | None, name: str) -> str:
    """ "0–1", with the model's own cap where that is the lower one; empty when nothing bounds it."""
    caps = [bounds.high if bounds else None, model.max_output if model and name == "max_tokens" else None]
    high = min((cap for cap in caps if cap is not None), default=None)
    low = bounds.low if bounds else None
    return f"{low:g}–{high:,g}" if low is not None and high is not None else ""


def states(picked: picker.Picked, settings: Settings) -> dict[str, State]:
    """Of every component that follows the model: {facts, key, thinking, effort, temperature, …}."""
    effort = effort_state(picked)
    return {
        "facts": {"value": picker.facts(picked)},
        "key": {"label": picker.key_label(picked)},
        "thinking": thinking_state(picked, settings),
        "effort": effort | {"choices": [[each, each] for each in effort["choices"]]},
        **sampling_state(picked),
    }


def config(values: Iterable[str], settings: Settings) -> ControlsConfig:
    """{states: [{component: state}], choices: {picker's value: [numbers of its states]}}. Most models share most
    states, so each is sent once."""
    numbers: dict[str, int] = {}
    table: list[dict[str, State]] = []
    rows: dict[str, list[int]] = {}
    for value in values:
        row = []
        for name, state in states(picker.pick(value, settings), settings).items():
            key = f"{name} {state}"
            if key not in numbers:
                numbers[key] = len(table)
                table.append({name: state})
            row.append(numbers[key])
        rows[value] = row
    return {"states": table, "choices": rows}
