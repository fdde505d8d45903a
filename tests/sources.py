"""The syntax of source files, parsed once a process for all tests that look through them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, as `ast.walk` gives them. They are shared: change none."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))
