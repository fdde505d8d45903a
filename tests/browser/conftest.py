"""The real app, in its own process, in real Chromium, against a scripted upstream. A missing browser is an error."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.conversation_page import SEED
from tests.browser.downloads import folder_of_this_process
from tests.browser.failures import FAILED
from tests.browser.profiles import PATIENCE, Profiles
from tests.upstream import Reply, Upstream
from tests.warm import Copy, can_copy, start_copy

ROOT = Path(__file__).parents[2]
KEY = "canary-0f-the-br0wser-tests"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A sandboxed frame has a process of its own, as in a Chromium with windows: the headless shell leaves that out.
    "--site-per-process",
    # Pages of one site in one browser share a process and the scripts that it compiled: half of the cost of a visit.
    "--process-per-site",
    # The stand-in of a page on the internet may show what runs on this machine (test_space_frame.py).
    "--disable-features=LocalNetworkAccessChecks",
]
PREFERENCES: dict[str, str | float | bool] = {
    # The list of downloads would open by itself, and take the focus from the page.
    "browser.download.alwaysOpenPanel": False,
    # Its dialog of files would stay open, and no second one would come for the same box; the driver needs none.
    "remote.bidi.dismiss_file_pickers.enabled": True,
}
"""Of Firefox."""
READY = "#chat-log .log-column"
WIDE: ViewportSize = {"width": 1440, "height": 900}
DESKTOP = {"viewport": WIDE, "locale": "en-US", "service_workers": "block"}
"""What a test's browser is like unless it asks for another. What a service worker fetches passes by `page.route`, and
each new browser would keep the page's files again."""

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def chromium() -> str | None:
    """The browser's path; None lets Playwright take the one that it installed."""
    named = os.environ.get("GLM_UI_CHROMIUM")
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = (shutil.which(name) for name in names)
    return named or next((path for path in found if path), None)


def firefox() -> str:
    """The path that GLM_UI_FIREFOX names; empty where the tests are for Chromium, as they are by default."""
    return os.environ.get("GLM_UI_FIREFOX", "")


