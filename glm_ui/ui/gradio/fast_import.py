"""Imports Gradio in half its time."""

from __future__ import annotations

import importlib
import inspect
from typing import Any
from unittest import mock


def import_gradio() -> None:
    """Gradio parses its own components to write type stubs beside them, at each start, unless their source cannot be
    found: it is not found here."""
    getfile = inspect.getfile

    def not_gradios(of: Any) -> str:
        if isinstance(of, type) and of.__module__.startswith("gradio."):
            raise OSError
        return getfile(of)

    with mock.patch("inspect.getfile", not_gradios):
        importlib.import_module("gradio")
