"""What Gradio does on a Hugging Face Space, as far as this app does without it."""

from __future__ import annotations

import gradio as gr
from gradio import http_server
from gradio.utils import get_space


def on_a_space() -> bool:
    """Whether Gradio takes this process for one that runs on a Space: its sign-in with Hugging Face works there
    alone."""
    return bool(get_space())


def hide_space(page: gr.Blocks) -> None:
    """Keeps the page from asking huggingface.co for a banner and Google for its fonts: the policy refuses both."""
    page.space_id = None


def keep_code_as_it_is() -> None:
    """On a Space Gradio also starts the server of Spaces' Dev Mode, on port 7887 of all addresses: it writes the
    source files that it is sent, and runs them. This app does not need it, and it would let others change the code."""
    http_server.get_space = lambda: None  # type: ignore[attr-defined]  # asked there for this alone
