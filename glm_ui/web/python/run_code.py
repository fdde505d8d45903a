"""Runs the model's code inside the browser's Python: `worker.js` loads this file and calls `run`. The standard library
alone; nothing of the app and nothing of JavaScript enters here.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

NAME: Final = "<your code>"
"""What tracebacks call the code."""
KINDS: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
MOST_PICTURES: Final = 4
LARGEST_PICTURE: Final = 4 * 2**20
"""Bytes."""
LONGEST_VALUE: Final = 20_000
"""Characters of the last expression's value."""

Picture = tuple[str, bytes]
"""(MIME type, bytes)"""


async def run(code: str, folder: str = ".") -> tuple[bool, str, list[Picture]]:
    """(whether it went well, the value of its last expression as text, the pictures that it wrote into `folder`). What
    it prints goes to `sys.stdout`, an error's traceback to `sys.stderr`."""
    linecache.cache[NAME] = (len(code), None, code.splitlines(keepends=True), NAME)
    went_well, value = True, ""
    try:
        value = _text_of(await _value_of(code))
    except SystemExit as left:
        went_well = left.code in (None, 0)
        if not went_well:
            print(f"SystemExit: {left.code}", file=sys.stderr)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the model reads it
        went_well = False
        _print_error(error)
    sys.stdout.flush()
    sys.stderr.flush()
    return went_well, value, list(_pictures(Path(folder)))


async def _value_of(code: str) -> Any:
    """Runs the code as a program; its last expression gives the value, as in a notebook. It may await."""
    tree = ast.parse(code, NAME)
    last = tree.body[-1] if tree.body else None
    names: dict[str, Any] = {"__name__": "__main__"}
    if not isinstance(last, ast.Expr):
        return await _evaluated(tree, "exec", names)
    await _evaluated(ast.Module(tree.body[:-1], tree.type_ignores), "exec", names)
    return await _evaluated(ast.Expression(last.value), "eval", names)


async def _evaluated(tree: ast.Module | ast.Expression, mode: str, names: dict[str, Any]) -> Any:
    compiled = compile(tree, NAME, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    given = eval(compiled, names)  # noqa: S307 - running the model's code is what this is for
    return await given if compiled.co_flags & inspect.CO_COROUTINE else given


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text):,} characters)"


def _print_error(error: BaseException) -> None:
    """The traceback from the code's own first line on."""
    at: TracebackType | None = error.__traceback__
    while at and at.tb_frame.f_code.co_filename != NAME:
        at = at.tb_next
    traceback.print_exception(type(error), error, at, limit=-20)


def _pictures(folder: Path) -> Iterator[Picture]:
    """The first picture files of the folder, by name."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS and path.is_file())
    for path in found[:MOST_PICTURES]:
        if path.stat().st_size > LARGEST_PICTURE:
            print(f"{path.name} is too large to be shown: at most {LARGEST_PICTURE >> 20} MB.")
        else:
            yield KINDS[path.suffix.lower()], path.read_bytes()
    if len(found) > MOST_PICTURES:
        print(f"{len(found) - MOST_PICTURES} more pictures are not shown.")
    sys.stdout.flush()
