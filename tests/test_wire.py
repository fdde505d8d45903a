"""What reaches a real HTTP server: every option, at every provider that takes it, read back from the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from glm_ui.backend import stream_chat
from glm_ui.events import Started
from glm_ui.messages import ChatRequest, Image, Message, Sampling, Text, Thinking
from glm_ui.settings import Settings
from tests.conftest import CANARY
from tests.upstream import Reply, Request, Upstream, anthropic_frames, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
ASK = ChatRequest("glm-4.6", (Message.user("What is 7 times 6?"),))
ABSENT = "(not sent)"


def answer(request: Request) -> Reply:
    return Reply(sse=(anthropic_frames if request.path.endswith("/messages") else openai_frames)("", "42"))


@pytest.fixture
def send(up: Upstream, settings_for: Callable[..., Settings]) -> Callable[..., Any]:
    """Sends a request to a provider and gives back what arrived, and the notes that the person gets."""
    up.script(answer)

    async def go(request: ChatRequest, provider: str, **more: Any) -> tuple[Request, tuple[str, ...]]:
        keys = dict.fromkeys(("openrouter_api_key", "hf_token", "gateway_api_key"), CANARY)
        settings = settings_for(up, **(keys | {"glm_ui_custom_base_url": f"{up.url}/v1"} | more))
        events = [e async for e in stream_chat(replace(request, provider=provider), settings=settings)]
        return up.requests[-1], next(e.notes for e in events if isinstance(e, Started))

    return go


def at(body: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(body, dict) or step not in body:
            return ABSENT
        body = body[step]
    return body


# ---- where it goes and who it says it is


@pytest.mark.parametrize(
    ("provider", "path", "wire_id"),
    [
        ("zai", "/api/paas/v4/chat/completions", "glm-4.6"),
        ("zai-anthropic", "/api/anthropic/v1/messages", "glm-4.6"),
        ("gateway", "/v1/chat/completions", "GLM-4-6-API-V1"),
        ("gateway-anthropic", "/anthropic/v1/messages", "glm-4.6"),
        ("openrouter", "/api/v1/chat/completions", "z-ai/glm-4.6"),
        ("huggingface", "/v1/chat/completions", "zai-org/GLM-4.6"),
    ],
)
async def test_each_provider_gets_its_path_id_and_key(
    send: Callable[..., Any], provider: str, path: str, wire_id: str
) -> None:
    got, _ = await send(ASK, provider)
    assert (got.method, got.path) == ("POST", path)
    assert got.json["model"] == wire_id
    assert got.json["stream"] is True
    assert got.headers["content-type"] == "application/json"
    assert CANARY in (got.headers.get("authorization", "") + got.headers.get("x-api-key", ""))


@pytest.mark.parametrize(
    ("provider", "header", "value"),
    [
        ("zai", "accept-language", "en-US,en"),
        ("openrouter", "x-title", "GLM UI"),
        ("zai-anthropic", "anthropic-version", "2023-06-01"),
        ("gateway", "x-think-tags-mode", "separate"),
        ("gateway", "x-feature-thinking", "true"),
        ("zai", "accept-encoding", "identity"),
    ],
)
async def test_each_provider_gets_its_headers(
    send: Callable[..., Any], provider: str, header: str, value: str
) -> None:
    got, _ = await send(ASK, provider)
    assert got.headers[header] == value


async def test_the_custom_server_gets_its_own_name_for_a_model_and_no_key(send: Callable[..., Any]) -> None:
    got, _ = await send(replace(ASK, model="my-tiny-glm"), "custom")
    assert got.json["model"] == "my-tiny-glm"
    assert CANARY not in repr(got.headers)


async def test_the_custom_server_can_speak_the_other_dialect(send: Callable[..., Any], up: Upstream) -> None:
    more = {
        "glm_ui_custom_dialect": "anthropic",
        "glm_ui_custom_base_url": up.url,
        "glm_ui_custom_api_key": "own-key",
    }
    got, _ = await send(replace(ASK, model="my-tiny-glm"), "custom", **more)
    assert got.path == "/v1/messages"
    assert "own-key" in got.headers.get("x-api-key", "") + got.headers.get("authorization", "")


# ---- sampling

VALUES: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.5,
    "top_k": 20,
    "max_tokens": 2000,
    "stop": ("END",),
    "seed": 7,
    "presence_penalty": 0.5,
    "frequency_penalty": 0.25,
    "json_output": True,
}
OPENAI = {
    "temperature": ("temperature", 0.5),
    "top_p": ("top_p", 0.5),
    "top_k": ("top_k", 20),
    "max_tokens": ("max_tokens", 2000),
    "stop": ("stop", ["END"]),
    "seed": ("seed", 7),
    "presence_penalty": ("presence_penalty", 0.5),
    "frequency_penalty": ("frequency_penalty", 0.25),
    "json_output": ("response_format", {"type": "json_object"}),
}
ANTHROPIC = {
    "temperature": ("temperature", 0.5),
    "top_p": ("top_p", 0.5),
    "max_tokens": ("max_tokens", 2000),
    "stop": ("stop_sequences", ["END"]),
    "top_k": ("top_k", 20),
    "seed": ("seed", ABSENT),
    "presence_penalty": ("presence_penalty", ABSENT),
    "frequency_penalty": ("frequency_penalty", ABSENT),
    "json_output": ("response_format", ABSENT),
}
TAKES = {
    "zai": "temperature top_p max_tokens stop json_output",
    "zai-anthropic": "temperature top_p max_tokens stop",
    "gateway": "",
    "gateway-anthropic": "max_tokens",
    "openrouter": "temperature top_p max_tokens stop seed presence_penalty frequency_penalty json_output top_k",
    "huggingface": "temperature top_p max_tokens stop seed presence_penalty frequency_penalty json_output",
    "custom": "temperature top_p max_tokens stop seed presence_penalty frequency_penalty json_output",
}


@pytest.mark.parametrize("provider", TAKES)
async def test_each_sampling_option_arrives_or_is_said_to_be_left_out(
    send: Callable[..., Any], provider: str
) -> None:
    for option in VALUES:
        sampling = Sampling(**{option: VALUES[option]})
        got, notes = await send(replace(ASK, sampling=sampling, thinking=False), provider)
        field, value = (ANTHROPIC if provider.endswith("anthropic") else OPENAI)[option]
        if option in TAKES[provider].split():
            assert at(got.json, field) == value
            assert not any("left out" in note for note in notes)
        else:
            assert at(got.json, field) == ABSENT
            assert any("left out" in note for note in notes)


@pytest.mark.parametrize("provider", TAKES)
async def test_what_was_not_chosen_is_not_sent(send: Callable[..., Any], provider: str) -> None:
    got, _ = await send(ASK, provider)
    chosen = {
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "stop_sequences",
        "seed",
        "presence_penalty",
        "response_format",
    }
    assert chosen.isdisjoint(got.json)


@pytest.mark.parametrize(
    ("sampling", "field", "value"),
    [
        (Sampling(temperature=1.7), "temperature", 1),
        (Sampling(top_p=0.0), "top_p", 0.01),
        (Sampling(max_tokens=10_000_000), "max_tokens", 131_072),
        (Sampling(stop=("A", "B")), "stop", ["A"]),
    ],
)
async def test_what_zai_would_refuse_is_clamped_and_said_so(
    send: Callable[..., Any], sampling: Sampling, field: str, value: Any
) -> None:
    got, notes = await send(replace(ASK, sampling=sampling), "zai")
    assert got.json[field] == value
    assert len(notes) == 1


# ---- thinking


@pytest.mark.parametrize(
    ("provider", "model", "on", "path", "value"),
    [
        ("zai", "glm-4.6", True, "thinking.type", "enabled"),
        ("zai", "glm-4.6", False, "thinking.type", "disabled"),
        ("zai", "glm-5.3", False, "thinking.type", "enabled"),
        ("zai-anthropic", "glm-4.6", True, "thinking.type", "enabled"),
        ("zai-anthropic", "glm-4.6", False, "thinking.type", "disabled"),
        ("openrouter", "glm-4.6", True, "reasoning.enabled", True),
        ("openrouter", "glm-4.6", False, "reasoning.enabled", False),
        ("huggingface", "glm-4.6", False, "thinking", ABSENT),
        ("custom", "some-model", True, "thinking", ABSENT),
        ("custom", "some-model", True, "chat_template_kwargs", ABSENT),
    ],
)
async def test_the_thinking_switch_is_said_as_the_provider_wants_it(
    send: Callable[..., Any], provider: str, model: str, on: bool, path: str, value: Any
) -> None:
    got, _ = await send(replace(ASK, model=model, thinking=on), provider)
    assert at(got.json, path) == value


@pytest.mark.parametrize(
    ("style", "path", "on", "off"),
    [
        ("thinking", "thinking.type", "enabled", "disabled"),
        ("reasoning", "reasoning.enabled", True, False),
        ("chat_template_kwargs", "chat_template_kwargs.enable_thinking", True, False),
        ("reasoning_effort", "reasoning_effort", "medium", "none"),
    ],
)
async def test_the_custom_server_gets_the_switch_that_the_owner_named(
    send: Callable[..., Any], style: str, path: str, on: Any, off: Any
) -> None:
    for thinking, value in ((True, on), (False, off)):
        request = replace(ASK, model="some-model", thinking=thinking)
        got, _ = await send(request, "custom", glm_ui_custom_thinking=style)
        assert at(got.json, path) == value


@pytest.mark.parametrize(("on", "value"), [(True, "true"), (False, "false")])
async def test_the_gateway_gets_the_switch_in_a_header_and_none_in_the_body(
    send: Callable[..., Any], on: bool, value: str
) -> None:
    got, _ = await send(replace(ASK, thinking=on), "gateway")
    assert got.headers["x-feature-thinking"] == value
    assert "thinking" not in got.json


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("zai", "reasoning_effort"),
        ("zai-anthropic", "output_config.effort"),
        ("openrouter", "reasoning.effort"),
    ],
)
async def test_the_effort_level_arrives(send: Callable[..., Any], provider: str, path: str) -> None:
    got, _ = await send(replace(ASK, model="glm-5.3", effort="low"), provider)
    assert at(got.json, path) == "low"


# ---- the conversation

HISTORY = (
    Message.user("Hi"),
    Message("assistant", (Thinking("They greet."), Text("Hello!"))),
    Message.user("What is 7 times 6?"),
)


@pytest.mark.parametrize("provider", TAKES)
async def test_the_system_prompt_arrives(send: Callable[..., Any], provider: str) -> None:
    got, _ = await send(replace(ASK, system="Be brief."), provider)
    if provider.endswith("anthropic"):
        assert "Be brief." in repr(got.json["system"])
    else:
        assert got.json["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize("provider", TAKES)
async def test_the_history_arrives_in_order(send: Callable[..., Any], provider: str) -> None:
    got, _ = await send(replace(ASK, messages=HISTORY), provider)
    assert [m["role"] for m in got.json["messages"]] == ["user", "assistant", "user"]
    assert "Hello!" in repr(got.json["messages"][1])


async def test_zai_gets_its_thinking_back_and_is_told_to_keep_it(send: Callable[..., Any]) -> None:
    got, _ = await send(replace(ASK, messages=HISTORY), "zai")
    assert got.json["messages"][1]["reasoning_content"] == "They greet."
    assert got.json["thinking"] == {"type": "enabled", "clear_thinking": False}


@pytest.mark.parametrize("provider", ["gateway", "huggingface", "custom"])
async def test_where_thinking_is_not_wanted_back_it_stays_here(
    send: Callable[..., Any], provider: str
) -> None:
    got, _ = await send(replace(ASK, messages=HISTORY), provider)
    assert b"They greet." not in got.body


async def test_a_picture_arrives_whole(send: Callable[..., Any]) -> None:
    pixels = bytes(range(256)) * 40
    message = Message("user", (Image(data=pixels, mime="image/png"), Text("What is this?")))
    got, _ = await send(replace(ASK, model="glm-4.5v", messages=(message,)), "zai")
    import base64

    assert base64.b64encode(pixels) in got.body


async def test_usage_is_asked_for_where_it_must_be(send: Callable[..., Any]) -> None:
    got, _ = await send(replace(ASK, model="some-model"), "custom")
    assert got.json["stream_options"] == {"include_usage": True}
    got, _ = await send(ASK, "zai")
    assert "stream_options" not in got.json
