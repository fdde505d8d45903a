"""Runs a Python file as `python FILE` does, in a copy of a process that has imported the official clients already: each
import takes a second or two. Nothing of pytest enters here, because every copy imports this module."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

_copies = multiprocessing.get_context("forkserver")
_copies.set_forkserver_preload(["openai", "anthropic", "zai", __name__])


def run_python(file: str, folder: Path, environment: Mapping[str, str]) -> tuple[int | None, str]:
    """Exit code and output of the file in that folder; None for one that has not ended after five minutes."""
    output = folder / "output.txt"
    process = _copies.Process(target=_become, args=(file, str(folder), dict(environment), str(output)))
    process.start()
    process.join(300)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return code, output.read_text("utf-8")


def _become(file: str, folder: str, environment: dict[str, str], output: str) -> None:
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv, sys.path[0] = [file], folder
    runpy.run_path(file, run_name="__main__")
