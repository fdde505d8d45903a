"""The app as it is served, for tests of what it looks like from outside: one process for all of them, because its start
takes seconds. Settings that a test needs otherwise want a start of their own, and so do tests that leave calls behind
which the app has not begun."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import FAST_DEMO, App, pointed_at, start_app, stop_app
from tests.conftest import CANARY
from tests.upstream import Upstream

if TYPE_CHECKING:
    from gradio_client import Client


@dataclass(frozen=True, slots=True)
class Served:
    """`url` has no slash at its end; `app.output` is every line that the process wrote."""

    app: App
    up: Upstream

    @property
    def url(self) -> str:
        return self.app.url.rstrip("/")

    def settle(self, patience: float = 30) -> None:
        """Blocks until the app runs no turn: it would ask the upstream while the next test counts requests. Raises
        AssertionError when one goes on."""
        end = time.monotonic() + patience
        while running := self._running():
            assert time.monotonic() < end, f"{running:.0f} turns of this test go on; {self.up}"
        self.up.wait_for(lambda: self.up.open == 0, patience)

    def _running(self) -> float:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        with closing(connection):
            connection.request("GET", "/metrics")
            told = connection.getresponse().read().decode()
        return float(told.partition("\nglm_ui_turns_running ")[2].partition("\n")[0])


@contextmanager
def running_app() -> Iterator[Served]:
    with Upstream() as upstream:
        environment = pointed_at(upstream.url) | {"ZAI_API_KEY": CANARY, "OPENROUTER_API_KEY": ""}
        app = start_app(code=FAST_DEMO, **environment)
        yield Served(app, upstream)
        stop_app(app)


@pytest.fixture(scope="session")
def _served() -> Iterator[Served]:
    with running_app() as app:
        yield app


@pytest.fixture
def served(_served: Served) -> Iterator[Served]:
    """The shared app, its upstream's script and memory wiped, and nothing on its way when the test is over."""
    _served.up.forget()
    yield _served
    _served.settle()
    _served.up.forget()


@pytest.fixture
def upstream(served: Served) -> Upstream:
    return served.up


@pytest.fixture(scope="module")
def client(_served: Served) -> Iterator[Client]:
    """The shared app as a program uses it."""
    from gradio_client import Client

    client = Client(_served.app.url, verbose=False)
    yield client
    client.close()
