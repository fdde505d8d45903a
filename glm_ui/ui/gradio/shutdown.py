"""How the app ends: on Ctrl-C, and on the SIGTERM of a Space that restarts, `docker stop` or a deploy. Running turns
end with what they have, and say so; then the server goes."""

from __future__ import annotations

import signal
import threading

import gradio as gr

from glm_ui.ui.turn.run import Live

PATIENCE = 8.0
"""Seconds that running turns have to end; supervisors wait ten before they kill a process."""


def take_signals() -> threading.Event:
    """Takes SIGTERM and SIGINT from now on: the event is set when one comes. Call it in the main thread, before the
    address is printed, because whoever reads the address may send a signal at once."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return told


def serve_until(told: threading.Event, page: gr.Blocks, live: Live) -> None:
    """Blocks the main thread until `told` is set, then ends everything in order."""
    told.wait()
    live.turnstile.close(PATIENCE)
    live.turnstile.flushed(PATIENCE)
    end_server(page)


def end_server(page: gr.Blocks) -> None:
    """Every open page holds a heartbeat, which ends by this event alone; the server waits up to five seconds for it."""
    if page.server is not None:
        page.server_app.stop_event.set()
        page.server.close()  # type: ignore[no-untyped-call]
