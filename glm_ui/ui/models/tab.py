"""The Models tab: one element, which `web/models/models.js` fills. Every control of the tab lives there, because the
table must answer each keystroke without asking the server."""

from __future__ import annotations

import gradio as gr

from glm_ui.settings import Settings
from glm_ui.ui.turn.run import Live


def build(_settings: Settings, _live: Live) -> None:
    """Draws the tab into the Blocks that is open."""
    gr.HTML('<glm-models class="glm"></glm-models>', elem_id="models-tab", apply_default_css=False)
