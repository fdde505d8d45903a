"""Imports Gradio in half its time."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


def import_gradio() -> None:
    with without_type_stubs():
        importlib.import_module("gradio")


@contextmanager
def without_type_stubs() -> Iterator[None]:
    """Gradio parses its own components to write type stubs beside them, at each import, unless their source cannot be
    found: in this block it is not found."""
    getfile = inspect.getfile

    def not_gradios(of: Any) -> str:
        if isinstance(of, type) and of.__module__.startswith("gradio."):
            raise OSError
        return getfile(of)

    with mock.patch.object(inspect, "getfile", not_gradios):
        yield
