"""Starts GLM UI from a checkout, with the `.env` beside this file. No logic: that is in glm_ui/start.py."""

from __future__ import annotations

import sys
from pathlib import Path

from glm_ui.cli import main

if __name__ == "__main__":
    sys.exit(main(env_file=Path(__file__).with_name(".env"), name="app.py"))
