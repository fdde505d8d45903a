"""What the builder of a Space installs: one pip call, tried or repeated here. pip alone speaks to the package index."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from glm_ui.spaces.manifest import Space, SpaceProblem

BUILDER = ("gradio[oauth,mcp]=={sdk_version}", "uvicorn>=0.14.0", "websockets>=10.4", "spaces")
"""What the builder adds to requirements.txt, in the same pip call. From the build log of a Gradio Space."""

_ABOUT_THE_CONFLICT = re.compile(r"^(?:ERROR: (?!ResolutionImpossible)|    \S)")


def line(space: Space, root: Path) -> list[str]:
    """The arguments of the builder's `pip install`."""
    added = [requirement.format(**space.card) for requirement in BUILDER]
    return ["-r", str(root / "requirements.txt"), *added]


def resolve_dependencies(space: Space, root: Path) -> None:
    """Asks pip whether the builder's line has a solution for the Space's Python; nothing is installed. Raises
    SpaceProblem with the packages that conflict."""
    with tempfile.TemporaryDirectory() as nowhere:
        for_its_python = ["--python-version", space.card["python_version"], "--only-binary=:all:"]
        _pip(sys.executable, "--dry-run", "--target", nowhere, *for_its_python, *line(space, root))


def install(space: Space, root: Path, folder: Path) -> Path:
    """A virtual environment in `folder` with what the builder installs, made anew where that has changed. Returns its
    Python: of the Space's version where this machine has one. Raises SpaceProblem."""
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    wanted = _digest(space, root)
    if not (python.exists() and stamp.exists() and stamp.read_text("utf-8") == wanted):
        base = _python(space.card["python_version"])
        made = _run(base, "-m", "venv", "--clear", str(folder))
        if made.returncode:
            raise SpaceProblem(
                f"No virtual environment could be made in {folder}: {made.stderr.strip()[-500:]}"
            )
        _pip(str(python), *line(space, root))
        stamp.write_text(wanted, "utf-8")
    return python


def _digest(space: Space, root: Path) -> str:
    content = (root / "requirements.txt").read_bytes()
    return hashlib.sha256(content + repr((BUILDER, dict(space.card))).encode()).hexdigest()


def _python(version: str) -> str:
    found = shutil.which(f"python{version}")
    return found if found and _run(found, "-c", "import ensurepip").returncode == 0 else sys.executable


def _pip(python: str, *arguments: str) -> None:
    ran = _run(
        python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", *arguments
    )
    if ran.returncode:
        said = [text.removeprefix("ERROR:").strip() for text in ran.stderr.splitlines()]
        about = [
            s
            for s, text in zip(said, ran.stderr.splitlines(), strict=True)
            if _ABOUT_THE_CONFLICT.match(text)
        ]
        why = "\n".join(about or said[-3:])
        raise SpaceProblem(f"The Space would not build: pip cannot install what its builder asks for.\n{why}")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 - our own Python and the declared packages
        command, env=environment, capture_output=True, text=True, check=False
    )
