"""Starts Chainlit from an environment of its own, whose command BENCH_CHAINLIT names."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

if __name__ == "__main__":
    command = os.environ["BENCH_CHAINLIT"]
    os.environ["CHAINLIT_APP_ROOT"] = tempfile.mkdtemp(prefix="glm-ui-chainlit-")
    app = str(Path(__file__).with_name("chainlit_app.py"))
    os.execv(command, [command, "run", app, "--headless", "--port", os.environ["BENCH_PORT"]])  # noqa: S606
