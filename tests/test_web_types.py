"""The types that the page's scripts are checked with are those of Python, as it now stands."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import NotRequired, TypedDict

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def web_types() -> SimpleNamespace:
    """The script, which is no part of a package."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "scripts/web_types.py")))


def test_the_types_of_the_page_are_current(web_types: SimpleNamespace) -> None:
    written = (ROOT / "types/wire.d.ts").read_text("utf-8")
    assert written == web_types.types_text(), "run: .venv/bin/python scripts/web_types.py"


def test_a_field_that_may_be_missing_and_a_number_that_may_be_unknown_are_told_apart(
    web_types: SimpleNamespace,
) -> None:
    class Told(TypedDict):
        name: NotRequired[str]
        size: tuple[int, int] | None

    writer = web_types.Writer()
    writer.type(Told)
    assert (
        writer.made["Told"]
        == "  interface Told {\n    name?: string;\n    size: [number, number] | null;\n  }\n"
    )


def test_what_json_cannot_hold_has_no_type(web_types: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match="no counterpart"):
        web_types.Writer().type(bytes)


def test_the_types_of_vendored_code_are_of_its_version() -> None:
    installed = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"]
    vendored = re.findall(
        r'"([\w@/-]+)",\n +"([\d.]+)",\n +"sha512-', (ROOT / "scripts/vendor").read_text("utf-8")
    )
    assert len(vendored) > 5
    assert {name: installed[name] for name, _ in vendored if name in installed} == {
        name: version for name, version in vendored if name in installed
    }
