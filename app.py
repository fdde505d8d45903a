"""Starts GLM UI. No logic: settings, page, launch."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported: no calls home
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# uvicorn would believe any X-Forwarded-For behind a local nginx
os.environ.setdefault("FORWARDED_ALLOW_IPS", "")


def import_gradio() -> None:
    """Imports gradio in half its time: it parses its own components to write type stubs beside them, at each start,
    unless their source cannot be found."""
    getfile = inspect.getfile

    def not_gradios(of: Any) -> str:
        if isinstance(of, type) and of.__module__.startswith("gradio."):
            raise OSError
        return getfile(of)

    with mock.patch("inspect.getfile", not_gradios):
        importlib.import_module("gradio")


def main() -> int:
    from glm_ui.errors import BadSettings
    from glm_ui.settings import load_settings

    try:
        settings = load_settings(Path(__file__).with_name(".env"))
    except BadSettings as err:
        print(err, file=sys.stderr)
        return 2

    import_gradio()
    from glm_ui.turn_log import start_log
    from glm_ui.ui import build, keep_code_as_it_is, launch_options, queue
    from glm_ui.ui.connections import watch
    from glm_ui.ui.live import Live
    from glm_ui.ui.shutdown import serve_until_told

    start_log(settings.glm_ui_log_level)
    live = Live(settings)
    page = build(settings, live)
    queue(page)
    keep_code_as_it_is()
    _, address, _ = page.launch(prevent_thread_lock=True, **launch_options(settings, live))
    watch(page.server)
    print(f"GLM UI is at {address}", flush=True)
    if settings.open_to_all:
        print(
            "Everyone who reaches this machine can use it and its keys: set GLM_UI_AUTH to ask for a password."
        )
    serve_until_told(page, live)
    return 0


if __name__ == "__main__":
    sys.exit(main())
