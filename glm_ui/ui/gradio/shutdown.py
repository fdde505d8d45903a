"""How the app ends: on Ctrl-C, and on the SIGTERM of a Space that restarts, `docker stop` or a deploy. Running turns
end with what they have, and say so; then the server goes."""

from __future__ import annotations

import signal
import threading

import gradio as gr

from glm_ui.ui.turn.run import Live

PATIENCE = 8.0
"""Seconds that running turns have to end; whoever stops us waits ten before it kills."""


def serve_until_told(page: gr.Blocks, live: Live) -> None:
    """Blocks the main thread until a signal comes, then ends everything in order."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    told.wait()
    live.turnstile.close(PATIENCE)
    live.turnstile.flushed(PATIENCE)
    if page.server is not None:
        # Every open page holds a heartbeat, which ends by this event alone; the server waits up to five seconds for it.
        page.server_app.stop_event.set()
        page.server.close()  # type: ignore[no-untyped-call]
