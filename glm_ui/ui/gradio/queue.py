"""Gradio's queue, which runs the endpoints: how often it looks for work, and what it keeps for callers."""

from __future__ import annotations

import gradio as gr

from glm_ui.ui.gradio.mailboxes import Mailboxes

LOOKS_EVERY = 0.02
"""Seconds. Gradio's queue looks for work a thousand times a second, which takes a twentieth of a core at rest and
stands in the way of every stream; on Windows it does so every 0.05 s."""
PROGRESS_EVERY = 1.0
"""Seconds. Gradio looks for progress of its endpoints a hundred times a second; none of ours reports any to it."""


def tune_queue(page: gr.Blocks) -> None:
    """Call it after `page.queue()`, which makes the queue."""
    page._queue.sleep_when_free = LOOKS_EVERY
    page._queue.progress_update_sleep_when_free = PROGRESS_EVERY
    page._queue.pending_messages_per_session = Mailboxes(page._queue)
