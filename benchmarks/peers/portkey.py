"""Portkey's gateway before the same upstream. BENCH_PORTKEY: the folder in which npm installed it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SHIM = Path(__file__).with_name("portkey_fetch.mjs")


def main() -> None:
    gateway = Path(os.environ["BENCH_PORTKEY"]) / "node_modules/@portkey-ai/gateway/build/start-server.js"
    node = shutil.which("node") or "node"
    options = ["--import", str(SHIM), str(gateway), f"--port={os.environ['BENCH_PORT']}", "--headless"]
    os.environ["NODE_ENV"] = "production"
    os.execv(node, [node, *options])  # noqa: S606 - its own build, of the folder that the owner of this run names


if __name__ == "__main__":
    main()
