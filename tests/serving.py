"""The app as it is served, for tests of what it looks like from outside: one process for all of them, because its start
takes seconds. Settings that a test needs otherwise want a start of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import App, pointed_at, start_app, stop_app
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


@pytest.fixture(scope="session")
def _served() -> Iterator[Served]:
    with Upstream() as upstream:
        environment = pointed_at(upstream.url) | {"ZAI_API_KEY": CANARY, "OPENROUTER_API_KEY": ""}
        app = start_app(**environment)
        yield Served(app, upstream)
        stop_app(app)


@pytest.fixture
def served(_served: Served) -> Iterator[Served]:
    """The shared app, its upstream's script and memory wiped."""
    _served.up.forget()
    yield _served
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
