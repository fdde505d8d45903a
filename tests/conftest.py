"""Fixtures that every test may use: a scripted upstream, settings that point at it, and a clean
environment."""

from __future__ import annotations

import functools
import gc
import logging
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from httpx._transports import default
from hypothesis import settings
from pydantic import BaseModel

from glm_ui.net import clients
from glm_ui.settings import Settings
from glm_ui.ui.gradio.fast_start import without_type_stubs
from tests.programs import program
from tests.upstream import Upstream
from tests.warm import python_of_workers

# Until all is imported: no collection, and no type stubs, which were half of what importing Gradio costs.
gc.disable()
_while_importing = ExitStack()
_while_importing.enter_context(without_type_stubs())
pytest_plugins = ["tests.browser.failures", "tests.serving"]

# The same examples every time, and no clock: a busy machine fails nothing. `--hypothesis-seed` tries others.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.load_profile("ci")

# Reading all certificates takes 30 ms for each client that httpx makes: here once a process.
default.create_ssl_context = functools.cache(default.create_ssl_context)

CANARY = "canary-5up3r-s3cr3t-k3y-n0b0dy-may-5ee.Zz9"
"""A key that may be seen in the Authorization header of its own provider, and nowhere else."""
PAGE = "0123456789abcdef" * 3
"""A page's secret, as web/server/identity.js mints it."""

_NAMES = [*Settings.model_fields, "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"]
_NAMES += ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]
NOT_OURS = {name.lower() for name in _NAMES} | {name.upper() for name in _NAMES}


# Files that go first, so that no worker is left alone with one of them at the end.
LONG = [
    "fuzz",
    "mcp_hostile",
    "installed",
    "doctor",
    "gateway_both_ends",
    "proxy",
    "cli",
    "snippets",
    "gateway_clients",
    "space_build",
    "stalls",
    "app",
    "demo_tools",
    "resolve",
    "media_images",
    "linear",
    "wire",
    "python_tool",
    "spaces",
    "media_video",
    "media_plan",
    "replay",
    "media_worker",
    "demo",
    "backend",
    "rounds",
    "transport",
    "backend_deadlines",
    "reading",
    "api",
    "project",
    "sse",
    "old_uploads",
    "new_provider",
    "mcp",
    "sign_in",
    "provider_search",
    "multimodal_api",
    "scaling",
    "bombs",
]
IN_CHROMIUM = [
    "python",
    "chat",
    "multimodal_plan",
    "multimodal",
    "degenerate",
    "conversations",
    "models",
    "markdown",
    "conversation_list",
    "demo",
    "account",
    "two_tabs",
    "portable",
    "phone",
    "hostile_page",
    "canary",
    "composer",
    "keyboard",
    "store",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"test_{name}": place for place, name in enumerate([*LONG, *IN_CHROMIUM])}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: list[Any]) -> None:
    """Workers that need not import Gradio and the app each."""
    if sys.platform == "linux":
        for spec in specs:
            spec.python = python_of_workers()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported stays: the collection after each module need not walk it, which took half a second."""
    _while_importing.close()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """`pytest -q` hides the header, which has the seed."""
    seed = config.getoption("randomly_seed", None)
    terminalreporter.write_line(f"The order of the tests comes from --randomly-seed={seed}.")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine has set, keys and proxies above all, decides nothing here."""
    for name in NOT_OURS.intersection(os.environ):
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """`start_log` gives ours a handler on standard error as it is then, which pytest closes with the test."""
    logs = [logging.getLogger(name) for name in ("glm_ui", "httpx", "httpcore")]
    before = [(log.handlers[:], log.level, log.propagate) for log in logs]
    yield
    for log, (handlers, level, propagate) in zip(logs, before, strict=True):
        log.handlers[:], log.propagate = handlers, propagate
        if log.level != level:  # or the levels that every logger remembers are forgotten, after each test
            log.setLevel(level)


@pytest.fixture
async def pool() -> AsyncIterator[None]:
    """The pooled client of this test's loop, closed at its end."""
    yield
    await clients.aclose()


@pytest.fixture(autouse=True, scope="module")
def _no_socket_is_left_open() -> Iterator[None]:
    """The garbage collector turns one into a warning, which is an error, in the module that left it. What is still in
    use then stays so, as a rule: the next collection need not walk it."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def up() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


class GivenSettings(Settings):
    """Settings from what is given alone. To look for each field in an environment that has none (`_no_environment`)
    takes 3 ms."""

    def __init__(self, **given: object) -> None:
        BaseModel.__init__(self, **given)


@pytest.fixture
def settings_for() -> Callable[..., Settings]:
    """`settings_for(up)`: every provider's address is the upstream's, with the canary as its key."""

    def make(upstream: Upstream, **more: object) -> Settings:
        values: dict[str, object] = {
            "zai_api_key": CANARY,
            "glm_ui_zai_base_url": f"{upstream.url}/api/paas/v4",
            "glm_ui_zai_anthropic_base_url": f"{upstream.url}/api/anthropic",
            "glm_ui_openrouter_base_url": f"{upstream.url}/api/v1",
            "glm_ui_huggingface_base_url": f"{upstream.url}/v1",
            "glm_ui_gateway_base_url": upstream.url,
            "glm_ui_connect_timeout": 2,
            "glm_ui_first_byte_timeout": 5,
            "glm_ui_silence_timeout": 5,
        }
        return GivenSettings(**(values | more))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            program("openssl"),
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
