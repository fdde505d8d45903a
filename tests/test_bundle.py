"""The few files that a first visit loads: served only while they were made of the sources that stand beside them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from glm_ui.serving import bundle
from glm_ui.serving.static_files import STATIC
from glm_ui.ui import page

UNBUILT = ("examples", "icons", "highlight", "katex", "mermaid", "pyodide")


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A copy of glm_ui/web without its large files."""
    folder = tmp_path / "web"
    shutil.copytree(STATIC, folder, ignore=shutil.ignore_patterns(*UNBUILT))
    return folder


def test_what_is_built_belongs_to_its_sources() -> None:
    assert bundle.is_current(), "glm_ui/web has changed: run `npm run build` and commit glm_ui/web/built"


def test_the_page_loads_one_script_and_one_sheet() -> None:
    assert re.findall(r'src="\S+?/v-[0-9a-f]+/(\S+)"', page.entry()) == ["built/app.js"]
    assert re.findall(r'href="\S+?/v-[0-9a-f]+/(\S+)"', page.sheets()) == ["built/page.css"]


@pytest.mark.parametrize(
    "change",
    [
        lambda web: (web / "parts/id.js").write_text("export const id = () => 1;"),
        lambda web: (web / "parts/id.js").rename(web / "parts/name.js"),
        lambda web: (web / "parts/new.js").touch(),
        lambda web: (web / "styles/chat.css").write_text("p {}"),
        lambda web: (web / "styles/sheets.json").write_text("[]"),
        lambda web: (web / "vendor/SHA256SUMS").write_text(""),
        lambda web: (web / "built/app.js").write_text("let built;"),
        lambda web: (web / "built/afterwards.js").unlink(),
        lambda web: (web / "built/left.js").touch(),
        lambda web: (web / "built/manifest.json").unlink(),
        lambda web: (web / "built/manifest.json").write_text("<<<<<<< HEAD"),
        lambda web: shutil.rmtree(web / "built"),
    ],
)
def test_what_differs_from_what_was_built_is_seen(web: Path, change: Callable[[Path], object]) -> None:
    assert bundle.is_current(web)
    change(web)
    assert not bundle.is_current(web)


def test_a_page_of_sources_names_each_sheet_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "is_current", lambda: False)
    bundle._is_served.cache_clear()
    try:
        assert re.findall(r'src="\S+?/v-[0-9a-f]+/(\S+)"', page.entry()) == ["app.js"]
        listed = re.findall(r'href="\S+?/v-[0-9a-f]+/styles/(\S+)\.css"', page.sheets())
        assert listed == list(bundle.SHEETS)
    finally:
        bundle._is_served.cache_clear()
