"""Imports point one way: app, ui, what serves it, backend, transport and dialects, then what everyone may use."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from glm_ui.catalogue import load
from tests.sources import nodes, statements

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "glm_ui").rglob("*.py"))

LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("start",),
    ("ui",),
    ("gateway",),
    ("providers", "inspection"),
    ("backend",),
    ("serving",),
    ("tools",),
    ("media",),
    ("net",),
    ("demo", "reply"),
    ("accounting", "telemetry"),
    ("protocol",),
    ("settings", "spaces"),
    ("catalogue",),
    ("errors", "messages", "events"),
    ("languages", "web"),
)
"""The rooms from the roof down. Each may use its own layer and all below it."""
FLOOR = {name: number for number, layer in enumerate(LAYERS) for name in layer}

ALLOWED_OUTSIDE = {
    "httpx": {"net", "demo"},
    "gradio": {"ui"},
    "pydantic_settings": {"settings"},
    "huggingface_hub": {"spaces"},
    "prometheus_client": {"telemetry"},
    "opentelemetry": {"telemetry"},
}
"""Library -> the only rooms that may use it."""


def room(path: Path) -> str:
    return path.relative_to(ROOT / "glm_ui").parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in statements(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            module = node.module or ""
            names |= {f"{module}.{alias.name}" for alias in node.names} if module == "glm_ui" else {module}
    return names


def rooms_used(path: Path) -> set[str]:
    parts = [name.split(".") for name in imported(path) if name.startswith("glm_ui.")]
    return {p[1] for p in parts if p[1] != "__version__"}


T = TypeVar("T")


def found_in(paths: Iterable[Path], look: Callable[[Path], T]) -> dict[str, T]:
    """Path -> what `look` found there; files where it found nothing are left out."""
    found = ((path.relative_to(ROOT).as_posix(), look(path)) for path in paths)
    return {path: what for path, what in found if what}


def test_no_room_uses_one_above_it() -> None:
    def above(path: Path) -> set[str]:
        here = room(path)
        if here == "__init__":
            return rooms_used(path)
        assert here in FLOOR, f"{here} has no place in LAYERS yet"
        return {used for used in rooms_used(path) if FLOOR[used] < FLOOR[here]}

    assert len(FILES) > 200
    assert found_in(FILES, above) == {}


def test_libraries_stay_in_their_rooms() -> None:
    def misplaced(path: Path) -> set[str]:
        libraries = {name.split(".")[0] for name in imported(path)}
        return {lib for lib in libraries & ALLOWED_OUTSIDE.keys() if room(path) not in ALLOWED_OUTSIDE[lib]}

    assert found_in(FILES, misplaced) == {}


@pytest.mark.parametrize("name", ["events", "messages"])
def test_the_vocabulary_imports_nothing_of_ours(name: str) -> None:
    assert rooms_used(ROOT / "glm_ui" / f"{name}.py") == set()


def test_no_room_branches_on_a_provider() -> None:
    """A provider's difference is data on its row (catalogue, settings): its key stands nowhere else, neither in a
    comparison nor in a tuple, a set or a constant that is compared with."""
    looked_at = [path for path in FILES if room(path) not in ("catalogue", "settings", "cli")]
    assert found_in(looked_at, lambda path: provider_keys_in(nodes(path))) == {}


def provider_keys_in(code: Iterable[ast.AST]) -> dict[int, str]:
    """Line -> the provider key that stands there. The demo and the person's own server are no vendors."""
    vendors = load().providers.keys() - {"demo", "custom"}
    constants = (node for node in code if isinstance(node, ast.Constant))
    return {node.lineno: node.value for node in constants if node.value in vendors}


@pytest.mark.parametrize(
    "code",
    [
        "x = provider == 'zai'",
        "x = provider in ('openrouter', 'huggingface')",
        "x = provider in {'gateway'}",
        "MANY = frozenset(['zai-anthropic'])",
        "MANY = {'openrouter': True}",
        "match provider:\n    case 'zai': pass",
    ],
)
def test_every_way_to_branch_on_a_provider_is_seen(code: str) -> None:
    assert provider_keys_in(ast.walk(ast.parse(code)))


MOST_LINES = 350
MOST_LINES_OF_A_FUNCTION = 45
SCRIPTS = [p for p in sorted((ROOT / "glm_ui/web").rglob("*.js")) if not {"built", "vendor"} & set(p.parts)]


def test_a_file_is_short_enough_to_be_read_at_once() -> None:
    assert found_in([*FILES, *SCRIPTS], lambda path: max(0, _lines(path) - MOST_LINES)) == {}


def test_a_function_is_short_enough_to_be_read_at_once() -> None:
    def long_ones(path: Path) -> dict[str, int]:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef
        functions = (node for node in statements(path) if isinstance(node, kinds))
        lines = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions}
        return {name: n for name, n in lines.items() if n > MOST_LINES_OF_A_FUNCTION}

    assert found_in(FILES, long_ones) == {}


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())
