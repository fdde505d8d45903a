"""The screenshots of the documents show the page as it is: their text, not their pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import App
from tests.browser.scenes import SCENES, visible_text

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"


@pytest.mark.parametrize("scene", SCENES)
def test_a_screenshot_has_the_text_of_the_page(
    open_page: Callable[..., Page], demo_app: App, scene: str
) -> None:
    page = open_page(demo_app.url)
    SCENES[scene](page)
    told = (SCREENSHOTS / f"{scene}.txt").read_text("utf-8")
    assert visible_text(page) == told, "`python scripts/screenshots.py` takes them anew"
