"""Imports Gradio without the work that this app does not need, and makes its server once instead of four times."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


def import_gradio() -> None:
    with without_type_stubs(), without_mcp():
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


@contextmanager
def without_mcp() -> Iterator[None]:
    """Gradio imports the MCP library for its own MCP server, which this app does not start. In this block the library
    seems not to be installed, if nobody has imported it yet; afterwards whoever uses it imports it."""
    if "mcp" in sys.modules:
        yield
        return
    sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["mcp"]


@contextmanager
def without_servers() -> Iterator[None]:
    """Gradio makes a server with all its routes when a page begins, when it is whole and when it gets its queue, and
    uses none of them: `launch` makes the one that serves. In this block none is made, and `page.app` is None."""
    from gradio.routes import App

    with mock.patch.object(App, "create_app", staticmethod(lambda *_, **__: None)):
        yield