def has_window() -> bool:
    """Firefox has one where there is a screen to show it on; Chromium never."""
    return bool(firefox() and os.environ.get("DISPLAY"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        if firefox():  # scripts/firefox_tasks
            browser = playwright.firefox.launch(
                channel="moz-firefox",
                executable_path=firefox(),
                headless=not has_window(),
                downloads_path=folder_of_this_process(),
                firefox_user_prefs=PREFERENCES,
            )
        else:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class App:
    """The app as a person starts it. `url` is what it printed; `output` every line it wrote."""

    process: subprocess.Popen[str] | Copy
    output: list[str] = field(default_factory=list)
    url: str = ""
    started: threading.Event = field(default_factory=threading.Event)
    reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output.append(line)
            if line.startswith("GLM UI is at "):
                self.url = line.split()[-1]
                self.started.set()
        self.started.set()


AS_MAIN = """
import os, runpy, sys
app = os.path.join({root!r}, "app.py")
sys.argv, sys.path[0] = [app], {root!r}
runpy.run_path(app, run_name="__main__")
"""
"""What `python app.py` does in the folder `root`, for code that runs before it."""


PORTS = range(10_000, 32_000)
"""Below the ports that outgoing connections take."""
_ports = itertools.cycle(random.Random(os.getpid()).sample(PORTS, 2_000))


def free_port() -> int:
    """A port that nothing listens on, and that this process does not give out twice."""
    for port in _ports:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("unreachable")


@cache
def uploads_of_this_process() -> str:
    """Where the apps of this process keep uploads. Gradio names an upload by its content and removes its own when it
    ends: in a folder that two share, one takes the other's files away."""
    folder = tempfile.mkdtemp(prefix="glm-ui-uploads-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def start_app(
    root: Path = ROOT,
    code: str = "",
    python: str = sys.executable,
    cwd: Path | None = None,
    command: list[str] | None = None,
    patience: float = 120,
    **environment: str,
) -> App:
    """Starts the app with these settings alone: nothing of the machine's own environment decides. `code` runs before
    it, in its process; `command` starts it in place of the app.py of `root`. `patience` in seconds. Where no variable
    differs that an import reads, the imports of an earlier start serve again (tests/warm.py): a fifth of the work."""
    ours = ("GLM_UI_", "GRADIO_", "ZAI_", "OPENROUTER_", "HF_", "GATEWAY_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(ours) and "PROXY" not in k.upper()}
    env |= {"GLM_UI_PORT": str(free_port()), "PYTHONUNBUFFERED": "1", "NO_PROXY": "*"}
    env |= {"GRADIO_TEMP_DIR": uploads_of_this_process(), **environment}
    ours_is_run = (python, command, (root / "glm_ui").resolve()) == (sys.executable, None, ROOT / "glm_ui")
    if ours_is_run and can_copy(env):
        return _started(App(start_copy(env, cwd or root, root / "app.py", code)), patience)
    process = subprocess.Popen(
        command
        or [python, *(["-c", code + AS_MAIN.format(root=str(root))] if code else [str(root / "app.py")])],
        env=env,
        cwd=cwd or root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return _started(App(process), patience)


def _started(app: App, patience: float) -> App:
    app.started.wait(patience)
    assert app.url, "".join(app.output)
    return app


def stop_app(app: App) -> int:
    return end_app(app, signal.SIGINT)


def end_app(app: App, by: signal.Signals) -> int:
    """Signals it, waits for its end and its last line; the exit code."""
    app.process.send_signal(by)
    return gone(app)


def gone(app: App) -> int:
    """Waits for the end of an app that was told to end, and for its last line; the exit code."""
    code = app.process.wait(30)
    app.reader.join(30)
    assert app.process.stdout
    app.process.stdout.close()
    return code


@pytest.fixture(scope="session")
def shared_upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


def pointed_at(url: str) -> dict[str, str]:
    """Settings with every provider at the scripted upstream."""
    return {
        "GLM_UI_ZAI_BASE_URL": f"{url}/api/paas/v4",
        "GLM_UI_ZAI_ANTHROPIC_BASE_URL": f"{url}/api/anthropic",
        "GLM_UI_OPENROUTER_BASE_URL": f"{url}/api/v1",
        "GLM_UI_HUGGINGFACE_BASE_URL": f"{url}/hf/v1",
        "GLM_UI_GATEWAY_BASE_URL": url,
        "ZAI_API_KEY": KEY,
        "OPENROUTER_API_KEY": KEY,
    }


@pytest.fixture(scope="session")
def shared_app(shared_upstream: Upstream) -> Iterator[App]:
    app = start_app(**pointed_at(shared_upstream.url))
    yield app
    stop_app(app)


@pytest.fixture(scope="session")
def hasty_app(shared_upstream: Upstream) -> Iterator[App]:
    """As `shared_app`, but a reply ends as soon as no page reads it."""
    app = start_app(**pointed_at(shared_upstream.url), GLM_UI_UNREAD_TIMEOUT="0")
    yield app
    stop_app(app)


@pytest.fixture
def up(shared_upstream: Upstream) -> Iterator[Upstream]:
    """The shared upstream, with its script and its memory wiped."""
    shared_upstream.forget()
    shared_upstream.lists = Reply(body={"object": "list", "data": []})
    yield shared_upstream
    shared_upstream.forget()


FAST_DEMO = "from glm_ui.demo import transport; transport.RATE = 3_000.0"
"""A canned reply takes seconds at the pace of a real model."""


@pytest.fixture(scope="session")
def demo_app() -> Iterator[App]:
    """The app with no key at all."""
    app = start_app(code=FAST_DEMO)
    yield app
    stop_app(app)


@pytest.fixture
def troubles() -> Iterator[list[str]]:
    """What scripts of the page threw; anything fails the test."""
    found: list[str] = []
    yield found
    assert not found


@pytest.fixture(scope="session")
def profiles(browser: Browser, pytestconfig: pytest.Config) -> Profiles:
    return Profiles(browser, pytestconfig)


@pytest.fixture
def open_page(
    profiles: Profiles, troubles: list[str], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """`open_page(url)`: the page of somebody with a browser of their own, who stored nothing yet but the conversations
    `had`. `after=page` closes that page first, and the visitor takes its browser over when all that was stored there is
    removed: another one would compile the scripts again."""
    taken = []

    def open_it(
        url: str,
        *,
        ready: str = READY,
        had: Sequence[dict[str, Any]] = (),
        after: Page | None = None,
        **options: Any,
    ) -> Page:
        profile = next((each for _, each in taken if after and each.context is after.context), None)
        if profile:
            profile.forget()
        if profile is None or not profile.is_clean:
            taken.append(profiles.take(DESKTOP | options))
            profile = taken[-1][1]
        profile.visit(url)
        if had:
            profile.store(url, SEED, list(had))
        return profile.open(url, ready, troubles)

    yield open_it
    for kind, profile in taken:
        profiles.give_back(kind, profile, failed=request.node.stash.get(FAILED, False))


@pytest.fixture
def page(open_page: Callable[..., Page], shared_app: App, up: Upstream) -> Page:
    return open_page(shared_app.url)


@pytest.fixture
def page_with(open_page: Callable[..., Page], shared_app: App, up: Upstream) -> Callable[..., Page]:
    """`page_with({"title": "one"}, …)`: the page of somebody who had these conversations."""

    def open_it(*had: dict[str, Any], **options: Any) -> Page:
        return open_page(shared_app.url, ready="#chat-list .list-row", had=had, **options)

    return open_it
