#!/usr/bin/env python3
"""The file tree in README.md, written from the disk: a line a file, with the first sentence of its docstring.

python scripts/tree.py            write it
python scripts/tree.py --check    fail where README.md and the disk name different files
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
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
    "requirements-mcp.txt": "What the extra `glm-ui[mcp]` needs, pinned",
    "requirements-otel.txt": "What the extra `glm-ui[otel]` needs, pinned",
    "spaces.yaml": "The hosted Space, declared once",
    "eslint.config.js": "What eslint holds the page's scripts to",
    "package.json": "npm's tools that check the page's scripts, pinned; none is served",
    "package-lock.json": "What they need, pinned",
    "tsconfig.json": "How tsc reads the page's scripts",
    "scripts/check": "Format, lint, types",
    "scripts/node_modules": "Installs the tools of package.json",
    "scripts/chromium": "Finds or installs the browser of the tests",
    "scripts/release": "Builds and checks the package, prints what to tag",
    "scripts/start": "Installs what is needed, starts the app",
    "scripts/test": "Installs what is needed, runs all tests",
    "scripts/venv": "The virtual environment of both",
}
"""What cannot say it itself."""

FOLDED = {
    ".ci": "What CI runs: scripts/test",
    "benchmarks": "Speed, side by side with peers",
    "deploy": "For servers: nginx, systemd, a Grafana board",
    "docs": "Design, and what was measured",
    "glm_ui/demo": "The offline provider: frames at true speed through the same path",
    "glm_ui/web": "What the browser runs: scripts, styles, and other people's code under vendor/",
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


def _folded(name: str) -> str:
    for folder in FOLDED:
        if name.startswith(f"{folder}/"):
            return folder
    return name


def _sentence(name: str) -> str:
    if name in SAYS or name in FOLDED:
        return SAYS.get(name) or FOLDED[name]
    if not name.endswith(".py"):
        return ""
    docstring = " ".join((ast.get_docstring(ast.parse((ROOT / name).read_text("utf-8"))) or "").split())
    sentence = re.split(r"[.;] |\.$", docstring, maxsplit=1)[0]
    for mark in (": ", ", "):
        if len(sentence) > WIDE:
            sentence = sentence[: WIDE + 1].rpartition(mark)[0] or sentence
    return sentence


def tree() -> str:
    """The tree as text, folders before files."""
    names = {_folded(name) for name in paths() if _folded(name) in FOLDED or not name.startswith(".")}
    names -= {name for name in names if Path(name).name == "__init__.py" and not _sentence(name)}
    lines = []
    shown: set[str] = set()
    for name in sorted(names, key=_order):
        for folder in reversed(Path(name).parents[:-1]):
            if str(folder) not in shown:
                shown.add(str(folder))
                lines.append(f"{'  ' * (len(folder.parts) - 1)}{folder.name}/")
        label = "  " * (len(Path(name).parts) - 1) + Path(name).name + ("/" if name in FOLDED else "")
        lines.append(f"{label:<28}{_sentence(name)}".rstrip())
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


def _order(name: str) -> list[tuple[bool, str]]:
    parts = Path(name).parts
    return [(depth == len(parts) - 1 and name not in FOLDED, part) for depth, part in enumerate(parts)]


def main() -> int:
    readme = (ROOT / "README.md").read_text("utf-8")
    head, begin, rest = readme.partition(BEGIN)
    body, end, foot = rest.partition(END)
    if not begin or not end:
        print("README.md has no place for the tree.", file=sys.stderr)
        return 1
    if "--check" in sys.argv[1:]:
        stale = sorted(set(names(body)) ^ set(names(tree())))
        if stale:
            print(
                "README.md's file tree differs from the disk; `python scripts/tree.py` writes it.",
                file=sys.stderr,
            )
            print("\n".join(stale), file=sys.stderr)
        return int(bool(stale))
    (ROOT / "README.md").write_text(head + begin + tree() + end + foot, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
