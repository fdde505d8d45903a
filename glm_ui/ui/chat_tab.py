"""The Chat tab: widgets, then handlers. The conversation itself is drawn and kept in the browser (`static/chat.js`);
here are the controls, and what a picked model changes about them."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.utils import get_space

from glm_ui.catalogue.rows import Model, ParamRange
from glm_ui.settings import Settings
from glm_ui.ui import own_server, picker
from glm_ui.ui.live import Live
from glm_ui.ui.words import OWN_SERVER

# The order in which `static/chat.js` reads the controls (its FIELDS).
ASK = [
    "text",
    "model",
    "thinking",
    "effort",
    "system",
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "seed",
    "json_output",
]


def build(settings: Settings, live: Live) -> None:
    """Draws the tab into the Blocks that is open."""
    offered = picker.choices(settings)
    value = picker.default(settings, offered)
    first = picker.pick(value, settings)
    widgets: dict[str, Any] = {}
    with gr.Row(elem_id="chat-tab", elem_classes="split"):
        with gr.Column(elem_id="chat-side", elem_classes="side", scale=0):
            _side(widgets, settings, offered, value, first)
        with gr.Column(elem_id="chat-main", elem_classes="main"):
            gr.HTML(
                '<glm-log role="log" aria-live="off" aria-label="Conversation" tabindex="0"></glm-log>',
                elem_id="chat-log",
                apply_default_css=False,
            )
            widgets["text"] = gr.Textbox(
                elem_id="chat-input",
                show_label=False,
                label="Message",
                placeholder="Message",
                lines=1,
                max_lines=12,
                submit_btn=True,
                stop_btn=False,
                autofocus=True,
            )
    _handlers(widgets, settings, live)


def _side(
    widgets: dict[str, Any], settings: Settings, offered: Any, value: str, first: picker.Picked
) -> None:
    gr.HTML('<div id="conversations"></div>', elem_id="chat-list", apply_default_css=False)
    widgets["model"] = gr.Dropdown(
        offered, value=value, label="Model", elem_id="chat-model", allow_custom_value=True, filterable=True
    )
    widgets["facts"] = gr.HTML(picker.facts(first), elem_id="chat-facts", apply_default_css=False)
    widgets["thinking"] = gr.Checkbox(
        label="Thinking", elem_id="chat-thinking", **thinking_state(first, settings)
    )
    widgets["effort"] = gr.Radio(label="Effort", elem_id="chat-effort", **effort_state(first))
    widgets["key"] = gr.Textbox(
        label=picker.key_label(first),
        type="password",
        elem_id="api-key",
        placeholder="For this session only",
        html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        submit_btn="Save",
    )
    if settings.oauth_client_id and get_space():
        gr.LoginButton(elem_id="sign-in", size="sm")
    with gr.Accordion("More", open=False, elem_id="chat-more"):
        widgets["system"] = gr.Textbox(
            label="System prompt",
            info="Said to the model before the conversation.",
            lines=3,
            elem_id="chat-system",
        )
        _sampling(widgets, first)
        if settings.custom_addresses:
            _server(widgets)


def _sampling(widgets: dict[str, Any], first: picker.Picked) -> None:
    for name, state in sampling_state(first).items():
        kind = gr.Checkbox if name == "json_output" else gr.Textbox
        widgets[name] = kind(elem_id=f"chat-{name.replace('_', '-')}", **state)


def _server(widgets: dict[str, Any]) -> None:
    """A visitor's own server. Its boxes are no controls of a conversation: no link and no file can fill them."""
    plain = gr.InputHTMLAttributes(autocomplete="off", spellcheck=False)
    with gr.Column(elem_id="chat-server"):
        for name in ("address", "name", "key"):
            label, info, placeholder = OWN_SERVER[name]
            widgets[f"server_{name}"] = gr.Textbox(
                label=label,
                info=info,
                placeholder=placeholder,
                elem_id=f"server-{name}",
                type="password" if name == "key" else "text",
                html_attributes=plain,
            )
        kinds = [(kind.label, key) for key, kind in own_server.KINDS.items()]
        widgets["server_kind"] = gr.Dropdown(
            kinds, value=kinds[0][1], label=OWN_SERVER["kind"][0], elem_id="server-kind", filterable=False
        )
        widgets["server_use"] = gr.Button(OWN_SERVER["use"][0], elem_id="server-use", size="sm")


def thinking_state(picked: picker.Picked, settings: Settings) -> dict[str, Any]:
    """The switch as this model has it: free, always on, or none at all."""
    kind = picked.thinking
    always = kind in ("forced", "effort") and not _can_disable(picked)
    info = {
        "none": "This model does not think.",
        "unknown": "Whether this model thinks is not known.",
    }.get(kind, "This model always thinks." if always else "The model thinks before it answers.")
    value = True if always else kind not in ("none",) and settings.glm_ui_thinking
    return {"value": value, "interactive": not always and kind != "none", "info": info}


