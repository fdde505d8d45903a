"""The hosted Space: `spaces.yaml` read and checked, README.md's front matter, and the deploy.

    python -m glm_ui.spaces check                                       do the files agree, and would it build?
    python -m glm_ui.spaces build FOLDER                                install what the Space's builder installs
    python -m glm_ui.spaces sync                                        write README.md's front matter
    python -m glm_ui.spaces deploy owner/name [--private] [--dry-run]   make the Space what spaces.yaml says

Files on this side alone: what speaks to the Hub is in hub.py, what runs pip in space_build.py. The app imports nothing
of them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from glm_ui.errors import GlmUiError
from glm_ui.settings import faults_of, misspelt

COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")

CARD_RULES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "title": ("a text", lambda v: isinstance(v, str) and v != ""),
    "emoji": ("one emoji", lambda v: isinstance(v, str) and v != "" and not v.isascii()),
    "colorFrom": (f"one of {', '.join(COLOURS)}", COLOURS.__contains__),
    "colorTo": (f"one of {', '.join(COLOURS)}", COLOURS.__contains__),
    "sdk": ("gradio", lambda v: v == "gradio"),
    "sdk_version": ('a version such as "6.31.0"', lambda v: _matches(r"\d+\.\d+\.\d+", v)),
    "python_version": ('a version in quotes, such as "3.12"', lambda v: _matches(r"3\.\d+(\.\d+)?", v)),
    "app_file": ("a path in this project", lambda v: isinstance(v, str)),
    "suggested_hardware": ("a hardware name such as cpu-basic", lambda v: _matches(r"[a-z0-9-]+", v)),
    "short_description": (
        "a text of 60 characters at most",
        lambda v: isinstance(v, str) and 0 < len(v) <= 60,
    ),
    "hf_oauth": ("true or false", lambda v: isinstance(v, bool)),
    "models": ("a list of owner/name", lambda v: _are(v, r"[\w.-]+/[\w.-]+")),
    "tags": ("a list of words", lambda v: _are(v, r"[\w.-]+")),
}
"""What spaces.yaml must say, and how. The limits are those of the Hub's configuration reference."""

NEVER = (".*", "__pycache__", "*.pyc", "*~", "tests", "benchmarks", "node_modules")
"""A path with a part like one of these stays at home, whatever the patterns say."""


class SpaceProblem(GlmUiError):
    """The Space cannot be checked or deployed as it is declared."""

    slug = "space"


@dataclass(frozen=True, slots=True)
class Space:
    """`spaces.yaml`: `card` is the front matter, `secrets` say what each is for, `files` are patterns."""

    card: Mapping[str, Any]
    variables: Mapping[str, str]
    secrets: Mapping[str, str]
    files: tuple[str, ...]


