"""Starts GLM UI. No logic: settings, page, launch."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported: no calls home
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault(
    "FORWARDED_ALLOW_IPS", ""
)  # uvicorn would believe any X-Forwarded-For behind a local nginx


def main() -> int:
    from glm_ui.errors import BadSettings
    from glm_ui.settings import load_settings

    try:
        settings = load_settings()
    except BadSettings as err:
        print(err, file=sys.stderr)  # noqa: T201
        return 2

    from glm_ui.ui import build, launch_options, queue
    from glm_ui.ui.live import Live

    live = Live(settings)
    page = build(settings, live)
    queue(page)
    _, address, _ = page.launch(prevent_thread_lock=True, **launch_options(settings, live))
    print(f"GLM UI is at {address}", flush=True)  # noqa: T201
    page.block_thread()
    return 0


if __name__ == "__main__":
    sys.exit(main())
