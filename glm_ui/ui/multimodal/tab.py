"""The Multimodal tab: widgets, then handlers. What goes in stands at the left, what comes out at the right. Files,
plan, picture and answer are drawn in the browser (`web/multimodal/multimodal.js`); here are the controls.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import gradio as gr

from glm_ui.catalogue import load
from glm_ui.protocol.attachments import KINDS
from glm_ui.settings import Settings
from glm_ui.ui import answers
from glm_ui.ui.chat import picker
from glm_ui.ui.chat.controls import effort_state, sampling_state, thinking_state
from glm_ui.ui.chat.tab import ASK, COMPOSER_BAR, follow_model
from glm_ui.ui.gradio.events import hidden_button, in_the_browser
from glm_ui.ui.turn.run import Live
from glm_ui.ui.words.multimodal import MULTIMODAL
from glm_ui.ui.words.page import KEY_KEPT, PICKER, SYSTEM_PROMPT


def build(settings: Settings, live: Live) -> None:
    """Draws the tab into the Blocks that is open."""
    offered = choices(settings)
    value = default(settings, offered)
    first = picker.pick(value, settings)
    w: dict[str, Any] = {}
    with gr.Row(elem_id="mm-tab"):
        with gr.Column(elem_id="mm-in", scale=0, min_width=0):
            gr.HTML('<div id="mm-head" class="glm"></div>', elem_id="mm-head-holder", apply_default_css=False)
            _controls(w, settings, offered, value, first)
            w["files"] = gr.File(
                elem_id="mm-files",
                file_count="multiple",
                label=MULTIMODAL["drop"],
                show_label=False,
                height=112,
            )
            gr.HTML('<glm-plan class="glm"></glm-plan>', elem_id="mm-plan", apply_default_css=False)
            w["text"] = gr.Textbox(
                elem_id="mm-input",
                show_label=False,
                label="Question",
                placeholder="Ask about it",
                lines=1,
                max_lines=8,
                submit_btn=True,
                stop_btn=False,
            )
            gr.HTML(COMPOSER_BAR, elem_id="mm-tools", apply_default_css=False)
        with gr.Column(elem_id="mm-out", min_width=0):
            gr.HTML('<glm-stage class="glm"></glm-stage>', elem_id="mm-stage", apply_default_css=False)
    _handlers(w)


def _controls(
    w: dict[str, Any], settings: Settings, offered: list[tuple[str, str]], value: str, first: picker.Picked
) -> None:
    with gr.Row(elem_id="mm-which"):
        w["model"] = gr.Dropdown(
            offered,
            value=value,
            label=PICKER,
            elem_id="mm-model",
            min_width=0,
            allow_custom_value=True,
            filterable=True,
        )
        w["thinking"] = gr.Checkbox(
            label="Thinking", elem_id="mm-switch", container=False, **_bare(thinking_state(first, settings))
        )
    w["facts"] = gr.HTML(picker.facts(first), elem_id="mm-facts", apply_default_css=False)
    with gr.Accordion("Key and settings", open=False, elem_id="mm-more"):
        w["effort"] = gr.Radio(label="Thinking effort", elem_id="mm-effort", **effort_state(first))
        w["key"] = gr.Textbox(
            label=picker.key_label(first),
            type="password",
            elem_id="mm-key",
            placeholder=KEY_KEPT,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
            submit_btn="Save",
        )
        w["system"] = gr.Textbox(label="System prompt", info=SYSTEM_PROMPT, lines=2, elem_id="mm-system")
        for name, state in sampling_state(first).items():
            kind = gr.Checkbox if name == "json_output" else gr.Textbox
            w[name] = kind(elem_id=f"mm-{name.replace('_', '-')}", **state)


def _bare(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name != "info"}


def choices(settings: Settings, own: Collection[str] = ()) -> list[tuple[str, str]]:
    """What the picker offers: within each provider the models that see come first."""
    offered = picker.choices(settings, own)
    order = {provider: i for i, provider in enumerate(dict.fromkeys(_provider(v) for _, v in offered))}
    return sorted(offered, key=lambda row: (order[_provider(row[1])], not sees(row[1], settings)))


def default(settings: Settings, offered: list[tuple[str, str]]) -> str:
    """The model that the owner names if it sees, else the first that does."""
    wanted = picker.default(settings, offered) if settings.glm_ui_model else ""
    if wanted and sees(wanted, settings):
        return wanted
    values = [value for _, value in offered]
    return picker.first_choice([value for value in values if sees(value, settings)] or values)


def sees(value: str, settings: Settings) -> bool:
    return "image" in takes(value, settings)


def takes(value: str, settings: Settings) -> list[str]:
    """The kinds of files whose bytes this choice takes as they are meant."""
    route = picker.pick(value, settings).route
    if route is None:
        return []
    rules = {kind: route.media_rule(kind) for kind in KINDS.values()}
    return [kind for kind, rule in rules.items() if rule and not rule.declared_only and "data" in rule.ways]


def _provider(value: str) -> str:
    return picker.split(value)[0] or ""


def config(settings: Settings) -> answers.Offers:
    """What the page's scripts need to know of this tab, beside its words."""
    return {"hears": [p.key for p in load().providers.values() if p.transcription]}


def models(settings: Settings) -> list[answers.Offered]:
    """The choices that take files, in the language of this context."""
    offered: list[answers.Offered] = [
        {"label": label, "value": value, "takes": takes(value, settings)}
        for label, value in choices(settings)
    ]
    return [each for each in offered if each["takes"]]


def _handlers(w: dict[str, Any]) -> None:
    ask = [w[name] for name in ASK]
    bridge = hidden_button("mm-bridge")
    other = hidden_button("mm-other")
    in_the_browser(w["text"].submit, ask, [w["text"]], js="(...v) => GLM.multimodal.submit(v)")
    in_the_browser(w["text"].stop, None, [w["text"]], js="() => GLM.multimodal.stop()")
    in_the_browser(bridge.click, ask, [w["text"]], js="(...v) => GLM.multimodal.bridged(v)")
    in_the_browser(other.click, None, [w["model"]], js="() => GLM.multimodal.wantedModel")
    in_the_browser(
        w["files"].upload, [w["files"]], [w["files"]], js="(files) => GLM.multimodal.arrived(files)"
    )
    for event in (w["key"].submit, w["key"].blur):
        boxes = [w["key"], w["model"]]
        in_the_browser(event, boxes, boxes, js="(key, model) => GLM.saveKey(key, model)")

    follow_model(w, "multimodal")
