#!/usr/bin/env python3
"""The file trees, written from the disk with the first sentence of each docstring: every file in docs/tree.md, the
rooms of glm_ui/ in README.md.

python scripts/tree.py            write them
python scripts/tree.py --check    fail where they and the disk name different files
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- tree: scripts/tree.py writes it -->\n```\n", "```\n<!-- end of tree -->"

SAYS = {
    "Dockerfile": "The image",
    "LICENSE": "MIT",
    "CHANGELOG.md": "What changed",
    "CONTRIBUTING.md": "How to work on it",
    "README.md": "This page",
    "compose.yaml": "Replicas of the image behind nginx, with a Redis",
    "pyproject.toml": "The package; configuration of ruff, mypy and pytest",
    "requirements.txt": "What the app needs, pinned",
    "requirements-mcp.txt": "What the package's extra `mcp` needs, pinned",
    "requirements-otel.txt": "What the package's extra `otel` needs, pinned",
    "spaces.yaml": "The hosted Space, declared once",
    "eslint.config.js": "What eslint holds the page's scripts to",
    "package.json": "npm's tools that build and check the page's scripts, pinned; none is served",
    "package-lock.json": "What they need, pinned",
    "tsconfig.json": "How tsc reads the page's scripts",
    "scripts/check": "Format, lint, types",
    "scripts/node_modules": "Installs the tools of package.json",
    "scripts/chromium": "Finds or installs the browser of the tests",
    "scripts/release": "Builds and checks the package, prints what to tag",
    "scripts/soak_notes.md": "What earlier soaks found, for the end of docs/soak.md",
    "scripts/start": "Installs what is needed, starts the app",
    "scripts/test": "Installs what is needed, runs all tests",
    "scripts/venv": "The virtual environment of both",
}
"""What cannot say it itself."""

FOLDED = {
    ".ci": "What CI runs: scripts/test",
    "benchmarks": "Speed, side by side with peers",
    "deploy": "For servers: nginx, systemd, a Grafana board",
    "docs": "Settings, installation, design, measurements",
    "glm_ui/demo": "The offline provider: frames at true speed through the same path",
    "glm_ui/web": "What the browser runs: scripts, styles, what is built of them, other people's code under vendor/",
    "types": "What tsc knows of the page beside its scripts: what Python tells it, vendored code",
    "tests": "One test_<module>.py for each module; browser/ drives the page in Chromium",
}
"""Folders on one line."""

WIDE = 84
"""Characters of a sentence beyond which only what stands before a colon or a comma is shown."""


def paths() -> list[str]:
    """Every file that is the project's, tracked or about to be; the disk where there is no git."""
    asked = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        listed = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")]
        listed = [name for name in listed if not re.search(r"(^|/)(\.(?!ci/)|__pycache__)", name)]
    return sorted(name for name in set(listed) if (ROOT / name).is_file())


def _folded(name: str, folds: Mapping[str, str]) -> str:
    return next((folder for folder in folds if name.startswith(f"{folder}/")), name)


def _sentence(name: str, folds: Mapping[str, str] = FOLDED) -> str:
    if name in SAYS or name in folds:
        return SAYS.get(name) or folds[name]
    if not name.endswith(".py"):
        return ""
    docstring = _docstring(name)
    sentence = re.split(r"[.;] |\.$", docstring, maxsplit=1)[0]
    for mark in (": ", ", "):
        if len(sentence) > WIDE:
            sentence = sentence[: WIDE + 1].rpartition(mark)[0] or sentence
    return sentence


@cache
def _docstring(name: str) -> str:
    return " ".join((ast.get_docstring(ast.parse((ROOT / name).read_text("utf-8"))) or "").split())


def rooms() -> str:
    """The tree with each room of glm_ui on one line, without what lies beside the code."""
    inside = {str(Path(*Path(n).parts[:2])) for n in paths() if n.startswith("glm_ui/") and n.count("/") > 1}
    folds = {
        "scripts": "What a developer runs",
        **{room: _sentence(f"{room}/__init__.py") for room in inside - FOLDED.keys()},
        **FOLDED,
    }
    return tree(folds, [name for name in paths() if "/" in name])


def tree(folds: Mapping[str, str] = FOLDED, files: Sequence[str] | None = None) -> str:
    """The tree as text, folders before files. `folds`: folder -> what stands beside it, in place of its files."""
    all_of = {_folded(name, folds): name for name in (paths() if files is None else files)}
    names = {name for name in all_of if name in folds or not name.startswith(".")}
    names -= {name for name in names if Path(name).name == "__init__.py" and not _sentence(name)}
    lines = []
    shown: set[str] = set()
    for name in sorted(names, key=lambda name: _order(name, folds)):
        for folder in reversed(Path(name).parents[:-1]):
            if str(folder) not in shown:
                shown.add(str(folder))
                lines.append(f"{'  ' * (len(folder.parts) - 1)}{folder.name}/")
        label = "  " * (len(Path(name).parts) - 1) + Path(name).name + ("/" if name in folds else "")
        lines.append(f"{label:<28}{_sentence(name, folds)}".rstrip())
    return "\n".join(lines) + "\n"


def names(drawn: str) -> list[str]:
    """The paths in a tree as text."""
    folders: list[str] = []
    found = []
    for line in drawn.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth:] = [line.split()[0].rstrip("/")]
        found.append("/".join(folders))
    return found


def _order(name: str, folds: Mapping[str, str]) -> list[tuple[bool, str]]:
    parts = Path(name).parts
    return [(depth == len(parts) - 1 and name not in folds, part) for depth, part in enumerate(parts)]


PAGES: Mapping[str, Callable[[], str]] = {"README.md": rooms, "docs/tree.md": tree}
"""page -> its tree"""


def main() -> int:
    stale = []
    for page, draw in PAGES.items():
        text = (ROOT / page).read_text("utf-8")
        head, begin, rest = text.partition(BEGIN)
        body, end, foot = rest.partition(END)
        if not begin or not end:
            print(f"{page} has no place for the tree.", file=sys.stderr)
            return 1
        stale += [f"{page}: {name}" for name in sorted(set(names(body)) ^ set(names(draw())))]
        if "--check" not in sys.argv[1:]:
            (ROOT / page).write_text(head + begin + draw() + end + foot, "utf-8", newline="\n")
    if "--check" in sys.argv[1:] and stale:
        print(
            "The trees differ from the disk; `python scripts/tree.py` writes them.",
            *stale,
            sep="\n",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
