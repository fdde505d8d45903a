"""The syntax of source files, parsed once a process for all tests that look through them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

WITHIN = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where a statement has others."""


def statements(path: Path) -> Iterator[ast.AST]:
    """Every statement of a file: a tenth of its nodes."""
    waiting: list[ast.AST] = [_parsed(path)]
    while waiting:
        node = waiting.pop()
        for field in WITHIN:
            if isinstance(inside := getattr(node, field, None), list):  # an expression has one in its `body`
                waiting += inside
        yield node


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, as `ast.walk` gives them. They are shared: change none."""
    return tuple(ast.walk(_parsed(path)))


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))
