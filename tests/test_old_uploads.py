"""Uploads leave the disk an hour after they came, whether or not their page is still open: the real app, whose clock
for this is turned faster."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from glm_ui.serving.uploads import LIFE
from glm_ui.ui.page import FILES_LIVE
from tests.browser.conftest import App, start_app, stop_app

FASTER = """
import glm_ui.ui.page
glm_ui.ui.page.FILES_LIVE = (1, 1)
"""


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[App]:
    app = start_app(code=FASTER, GRADIO_TEMP_DIR=str(tmp_path))
    yield app
    stop_app(app)


def test_files_live_an_hour_and_are_looked_for_often() -> None:
    every, age = FILES_LIVE
    assert age == LIFE == 3600
    assert every <= 300


def test_an_old_upload_leaves_the_disk(quick: App, tmp_path: Path) -> None:
    with httpx.Client(base_url=quick.url) as client:
        (path,) = client.post("/gradio_api/upload", files={"files": ("a.txt", b"Words.")}).json()
        assert Path(path).is_relative_to(tmp_path)
        assert client.get(f"/gradio_api/file={path}").text == "Words."
        deadline = time.monotonic() + 20
        while Path(path).exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert client.get(f"/gradio_api/file={path}").status_code in (403, 404)
