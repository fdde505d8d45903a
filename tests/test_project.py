"""The project as a whole: what it pins, what its README promises, what its scripts are."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import ModuleType

import pytest

from glm_ui.settings import ACCESS, Settings
from tests.sources import statements

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "docs/settings.md").read_text("utf-8")
NAMES = ("check", "chromium", "release", "start", "test", "venv")
SCRIPTS = [*(f"scripts/{name}" for name in NAMES), ".ci/run"]

TREE_DEPTH: int | None = 2
"""So many levels of the trees must be those of the disk; None is all of them."""


HOMES = cache(packages_distributions)
"""The distributions of each top package: reads the records of all that is installed."""


def pins(name: str) -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    found = {}
    for line in filter(None, lines):
        if line.startswith("-r "):
            found |= pins(str(Path(name).parent / line[3:]))
            continue
        pin = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[\w,]+\])?==([0-9][\w.]*)", line)
        assert pin, f"{name}: {line} is not an exact pin"
        found[_normal(pin[1])] = pin[2]
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imports(*folders: str) -> Iterator[tuple[str, str]]:
    """(file, top package) for each import of what is neither ours nor Python's."""
    ours = {"glm_ui", "tests", "benchmarks", "app"} | {path.stem for path in (ROOT / "tests").rglob("*.py")}
    ours |= sys.stdlib_module_names
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")) if (ROOT / folder).is_dir() else [ROOT / folder]:
            for node in statements(path):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                for top in {name.partition(".")[0] for name in names} - ours:
                    yield path.relative_to(ROOT).as_posix(), top


@pytest.mark.parametrize(
    ("pinned", "folders"),
    [
        (("requirements.txt", "requirements-otel.txt", "requirements-mcp.txt"), ("app.py", "glm_ui")),
        (("tests/requirements.txt",), ("app.py", "glm_ui", "tests")),
    ],
)
def test_what_is_imported_is_pinned_exactly_and_is_what_runs(
    pinned: tuple[str, ...], folders: tuple[str, ...]
) -> None:
    exact = {name: pin for listed in pinned for name, pin in pins(listed).items()}
    homes = HOMES()
    for path, top in imports(*(folder for folder in folders if (ROOT / folder).exists())):
        assert {_normal(home) for home in homes.get(top, ())} & exact.keys(), (
            f"{path}: {pinned} has no pin for {top}"
        )
    assert {name: version(name) for name in exact} == exact


def told_of_providers() -> list[list[str]]:
    """The cells of each provider's row in docs/settings.md: name, key, address, default."""
    table = SETTINGS.partition("<!-- providers -->")[2].partition("<!-- end of providers -->")[0]
    return [[cell.strip(" `") for cell in row.split("|")[1:-1]] for row in table.strip().splitlines()[2:]]


def told_defaults() -> dict[str, str]:
    """Every other variable in docs/settings.md -> its default as text."""
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", SETTINGS, re.MULTILINE))


def test_the_tables_of_settings_have_every_setting() -> None:
    listed = {cell for row in told_of_providers() for cell in row[1:3]}
    assert not listed & told_defaults().keys()
    assert listed | told_defaults().keys() == {name.upper() for name in Settings.model_fields}, (
        "`python scripts/configuration.py` adds the row of a new provider; others are written by hand"
    )


def test_each_provider_has_its_row_with_the_address_that_holds() -> None:
    script = _script("configuration")
    rows = [[cell.strip(" `") for cell in script.row(provider).split("|")[1:-1]] for provider in ACCESS]
    assert sorted(told_of_providers()) == sorted(rows)


def test_the_row_of_a_new_provider_is_added_to_the_table() -> None:
    script = _script("configuration")
    without = SETTINGS.replace(script.row("openrouter"), "")
    assert without != SETTINGS
    assert sorted(script.with_missing_rows(without).splitlines()) == sorted(SETTINGS.splitlines())
    assert script.with_missing_rows(SETTINGS) == SETTINGS


def test_the_tables_of_settings_have_the_defaults_that_hold() -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    told = told_defaults()
    assert told == {name: _as_typed(getattr(settings, name.lower())) for name in told}


def _as_typed(value: object) -> str:
    """A default as a person would write it into the environment."""
    match value:
        case None | ():
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
    return str(value)


@pytest.mark.parametrize("page", ["README.md", "docs/tree.md"])
def test_the_file_tree_is_the_disks(page: str) -> None:
    tree = _script("tree")
    drawn = (ROOT / page).read_text("utf-8").partition(tree.BEGIN)[2].partition(tree.END)[0]
    assert drawn, f"{page} has no file tree"
    names = [set(tree.names(text)) for text in (drawn, tree.PAGES[page]())]
    if TREE_DEPTH is not None:
        names = [{name for name in these if name.count("/") < TREE_DEPTH} for these in names]
    assert names[0] == names[1], "`python scripts/tree.py` writes it"


@cache
def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "README.zh.md",
        "CONTRIBUTING.md",
        *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
    ],
)
def test_what_a_page_links_to_is_there(page: str) -> None:
    links = set(re.findall(r"!?\[[^]]*\]\((?!https?:|#)([^)#]+)", (ROOT / page).read_text("utf-8")))
    assert {link for link in links if not (ROOT / page).parent.joinpath(link).exists()} == set()


def test_the_readme_is_short_and_names_every_page_of_the_docs() -> None:
    assert len(README.splitlines()) < 200
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert {page for page in pages if f"]({page})" not in README} == set()


def test_the_paths_that_contributors_are_told_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    told = set(re.findall(r"(?<![\w/-])(?:glm_ui|tests|scripts|docs)/[\w./-]*[\w/]", text))
    assert len(told) > 20
    assert {path for path in told if not (ROOT / path).exists()} == set()


def test_the_example_of_a_new_provider_is_a_row_of_the_catalogue(tmp_path: Path) -> None:
    from glm_ui.catalogue.tables import HERE, read_catalogue

    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    example = re.search(r"```json\n(.*?),\s*```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    assert example
    row, ours = json.loads(example[1]), json.loads((HERE / "providers.json").read_bytes())
    others = [
        other for other in ours if other["key"] != row["key"]
    ]  # whoever tries the example has it here too
    (tmp_path / "providers.json").write_text(json.dumps([*others, row]))
    assert "acme" in read_catalogue(tmp_path).served_by("glm-4.6")


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_can_be_run(script: str) -> None:
    bash = shutil.which("bash")
    assert bash
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_text("utf-8").startswith("#!/usr/bin/env bash\n")
    assert subprocess.run([bash, "-n", ROOT / script], check=False).returncode == 0


def test_ci_runs_the_readmes_test_command() -> None:
    assert "scripts/test  " in README
    assert (ROOT / ".ci/run").read_text("utf-8").rstrip().endswith("exec bash scripts/test")


def test_the_licence_is_the_same_everywhere() -> None:
    from glm_ui.spaces.manifest import load_manifest

    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
    assert load_manifest(ROOT).card["license"] == "mit"


def test_no_browser_test_takes_a_promise_for_true() -> None:
    """`wait_for_function` does: such a wait ends at once, whatever comes of the promise. `comes_true` awaits it."""
    waits = re.compile(r"wait_for_function\(\s*f?\"{1,3}\s*async|wait_for_function\([^)]*\.then\(")
    files = [*(ROOT / "tests/browser").glob("*.py"), *(ROOT / "scripts").glob("*.py")]
    assert files
    assert [path.name for path in files if waits.search(path.read_text("utf-8"))] == []
