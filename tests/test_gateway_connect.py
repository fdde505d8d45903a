"""What the Connect view is given: configurations that parse in each program's format, the last requests for the owner
alone, and nothing of what was said unless the owner wants it."""

from __future__ import annotations

import ast
import json
import shlex
import tomllib
from collections.abc import Callable
from typing import Any, get_type_hints

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware

from glm_ui.gateway.recent import Record
from glm_ui.gateway.server import Gateway
from glm_ui.serving.identity import Caller
from glm_ui.serving.ownership import is_owner
from glm_ui.settings import Settings
from glm_ui.ui.answers import ProgramRequest
from glm_ui.ui.models import routes as models_routes
from glm_ui.ui.models.clients import CLIENTS, PATHS, At
from glm_ui.ui.turn.run import Live
from tests.upstream import Upstream, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
NASTY = "glm\"4'6$(x) \\n"
SESSION = "a" * 40
Make = Callable[..., Settings]


def page_of(settings: Settings) -> httpx.AsyncClient:
    """The page's routes and the gateway, as one app that only this machine reaches."""
    live = Live(settings)
    app = Starlette(routes=models_routes.routes(live), middleware=[Middleware(Gateway, service=live.gateway)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7860")


async def said(page: httpx.AsyncClient, path: str, **body: Any) -> Any:
    got = await page.post(f"/glm_ui/{path}", json={"session": SESSION, **body})
    return got.json()


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_every_configuration_holds_address_and_model_in_its_own_language(client: Any) -> None:
    at = At("http://127.0.0.1:9090", NASTY, "sk-glmui-YOUR-KEY")
    found = client.public(at)
    texts = []
    for block in found["blocks"]:
        match block["language"]:
            case "json":
                texts.append(json.dumps(json.loads(block["text"]), ensure_ascii=False).replace("\\\\", "\\"))
            case "ini":
                texts.append(repr(tomllib.loads(block["text"])))
                assert NASTY in tomllib.loads(block["text"]).values()
            case "python":
                tree = ast.parse(block["text"])
                texts += [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) if n.value]
            case "bash":
                texts += shlex.split(block["text"].replace("\\\n", " "))
            case _:
                texts.append(block["text"])
    everything = "\n".join(map(str, texts))
    assert "http://127.0.0.1:9090/" in everything
    assert "sk-glmui-YOUR-KEY" in everything
    if client.key not in ("codex", "opencode", "curl"):  # theirs are escaped once more in the joined text
        assert NASTY in everything or json.dumps(NASTY) in everything
    assert found["test"]["path"] in PATHS.values()
    assert found["test"]["body"]["model"] == NASTY


async def test_a_configuration_tells_what_the_model_takes(up: Upstream, settings_for: Make) -> None:
    """opencode drops pictures, and never shortens a conversation, where nobody tells it."""
    async with page_of(settings_for(up)) as page:
        told = await said(page, "connect", address="http://127.0.0.1:7860", model="glm-4.5v")
    (shown,) = (client for client in told["clients"] if client["key"] == "opencode")
    model = json.loads(shown["blocks"][0]["text"])["provider"]["glm-ui"]["models"]["glm-4.5v"]
    assert model["modalities"] == {"input": ["text", "image"], "output": ["text"]}
    assert model["limit"] == {"context": 65536, "output": 16384}


async def test_the_view_says_who_answers_or_what_is_wrong(up: Upstream, settings_for: Make) -> None:
    async with page_of(settings_for(up)) as page:
        told = await said(page, "connect", address="http://127.0.0.1:7860", model="claude-sonnet-4-20250514")
        assert told["answers"]["model"] == "GLM-4.6"
        assert (told["state"], told["owner"], told["keeps_content"]) == ("open", True, False)
        told = await said(page, "connect", address="http://127.0.0.1:7860", model="gpt-9")
        assert told["answers"] is None
        assert "gpt-9" in told["problem"]["what"]
        refused = await said(page, "connect", address="javascript:alert(1)", model="glm-4.6")
        assert "address" in refused["error"]["what"]


ASK = {"model": "glm-4.6", "messages": [{"role": "user", "content": "secret question"}]}
USAGE = {"prompt_tokens": 1_000_000, "completion_tokens": 0}


@pytest.mark.parametrize("keeps", [False, True])
async def test_the_owner_sees_what_programs_asked_and_content_only_where_it_is_kept(
    up: Upstream, settings_for: Make, keeps: bool
) -> None:
    up.reply(sse=openai_frames("", "secret answer", usage=USAGE))
    async with page_of(settings_for(up, glm_ui_gateway_keep_content=keeps)) as page:
        await page.post("/v1/chat/completions", json=ASK, headers={"user-agent": "aider/0.86"})
        await page.post("/v1/chat/completions", json={**ASK, "model": "gpt-9"})
        refused, answered = (await said(page, "connect/recent"))["requests"]
        assert (answered["program"], answered["asked"], answered["ending"]) == (
            "aider/0.86",
            "glm-4.6",
            "stop",
        )
        assert answered["input_tokens"] == 1_000_000
        assert answered["cost"] == pytest.approx(0.6)
        assert refused["ending"] == "unknown_model"
        assert "gpt-9" in refused["said"]
        shown = await said(page, "request", turn=answered["id"])
        assert shown["kept"] is keeps
        assert shown["headers"]["Authorization"] == "Bearer $ZAI_API_KEY"
        assert ("secret question" in json.dumps(shown), "secret answer" in json.dumps(shown)) == (
            keeps,
            keeps,
        )


async def test_a_test_shows_its_own_wire_to_the_page_that_began_it_alone(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(sse=openai_frames("", "Hello."))
    async with page_of(settings_for(up)) as page:
        begun = await said(page, "connect/test")
        headers = {"x-glm-ui-trace": begun["token"]}
        for _ in range(2):  # a token serves once
            await page.post("/v1/chat/completions", json=ASK, headers=headers)
        mine = await said(page, "request", turn=begun["turn"])
        assert mine["body"]["messages"][0]["content"] == "secret question"
        assert "Hello." in mine["raw"]["text"]
        others = await said(page, "request", turn=begun["turn"], session="b" * 40)
        assert "error" in others
        listed = (await said(page, "connect/recent"))["requests"]
        for one in listed:
            assert "secret" not in json.dumps(await said(page, "request", turn=one["id"]))


async def test_who_is_not_the_owner_sees_no_request(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", "Hello."))
    async with page_of(settings_for(up, glm_ui_gateway_keep_content=True)) as page:
        await page.post("/v1/chat/completions", json=ASK)
        (answered,) = (await said(page, "connect/recent"))["requests"]
        page.headers["x-forwarded-for"] = "203.0.113.7"
        assert "Only the owner" in (await said(page, "connect/recent"))["error"]["what"]
        assert "error" in await said(page, "request", turn=answered["id"])
        assert (await said(page, "connect", address="http://a", model=""))["owner"] is False


HOME = {"host": "127.0.0.1:7860"}
SPACE = {"space_id": "anna/glm-ui"}


@pytest.mark.parametrize(
    ("settings", "name", "headers", "owner"),
    [
        ({}, "", HOME, True),
        ({}, "", {"host": "localhost:7860"}, True),
        ({}, "", {"host": "evil.example"}, False),
        ({}, "", HOME | {"x-forwarded-for": "127.0.0.1"}, False),
        ({"glm_ui_host": "0.0.0.0"}, "", HOME, False),
        ({"glm_ui_auth": "anna:pw,ben:pw"}, "", HOME, False),
        ({"glm_ui_auth": "anna:pw,ben:pw"}, "user:anna", HOME, True),
        ({"glm_ui_auth": "anna:pw,ben:pw"}, "user:ben", HOME, False),
        (SPACE, "", HOME, False),
        (SPACE, "hf:anna", {"host": "anna-glm-ui.hf.space"}, True),
        (SPACE, "user:anna", HOME, False),
        (SPACE, "hf:ben", HOME, False),
    ],
)
def test_who_the_owner_is(settings: dict[str, Any], name: str, headers: dict[str, str], owner: bool) -> None:
    own = Settings(_env_file=None, **settings)
    scope = {"type": "http", "client": ("127.0.0.1", 1), "headers": Headers(headers).raw}
    assert is_owner(Caller("id", name), scope, own) is owner


@pytest.mark.parametrize(
    ("client", "settings", "owner"),
    [
        ("::1", {}, True),
        ("192.168.0.9", {}, False),
        ("not an address", {}, False),
        ("127.0.0.1", {"glm_ui_trusted_proxies": ("127.0.0.1/32",)}, False),
    ],
)
def test_the_owner_asks_from_this_machine_with_nothing_between(
    client: str, settings: dict[str, Any], owner: bool
) -> None:
    own = Settings(_env_file=None, **settings)
    scope = {"type": "http", "client": (client, 1), "headers": Headers(HOME).raw}
    assert is_owner(Caller("id", ""), scope, own) is owner


async def test_what_is_kept_is_bounded_and_refusals_push_nothing_out(
    up: Upstream, settings_for: Make
) -> None:
    up.script(lambda _: openai_reply())
    live = Live(settings_for(up, glm_ui_gateway_keep_content=True))
    live.gateway.recent.most_bytes = 4_000
    app = Starlette(middleware=[Middleware(Gateway, service=live.gateway)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as program:
        for _ in range(8):
            await program.post("/v1/chat/completions", json=ASK)
        for _ in range(100):
            await program.post("/v1/chat/completions", json={"model": "gpt-9", "messages": ASK["messages"]})
    recent = live.gateway.recent
    kept = [record for record in recent.answered if recent.find(record.id)]
    assert len(recent.answered) == 8
    assert 1 <= len(kept) < 8
    assert len(recent.refused) == 30


def test_what_the_page_is_told_of_a_request_is_what_is_kept_of_it() -> None:
    assert get_type_hints(ProgramRequest) == get_type_hints(Record) | {"provider_name": str}


def openai_reply() -> Any:
    from tests.upstream import Reply

    return Reply(sse=openai_frames("", "x" * 900))
