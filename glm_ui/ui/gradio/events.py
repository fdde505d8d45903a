"""Events of components that the browser answers alone, and the session that a call of an endpoint belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio import events
from gradio.context import Context

endpoint = events.api
"""Adds a function as a named endpoint for programs. It is `gr.api`, which Gradio's type hints leave out."""


def in_the_browser(
    event: Callable[..., Any],
    inputs: Sequence[Any] | None,
    outputs: Sequence[Any] | None,
    js: str,
) -> None:
    """Answers `event` (as `box.submit`) with this JavaScript: no request goes to the server, nothing shows that one is
    on its way, and no program sees the event. `js` takes the values of `inputs` and gives those of `outputs`."""
    event(None, inputs, outputs, js=js, queue=False, show_progress="hidden", api_visibility="private")


def when_opened(*event: Any, **options: Any) -> None:
    """Adds an event to the page that is being built, which comes once the page is open. Takes what any event takes."""
    page = Context.root_block
    if page is None:
        raise RuntimeError("Add this event inside `with gr.Blocks()`.")
    page.load(*event, **options)


def hidden_button(elem_id: str) -> gr.Button:
    """A button that the page's scripts click to begin an event: Gradio has no call that does so. It is in the page,
    and nobody sees it. With `visible=False` it would not be in the page."""
    return gr.Button(visible="hidden", elem_id=elem_id)


def session_of(caller: gr.Request) -> str:
    """The id of a program's session with the endpoints; "" for a call without one."""
    return caller.session_hash or ""