def _can_disable(picked: picker.Picked) -> bool:
    model = picked.route.model if picked.route else None
    return bool(model is None or model.thinking.can_disable)


def effort_state(picked: picker.Picked) -> dict[str, Any]:
    efforts = [e for e in picked.efforts if e not in ("none", "minimal")]
    model = picked.route.model if picked.route else None
    value = model.thinking.default_effort if model and efforts else None
    return {"choices": efforts, "value": value, "visible": bool(efforts), "info": "How much it thinks."}


def sampling_state(picked: picker.Picked) -> dict[str, dict[str, Any]]:
    """Each sampling control as this provider and model have it: range, default, one line, or hidden."""
    params = picked.route.params if picked.route else {}
    model = picked.route.model if picked.route else None
    table: dict[str, tuple[str, str, Any]] = {
        "temperature": ("Temperature", "Higher is freer, lower is steadier.", model and model.temperature),
        "top_p": (
            "Top-p",
            "Draws only from the most likely words that make up this share.",
            model and model.top_p,
        ),
        "max_tokens": ("Max tokens", "Where the reply stops, thinking included.", model and model.max_output),
        "stop": ("Stop words", "The reply ends before any of these; one a line.", None),
        "seed": ("Seed", "The same number gives much the same reply.", None),
        "json_output": ("JSON output", "The answer is one JSON object.", None),
    }
    states: dict[str, dict[str, Any]] = {}
    for name, (label, info, usual) in table.items():
        state: dict[str, Any] = {"label": label, "info": info, "visible": name in params}
        if name == "json_output":
            state["value"] = False
        elif name == "stop":
            state |= {"lines": 1, "max_lines": 4, "value": ""}
        else:  # a gr.Number shows 0 for "not set", so numbers are typed into plain boxes
            usual_said = f"{usual:,}" if isinstance(usual, int) else f"{usual:g}" if usual else "default"
            state |= {"lines": 1, "max_lines": 1, "value": "", "placeholder": usual_said}
            state["info"] = f"{info} {_range(params.get(name), model, name)}".strip()
        states[name] = state
    return states


def _range(bounds: ParamRange | None, model: Model | None, name: str) -> str:
    """ "0 to 1.", with the model's own cap where that is the lower one; empty when nothing bounds it."""
    caps = [bounds.high if bounds else None, model.max_output if model and name == "max_tokens" else None]
    high = min((cap for cap in caps if cap is not None), default=None)
    low = bounds.low if bounds else None
    return f"{low:g} to {high:,g}." if low is not None and high is not None else ""


def _handlers(w: dict[str, Any], settings: Settings, live: Live) -> None:
    ask = [w[name] for name in ASK]
    quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    bridge = gr.Button(visible="hidden", elem_id="chat-bridge")
    w["text"].submit(None, ask, [w["text"]], js="(...v) => GLM.chat.submit(v)", **quiet)
    w["text"].stop(None, None, [w["text"]], js="() => GLM.chat.stop()", **quiet)
    bridge.click(None, ask, [w["text"]], js="(...v) => GLM.chat.bridged(v)", **quiet)
    for event in (w["key"].submit, w["key"].blur):
        event(
            None,
            [w["key"], w["model"]],
            [w["key"], w["model"]],
            js="(key, model) => GLM.saveKey(key, model)",
            **quiet,
        )

    if "server_use" in w:
        boxes = [w[f"server_{name}"] for name in ("address", "name", "key")]
        w["server_use"].click(
            None,
            [*boxes, w["server_kind"], w["model"]],
            [boxes[0], boxes[2], w["model"]],
            js="(...v) => GLM.useServer(...v)",
            **quiet,
        )

    sampling = list(sampling_state(picker.pick("", settings)))
    changed = [w["facts"], w["key"], w["thinking"], w["effort"], *(w[name] for name in sampling)]

    def picked(value: str, request: gr.Request) -> list[Any]:
        session = str(request.session_hash or "")
        own, settings = live.sessions.keys(session), live.settings_of(session)
        now = picker.pick(str(value or ""), settings, own)
        updates = [gr.update(label=picker.key_label(now))]
        updates += [gr.update(**state) for state in (thinking_state(now, settings), effort_state(now))]
        return [picker.facts(now), *updates, *(gr.update(**state) for state in sampling_state(now).values())]

    follows = w["model"].change(picked, [w["model"]], changed, **quiet)
    restores(w, "chat", follows)


def restores(w: dict[str, Any], tab: str, follows: Any) -> None:
    """Gives the controls the values that an opened conversation was last asked with. The model is first: only after
    the event `follows` has asked what it allows, the rest comes."""
    quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    button = gr.Button(visible="hidden", elem_id=f"{tab}-restore")
    rest = [w[name] for name in ASK[1:]]
    button.click(None, [w["model"]], rest, js=f"(model) => GLM.restoring('{tab}', model)", **quiet)
    follows.then(None, [w["model"]], rest, js=f"(model) => GLM.restored('{tab}', model)", **quiet)
