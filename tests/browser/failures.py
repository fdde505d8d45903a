"""What a failing browser test leaves behind: a picture of every open page and a trace of what was done in it, in a
folder that the report names. A context is traced where it went through `traced`."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error

FOLDER = "test-results"
"""Below pytest's root folder. git ignores it."""
FAILED = pytest.StashKey[bool]()
"""Whether a test has failed, for fixtures that would give what it used to the next one."""
KEEPER = "/keeper"
"""Path of the page without content that is open in a browser between tests, and of no use in a report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full-trace-pages",
        action="store_true",
        help="record the page before and after every step, for the trace of a failing browser test",
    )


def traced(context: BrowserContext, config: pytest.Config) -> BrowserContext:
    """Starts recording: steps, requests and console. Pages as they looked cost a quarter more time, so they are an
    option."""
    full = bool(config.getoption("--full-trace-pages"))
    context.tracing.start(snapshots=full, screenshots=full)
    return context


def next_test(context: BrowserContext) -> None:
    """Forgets what was recorded, for a context that several tests use."""
    last_test(context)
    context.tracing.start_chunk()


def last_test(context: BrowserContext) -> None:
    """Ends the recording, so that a later test's failure shows nothing of it."""
    with contextlib.suppress(Error):  # nothing is being recorded
        context.tracing.stop_chunk()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Pages are still open here: fixtures end after the call's report."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.failed and call.when != "teardown" and isinstance(browser, Browser):
        report.sections.append(("What the browser showed", save(browser, folder_of(item))))
    return report


def folder_of(item: pytest.Item) -> Path:
    name = re.sub(r"[^\w.-]+", "-", item.nodeid.removeprefix("tests/browser/")).strip("-")
    return item.config.rootpath / FOLDER / name[:150]


def save(browser: Browser, folder: Path) -> str:
    """Writes `page-N.png` and `trace-N.zip` into the folder, which is emptied first; says what to do with them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pages = [page for context in browser.contexts for page in context.pages if not page.url.endswith(KEEPER)]
    for number, page in enumerate(pages, 1):
        with contextlib.suppress(Error):
            page.screenshot(path=folder / f"page-{number}.png", full_page=True, timeout=5_000)
    for number, context in enumerate(browser.contexts, 1):
        with contextlib.suppress(Error):  # a context that is not traced
            context.tracing.stop_chunk(path=folder / f"trace-{number}.zip")
    lines = [str(folder), *(f"  {path.name}" for path in sorted(folder.iterdir()))]
    return "\n".join([*lines, "`.venv/bin/playwright show-trace` takes the path of a trace."])
