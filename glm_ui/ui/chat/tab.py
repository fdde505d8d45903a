"""The Chat tab: widgets, then handlers. The conversation itself is drawn and kept in the browser (`web/chat/chat.js`);
here are the controls, and the events that the browser answers alone."""

from __future__ import annotations

from typing import Any

import gradio as gr

from glm_ui.serving import own_server
from glm_ui.settings import Settings
from glm_ui.ui.chat import picker
from glm_ui.ui.chat.controls import effort_state, sampling_state, thinking_state
from glm_ui.ui.gradio.events import hidden_button, in_the_browser, when_opened
from glm_ui.ui.gradio.space import on_a_space
from glm_ui.ui.turn.run import Live
from glm_ui.ui.words.page import KEY_KEPT, OWN_SERVER, PICKER, SYSTEM_PROMPT

# The order in which `web/chat/chat.js` reads the controls (its FIELDS).
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

COMPOSER_BAR = '<div class="glm composer-bar"><glm-tools class="glm"></glm-tools></div>'
"""What stands below a message box; `web/composer/start.js` adds its buttons."""


def build(settings: Settings, live: Live) -> None:
    """Draws the tab into the Blocks that is open."""
    offered = picker.choices(settings)
    value = picker.default(settings, offered)
    first = picker.pick(value, settings)
    widgets: dict[str, Any] = {}
    with gr.Row(elem_id="chat-tab"):
        with gr.Column(elem_id="chat-side", scale=0, min_width=300):
            _side(widgets, settings, offered, value, first)
        with gr.Column(elem_id="chat-main", min_width=0):
            gr.HTML(
                '<glm-log class="glm" role="log" aria-live="off" aria-label="Conversation" tabindex="0"></glm-log>',
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
            gr.HTML(COMPOSER_BAR, elem_id="chat-tools", apply_default_css=False)
    _handlers(widgets)


def _side(
    widgets: dict[str, Any], settings: Settings, offered: Any, value: str, first: picker.Picked
) -> None:
    gr.HTML('<div id="conversations" class="glm"></div>', elem_id="chat-list", apply_default_css=False)
    widgets["model"] = gr.Dropdown(
        offered, value=value, label=PICKER, elem_id="chat-model", allow_custom_value=True, filterable=True
    )
    widgets["facts"] = gr.HTML(picker.facts(first), elem_id="chat-facts", apply_default_css=False)
    widgets["thinking"] = gr.Checkbox(
        label="Thinking", elem_id="chat-thinking", **thinking_state(first, settings)
    )
    widgets["effort"] = gr.Radio(label="Thinking effort", elem_id="chat-effort", **effort_state(first))
    widgets["key"] = gr.Textbox(
        label=picker.key_label(first),
        type="password",
        elem_id="api-key",
        placeholder=KEY_KEPT,
        html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        submit_btn="Save",
    )
    if settings.oauth_client_id and on_a_space():
        gr.LoginButton(elem_id="sign-in", size="sm")
    with gr.Accordion("More", open=False, elem_id="chat-more"):
        widgets["system"] = gr.Textbox(
            label="System prompt",
            info=SYSTEM_PROMPT,
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


def _handlers(w: dict[str, Any]) -> None:
    ask = [w[name] for name in ASK]
    bridge = hidden_button("chat-bridge")
    in_the_browser(w["text"].submit, ask, [w["text"]], js="(...v) => GLM.chat.submit(v)")
    in_the_browser(w["text"].stop, None, [w["text"]], js="() => GLM.chat.stop()")
    in_the_browser(bridge.click, ask, [w["text"]], js="(...v) => GLM.chat.bridged(v)")
    for event in (w["key"].submit, w["key"].blur):
        boxes = [w["key"], w["model"]]
        in_the_browser(event, boxes, boxes, js="(key, model) => GLM.saveKey(key, model)")

    if "server_use" in w:
        boxes = [w[f"server_{name}"] for name in ("address", "name", "key")]
        in_the_browser(
            w["server_use"].click,
            [*boxes, w["server_kind"], w["model"]],
            [boxes[0], boxes[2], w["model"]],
            js="(...v) => GLM.useServer(...v)",
        )

    follow_model(w, "chat")


def follow_model(w: dict[str, Any], tab: str) -> None:
    """The controls follow the model that is picked, and take the values that an opened conversation was last asked
    with. Both happen in the browser: a failed request of an event would make Gradio reload the page."""
    controls = [w[name] for name in ASK[1:]]
    followers = [w["facts"], w["key"], *controls[1:]]
    in_the_browser(w["model"].change, [w["model"]], followers, js=f"(model) => GLM.picked('{tab}', model)")
    thinking = [w["thinking"], w["effort"]]
    for each in thinking:
        in_the_browser(each.change, thinking, None, js=f"(...v) => GLM.thought('{tab}', ...v)")
    # What the server drew of the model and of the list is English.
    ready = "await customElements.whenDefined('glm-config')"
    translate = f"async (model) => {{ {ready}; return GLM.translated('{tab}', model) }}"
    in_the_browser(when_opened, [w["model"]], [w["model"], *followers], js=translate)
    button = hidden_button(f"{tab}-restore")
    in_the_browser(button.click, [w["model"]], controls, js=f"(model) => GLM.restoring('{tab}', model)")
