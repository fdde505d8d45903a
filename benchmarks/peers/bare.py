"""The same Gradio components as ours, with none of our scripts, styles and routes: what Blocks itself costs."""

from __future__ import annotations

import os

from glm_ui.settings import load_settings
from glm_ui.ui.page import build, launch_options
from glm_ui.ui.turn.run import Live

if __name__ == "__main__":
    settings = load_settings()
    live = Live(settings)
    ours = ("head", "css", "app_kwargs", "server_port", "quiet")
    options = {name: value for name, value in launch_options(settings, live).items() if name not in ours}
    build(settings, live).launch(server_port=int(os.environ["BENCH_PORT"]), quiet=True, **options)
