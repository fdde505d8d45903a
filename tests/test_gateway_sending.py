"""How a reply leaves the gateway: when its status is sent, what a silent client hears, and what its log says. The
middleware alone, in this process."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glm_ui.accounting.quota import Quota
from glm_ui.gateway.server import Gateway, Service
from glm_ui.serving.admission import Turnstile
from glm_ui.settings import Settings
from tests.upstream import Upstream, anthropic_frames, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
ASK = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50, "stream": True}
PATHS = ("/v1/chat/completions", "/anthropic/v1/messages", "/v1/responses")
STARTS = dict(
    zip(PATHS, (b'"role":"assistant"', b"event: message_start", b"event: response.created"), strict=True)
)
"""What a stream begins with."""
OFFLINE = Settings(_env_file=None)  # type: ignore[call-arg]


async def never(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("this is the gateway's")


class Answer:
    """What the gateway sent. `on_piece` is awaited with each piece of the body."""

    def __init__(self, on_piece: Callable[[bytes], Awaitable[None]] | None = None) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._on_piece = on_piece

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            assert not self.status, "a second response began"
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.body += message["body"]
        if self._on_piece and message["body"]:
            await self._on_piece(message["body"])


async def call(
    service: Service,
    method: str,
    path: str,
    body: bytes,
    answer: Answer,
    headers: dict[str, str] | None = None,
) -> Answer:
    sent = False

    async def receive() -> Any:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    named = {"host": "127.0.0.1:7860", **(headers or {})}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    await Gateway(never, service)(scope, receive, answer.send)
    return answer


@pytest.fixture
def service(up: Upstream, settings_for: Callable[..., Settings]) -> Service:
    own = settings_for(up, glm_ui_retries=0)
    return Service(own, Turnstile(Quota.of(own)))


@pytest.mark.parametrize("path", PATHS)
async def test_a_silent_client_is_told_that_it_is_awaited(
    service: Service, up: Upstream, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glm_ui.gateway.sending.QUIET", 0.05)
    up.reply(sse=openai_frames("", ["It is ", "42."]), hold=(0, 1))
    pings = 0

    async def heard(piece: bytes) -> None:
        nonlocal pings
        if b"ping" in piece or b": waiting" in piece:
            pings += 1
            up.release()

    body = {**ASK, "input": "Hi"}
    answer = await call(service, "POST", path, json.dumps(body).encode(), Answer(heard))
    assert pings >= 2, "before the first word, and between two"
    assert answer.status == 200
    said = answer.body.decode()
    assert said.index("It is ") < said.index("42.")
    assert answer.body.count(STARTS[path]) == 1


@pytest.mark.parametrize("path", PATHS)
async def test_a_failure_before_the_first_word_has_its_own_status(
    service: Service, up: Upstream, path: str
) -> None:
    up.reply(sse=[{"error": {"code": "1302", "message": "Slow down."}}])
    answer = await call(service, "POST", path, json.dumps({**ASK, "input": "Hi"}).encode(), Answer())
    assert answer.status == 429
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-should-retry"] == "true"


async def test_the_log_knows_a_request_by_its_id(
    service: Service, up: Upstream, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("glm_ui"), "propagate", True)
    up.reply(sse=openai_frames("", "secret words"))
    with caplog.at_level(logging.INFO, "glm_ui"):
        answer = await call(service, "POST", PATHS[0], json.dumps(ASK).encode(), Answer())
    (line,) = [r.glm_ui_turn for r in caplog.records if r.name == "glm_ui.turn"]
    assert line["turn"] == answer.headers["request-id"] == service.recent.answered[-1].id
    assert "secret words" not in caplog.text
    kept = service.recent.answered[-1]
    assert (kept.asked, kept.model, kept.ending) == ("glm-4.6", "glm-4.6", "stop")
    assert "secret" not in repr(kept)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "BREW"]),
    path=st.sampled_from([*PATHS, "/v1", "/anthropic/v1/messages/count_tokens"])
    | st.text(max_size=30).map(lambda end: f"/v1/models/{end}")
    | st.text(max_size=30).map(lambda end: f"/anthropic/{end}"),
    body=st.binary(max_size=40)
    | st.sampled_from(
        [b"[" * 5000, b'{"model":' * 900, b'{"model":"glm-4.6"}', b'{"messages":[{}],"input":[{}]}']
    ),
    headers=st.dictionaries(
        st.sampled_from(
            ["authorization", "x-api-key", "anthropic-version", "content-type", "x-think-tags-mode"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    ),
)
async def test_whatever_comes_the_answer_is_json_in_the_protocol_of_the_path(
    method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    service = Service(OFFLINE, Turnstile(Quota.of(OFFLINE)))
    answer = await call(service, method, path, body, Answer(), headers)
    assert 200 <= answer.status < 500, answer.body
    said = json.loads(answer.body)
    if answer.status >= 400:
        assert said["error"]["message"]
        anthropic = path.startswith("/anthropic") or "/messages" in path
        assert said.get("type") == ("error" if anthropic else None)
    assert answer.headers["request-id"]


async def test_an_anthropic_providers_own_signature_comes_back_to_it_and_no_other(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    own = settings_for(
        up,
        glm_ui_custom_base_url=f"{up.url}/own",
        glm_ui_custom_dialect="anthropic",
        glm_ui_custom_thinking="thinking",
        glm_ui_custom_models="glm-home",
    )
    service = Service(own, Turnstile(Quota.of(own)))
    frames = anthropic_frames("Six sevens.", "42")
    signature = {"type": "signature_delta", "signature": "theirs"}
    frames.insert(3, {"type": "content_block_delta", "index": 0, "delta": signature})
    up.reply(sse=frames)
    thinking = {"type": "enabled", "budget_tokens": 2000}
    ask = {**ASK, "model": "glm-home", "max_tokens": 9000, "thinking": thinking, "stream": False}
    path = "/anthropic/v1/messages"
    first = await call(service, "POST", path, json.dumps(ask).encode(), Answer())
    content = json.loads(first.body)["content"]
    assert [block["type"] for block in content] == ["thinking", "text"]
    foreign = {"type": "thinking", "thinking": "Another's.", "signature": "EqQBCkgIAxABGAIiQ"}
    history = [*ask["messages"], {"role": "assistant", "content": [foreign, *content]}, *ask["messages"]]
    await call(service, "POST", path, json.dumps({**ask, "messages": history}).encode(), Answer())
    sent = up.requests[-1].json["messages"][1]["content"]
    assert sent[0] == {"type": "thinking", "thinking": "Six sevens.", "signature": "theirs"}
    assert [block["type"] for block in sent] == ["thinking", "text"]


async def test_tools_reach_an_anthropic_provider_in_its_own_form(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    own = settings_for(
        up,
        glm_ui_custom_base_url=f"{up.url}/own",
        glm_ui_custom_dialect="anthropic",
        glm_ui_custom_models="glm-home",
    )
    up.reply(sse=anthropic_frames("", "42"))
    schema = {"type": "object", "properties": {}}
    call_ = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    ask = {
        "model": "glm-home",
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": None, "tool_calls": [call_]},
            {"role": "tool", "tool_call_id": "c1", "content": "1"},
            {"role": "system", "content": "In French."},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
    }
    service = Service(own, Turnstile(Quota.of(own)))
    answer = await call(service, "POST", PATHS[0], json.dumps(ask).encode(), Answer())
    assert answer.status == 200, answer.body
    sent = up.requests[-1].json
    assert sent["tools"] == [{"name": "f", "description": "", "input_schema": schema}]
    assert sent["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert [message["role"] for message in sent["messages"]] == ["user", "assistant", "user"]
    assert [block["type"] for block in sent["messages"][2]["content"]] == ["tool_result", "text"]
