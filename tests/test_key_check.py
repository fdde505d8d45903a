"""Whether a provider takes a visitor's key: the request that is free, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from glm_ui.settings import Settings
from glm_ui.ui.chat import key_routes
from glm_ui.ui.routes import routes
from glm_ui.ui.turn.run import Live
from tests.conftest import PAGE
from tests.upstream import Reply, Upstream

OWN = "a-visitors-own-key-1234567890"


@pytest.fixture
async def ask(pool: None, up: Upstream, settings_for: Callable[..., Settings]) -> Any:
    live = Live(settings_for(up))
    app = Starlette(routes=[*routes(live), *key_routes.routes(live)])
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example") as client:
        yield client


async def saved(ask: httpx.AsyncClient, provider: str) -> httpx.Response:
    said = {"session": PAGE, "provider": provider}
    await ask.post("/glm_ui/key", json=said | {"key": OWN})
    return await ask.post("/glm_ui/key/check", json=said)


@pytest.mark.parametrize(
    ("provider", "path"), [("zai", "/models"), ("zai-anthropic", "/models"), ("openrouter", "/key")]
)
async def test_a_key_is_checked_by_a_request_that_costs_nothing(
    ask: httpx.AsyncClient, up: Upstream, provider: str, path: str
) -> None:
    up.reply(Reply(body={"data": []}))
    assert (await saved(ask, provider)).json() == {"checked": True}
    (request,) = up.requests
    assert (request.method, request.path.endswith(path)) == ("GET", True)
    assert request.headers["authorization"] == f"Bearer {OWN}"


async def test_what_is_wrong_with_a_key_is_told_without_it(ask: httpx.AsyncClient, up: Upstream) -> None:
    up.reply(Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}}))
    answer = await saved(ask, "zai")
    assert answer.status_code == 502
    error = answer.json()["error"]
    assert error["what"]
    assert error["todo"]
    assert OWN not in answer.text


async def test_a_provider_whose_list_is_public_is_not_asked(ask: httpx.AsyncClient, up: Upstream) -> None:
    assert (await saved(ask, "huggingface")).json() == {"checked": False}
    assert up.requests == []


async def test_the_owners_key_is_not_examined_for_visitors(ask: httpx.AsyncClient, up: Upstream) -> None:
    answer = await ask.post("/glm_ui/key/check", json={"session": PAGE, "provider": "zai"})
    assert answer.status_code == 400
    assert "no key of yours" in answer.json()["error"]["what"]
    assert up.requests == []
