"""The app on both ends: the page and the streaming backend ask the app's own gateway, in both protocols, by every name
of the table."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from gradio_client import Client

from glm_ui.backend import stream_chat
from glm_ui.catalogue import load
from glm_ui.errors import ContextTooLong, GlmUiError, RateLimited
from glm_ui.messages import ChatRequest, Message
from glm_ui.reply import Reply
from glm_ui.settings import Settings
from tests.browser.conftest import free_port, pointed_at, start_app, stop_app
from tests.serving import Served
from tests.upstream import Reply as Scripted
from tests.upstream import Request, Upstream, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
ASK = ChatRequest("", (Message.user("What is 7 times 6?"),))
USAGE = {"prompt_tokens": 30, "completion_tokens": 12, "prompt_tokens_details": {"cached_tokens": 10}}
PROVIDERS = ("gateway", "gateway-anthropic")
TARGETS = {"GLM-4-6-API-V1": "glm-4.6", "0727-360B-API": "glm-4.5", "glm-4.5v": "glm-4.5v"}


def settings_of(served: Served) -> Settings:
    return Settings(_env_file=None, glm_ui_gateway_base_url=served.url, glm_ui_retries=0)  # type: ignore[call-arg]


async def reply_of(served: Served, name: str, provider: str) -> Reply:
    reply = Reply()
    request = replace(ASK, model=name, provider=provider)
    async for event in stream_chat(request, settings=settings_of(served)):
        reply.add(event)
    return reply


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_name_of_the_table_answers_in_both_protocols(served: Served, provider: str) -> None:
    def answer(request: Request) -> Scripted:
        return Scripted(sse=openai_frames("Six sevens.", f"42 by {request.json['model']}", usage=USAGE))

    served.up.script(answer)
    for alias in load().aliases:
        reply = await reply_of(served, alias.name, provider)
        assert reply.answer == f"42 by {TARGETS[alias.target]}", alias.name
        assert reply.thinking == "Six sevens.", alias.name
        assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cached_tokens) == (
            30,
            12,
            10,
        )
        assert reply.finish == "stop"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("code", "status", "error"), [("1261", 400, ContextTooLong), ("1302", 429, RateLimited)]
)
async def test_a_failure_keeps_its_kind_through_the_gateway(
    served: Served, provider: str, code: str, status: int, error: type[GlmUiError]
) -> None:
    served.up.reply(
        status=status, body={"error": {"code": code, "message": "No."}}, headers={"retry-after": "99"}
    )
    with pytest.raises(error):
        await reply_of(served, "glm-4.6", provider)


def own_port() -> dict[str, str]:
    """9090, by which the page looks for a gateway where no setting names another; any other if somebody has it."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", 9090)):
        return {"GLM_UI_PORT": "9090"}
    port = free_port()
    return {"GLM_UI_PORT": str(port), "GLM_UI_GATEWAY_BASE_URL": f"http://localhost:{port}"}


@pytest.fixture(scope="module")
def itself() -> Iterator[Served]:
    """An app whose page has no gateway but the app's own, behind which stands Z.ai."""
    with Upstream() as upstream:
        others = {name: at for name, at in pointed_at(upstream.url).items() if "GATEWAY" not in name}
        app = start_app(**others, **own_port())
        yield Served(app, upstream)
        stop_app(app)


def turns_of(served: Served, door: str) -> int:
    told = httpx.get(f"{served.url}/metrics", trust_env=False).text
    return sum(
        int(float(n)) for n in re.findall(rf'^glm_ui_turns_total{{door="{door}".*}} (\S+)$', told, re.M)
    )


def test_the_page_talks_to_its_own_gateway_by_every_name(itself: Served) -> None:
    itself.up.script(
        lambda asked: Scripted(sse=openai_frames("Six sevens.", f"42 by {asked.json['model']}", usage=USAGE))
    )
    client = Client(itself.url, verbose=False, analytics_enabled=False)
    wanted = [(alias, provider) for alias in load().aliases for provider in PROVIDERS]
    jobs = [
        client.submit("What is 7 times 6?", alias.name, provider, api_name="/chat")
        for alias, provider in wanted
    ]
    assert len(jobs) == 62
    for (alias, provider), job in zip(wanted, jobs, strict=True):
        said = ("Six sevens.", f"42 by {TARGETS[alias.target]}")
        assert job.result(timeout=60) == said, (alias.name, provider)
    assert turns_of(itself, "gateway_client") == 62
    assert {request.path for request in itself.up.requests} == {"/api/paas/v4/chat/completions"}
