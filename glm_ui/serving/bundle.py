"""What a first visit loads of the page: a few files that `npm run build` makes of `web/` (scripts/bundle.js), or the
sources themselves where they have changed since. A page has its scripts from one of the two, never from both."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from glm_ui.serving.static_files import STATIC

SHEETS: tuple[str, ...] = tuple(json.loads((STATIC / "styles" / "sheets.json").read_bytes()))
"""Style sheets of `web/styles`, in their order."""
LISTS = ("styles/sheets.json", "vendor/SHA256SUMS")
"""What the files are made of beside our own scripts and sheets; the second stands for the vendored ones."""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sources(web: Path = STATIC) -> str:
    """A hash of everything that `npm run build` makes its files of."""
    names = [path.relative_to(web).as_posix() for path in web.rglob("*") if path.suffix in (".js", ".css")]
    ours = [name for name in names if not re.match(r"(built|vendor)/", name)]
    lines = (f"{_sha256(web / name)}  {name}\n" for name in sorted([*ours, *LISTS]))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def is_current(web: Path = STATIC) -> bool:
    """Whether `web/built` was made of the sources as they are, and holds what was made and nothing else."""
    built = web / "built"
    try:
        made = json.loads((built / "manifest.json").read_bytes())
    except (OSError, ValueError):  # none was built, or a merge left its marks in it
        return False
    found = {path.name: _sha256(path) for path in built.iterdir() if path.name != "manifest.json"}
    return bool(made == {"sources": sources(web), "files": found})


@cache
def _is_served() -> bool:
    return is_current()


def first() -> str:
    """The script that runs before all others, to stand in the page itself; empty where its source is to be loaded."""
    return (STATIC / "built" / "first.js").read_text("utf-8").strip() if _is_served() else ""


def script() -> str:
    """The path of the page's entry below `web`."""
    return "built/app.js" if _is_served() else "app.js"


def sheets() -> tuple[str, ...]:
    """The paths of the page's style sheets below `web`, in their order."""
    return ("built/page.css",) if _is_served() else tuple(f"styles/{name}.css" for name in SHEETS)
