"""What the page has the browser save, in Chromium and in Firefox alike."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.profiles import PATIENCE, in_firefox


@dataclass
class Saved:
    """A file: its name and what is in it."""

    name: str = ""
    data: bytes = b""

    @property
    def text(self) -> str:
        return self.data.decode()


@cache
def folder_of_this_process() -> Path:
    """Where Firefox saves. Playwright does not tell of a file there that no navigation led to, as the page's are."""
    folder = tempfile.mkdtemp(prefix="glm-ui-downloads-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@contextmanager
def saving(page: Page) -> Iterator[Saved]:
    """What is done in it has the browser save one file. It is whole when the block has ended."""
    file = Saved()
    if in_firefox(page):
        yield file
        path = _whole(page)
        file.name, file.data = path.name, path.read_bytes()
        path.unlink()  # another of this name would get a number
        return
    with page.expect_download() as download:
        yield file
    file.name, file.data = download.value.suggested_filename, Path(download.value.path()).read_bytes()


def _whole(page: Page) -> Path:
    """Firefox writes into a `.part` beside an empty file, which it then takes the place of."""
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        found = list(folder_of_this_process().iterdir())
        if len(found) == 1 and found[0].suffix != ".part" and found[0].stat().st_size:
            return found[0]
        assert time.monotonic() < deadline, f"Firefox saved {found}."
        page.wait_for_timeout(20)