def _matches(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _are(values: object, pattern: str) -> bool:
    return isinstance(values, list) and all(_matches(pattern, v) for v in values)


def load_manifest(root: Path) -> Space:
    """The declaration below `root`, its values checked. Raises SpaceProblem with one sentence a fault."""
    try:
        declared = yaml.safe_load((root / "spaces.yaml").read_text("utf-8"))
    except OSError as fault:
        raise SpaceProblem(f"spaces.yaml cannot be read: {fault.strerror}.") from None
    except yaml.YAMLError as fault:
        raise SpaceProblem(f"spaces.yaml is not YAML: {' '.join(str(fault).split())}") from None
    if not isinstance(declared, dict):
        raise SpaceProblem("spaces.yaml is not a table of keys and values.")
    parts = {key: declared.pop(key, None) or empty for key, empty in PARTS.items()}
    if faults := [*_card_faults(declared), *_part_faults(parts)]:
        raise SpaceProblem("\n".join(faults))
    variables = parts["variables"]
    if wrong := [*faults_of(variables), *misspelt(parts["secrets"])]:
        raise SpaceProblem("\n".join(f"spaces.yaml: {fault}" for fault in wrong))
    return Space(declared, variables, parts["secrets"], tuple(parts["files"]))


PARTS: Mapping[str, Any] = {"variables": {}, "secrets": {}, "files": []}


def _card_faults(card: Mapping[str, Any]) -> Iterator[str]:
    for key, (accepted, holds) in CARD_RULES.items():
        if key not in card:
            yield f"spaces.yaml has no {key}: {accepted}."
        elif not holds(card[key]):
            yield f"spaces.yaml: {key} is {card[key]!r}, and must be {accepted}."


def _part_faults(parts: Mapping[str, Any]) -> Iterator[str]:
    if not _are(parts["files"], r"(?s).+") or not parts["files"]:
        yield "spaces.yaml: files must be a list of patterns."
    for part in ("variables", "secrets"):
        if not isinstance(parts[part], dict):
            yield f"spaces.yaml: {part} must be names with a text each."
            continue
        for name, text in parts[part].items():
            if not _matches(r"[A-Z][A-Z0-9_]*", name):
                yield f"spaces.yaml: {part} has {name!r}, which is not the name of an environment variable."
            if not isinstance(text, str):
                yield f"spaces.yaml: {name} under {part} must be a text; put it in quotes."
    if isinstance(parts["variables"], dict) and isinstance(parts["secrets"], dict):
        for name in parts["variables"].keys() & parts["secrets"].keys():
            yield f"spaces.yaml: {name} is a secret, so it must not have a public value under variables."


def known_files(root: Path) -> list[str]:
    """Every file that could go up, as POSIX paths below `root`: those that git tracks, or, where `root` is no
    git checkout, those on the disk."""
    tracked = _git(root, "ls-files", "-z") if _git(root, "rev-parse", "--show-prefix") == "\n" else None
    if tracked is not None:
        names = [name for name in tracked.split("\0") if name]
    else:
        names = [path.relative_to(root).as_posix() for path in root.rglob("*")]
    return sorted(name for name in names if not _stays(name) and _is_plain_file(root, name))


def _git(root: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    ran = subprocess.run([git, "-C", str(root), *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    return ran.stdout if ran.returncode == 0 else None


def _is_plain_file(root: Path, name: str) -> bool:
    # A link could carry up a file from outside the project.
    path = root / name
    return path.is_file() and path.resolve() == root.resolve() / name


def _stays(name: str) -> bool:
    return any(fnmatchcase(part, never) for part in PurePosixPath(name).parts for never in NEVER)


def files(space: Space, root: Path) -> list[str]:
    """The paths that go up, sorted."""
    return [name for name in known_files(root) if any(fnmatchcase(name, pattern) for pattern in space.files)]


def faults(space: Space, root: Path) -> list[str]:
    """One sentence for each way in which the project's files do not agree with the declaration."""
    found = []
    if _front_matter(root)[0] != space.card:
        found.append(
            "README.md's front matter differs from spaces.yaml; `python -m glm_ui.spaces sync` writes it."
        )
    pin = re.search(r"^gradio(?:\[[\w,]+\])?==(\S+)", _text(root, "requirements.txt"), re.MULTILINE)
    if pin is None:
        found.append("requirements.txt does not pin gradio exactly (gradio==…).")
    elif pin[1] != space.card["sdk_version"]:
        found.append(f"requirements.txt pins gradio {pin[1]}, spaces.yaml says {space.card['sdk_version']}.")
    known = known_files(root)
    for pattern in space.files:
        if not any(fnmatchcase(name, pattern) for name in known):
            found.append(
                f"spaces.yaml: {pattern} under files matches nothing that may go up (is it in git?)."
            )
    chosen = files(space, root)
    for needed in ("README.md", "requirements.txt", space.card["app_file"]):
        if needed not in chosen:
            found.append(f"{needed} would not go up, and the Space needs it (is it in git?).")
    return found


def _text(root: Path, name: str) -> str:
    try:
        return (root / name).read_text("utf-8")
    except OSError:
        return ""


def _front_matter(root: Path) -> tuple[Any, str]:
    """README.md as (front matter, the rest). The front matter is None where there is none to read."""
    block = re.match(r"---\n(.*?)^---\n", _text(root, "README.md"), re.DOTALL | re.MULTILINE)
    if block is None:
        return None, _text(root, "README.md")
    try:
        return yaml.safe_load(block[1]), _text(root, "README.md")[block.end() :]
    except yaml.YAMLError:
        return None, _text(root, "README.md")[block.end() :]


def sync(space: Space, root: Path) -> bool:
    """Write README.md's front matter; the rest stays as it is. True when that changed the file."""
    head = yaml.safe_dump(dict(space.card), allow_unicode=True, sort_keys=False, width=1000)
    text = f"---\n{head}---\n{_front_matter(root)[1]}"
    changed = text != _text(root, "README.md")
    if changed:
        (root / "README.md").write_text(text, "utf-8", newline="\n")
    return changed


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _check(root: Path, _: argparse.Namespace) -> None:
    space = load_manifest(root)
    if found := faults(space, root):
        raise SpaceProblem("\n".join(found))
    _say(f"spaces.yaml, README.md and requirements.txt agree; {len(files(space, root))} files would go up.")
    from glm_ui.spaces import build as space_build

    space_build.resolve_dependencies(space, root)
    _say("pip finds a solution for all that the Space's builder installs.")


def _build(root: Path, asked: argparse.Namespace) -> None:
    from glm_ui.spaces import build as space_build

    _say(f"The Space's Python is {space_build.install(load_manifest(root), root, asked.folder)}.")


def _sync(root: Path, _: argparse.Namespace) -> None:
    _say(
        "README.md: front matter written."
        if sync(load_manifest(root), root)
        else "README.md: nothing to change."
    )


def _deploy(root: Path, asked: argparse.Namespace) -> None:
    space = load_manifest(root)
    if found := faults(space, root):
        raise SpaceProblem("\n".join(found))
    names = files(space, root)
    if asked.dry_run:
        for name in names:
            _say(name)
        return
    from glm_ui.spaces import hub

    hub.deploy(space, root, names, asked.repo, private=asked.private, environ=os.environ, say=_say)


def _repo(text: str) -> str:
    if not _matches(r"[\w.-]+/[\w.-]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not owner/name")
    return text


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name, description="The hosted Space of GLM UI.")
    commands = parser.add_subparsers(required=True, metavar="check | build | sync | deploy")
    commands.add_parser(
        "check", help="do the files agree with spaces.yaml, and would pip install them?"
    ).set_defaults(run=_check)
    build = commands.add_parser("build", help="install what the Space's builder installs")
    build.add_argument("folder", type=Path, metavar="FOLDER", help="the virtual environment to make or renew")
    build.set_defaults(run=_build)
    commands.add_parser("sync", help="write README.md's front matter").set_defaults(run=_sync)
    deploy = commands.add_parser("deploy", help="make the Space what spaces.yaml says")
    deploy.add_argument("repo", type=_repo, metavar="owner/name")
    deploy.add_argument("--private", action="store_true", help="only its owner sees it")
    deploy.add_argument("--dry-run", action="store_true", help="print the paths that would go up, and stop")
    deploy.set_defaults(run=_deploy)
    return parser


def main(
    arguments: Sequence[str] | None = None, root: Path | None = None, name: str = "python -m glm_ui.spaces"
) -> int:
    """0 when all is well, 1 with a sentence on standard error when not, 2 for a command that is none."""
    asked = _parser(name).parse_args(arguments)
    try:
        asked.run(root or Path(__file__).parents[2], asked)
    except GlmUiError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
