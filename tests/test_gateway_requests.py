"""The readers of the gateway's three protocols: what becomes of a whole request, and that no request breaks them."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_ui.errors import BadInput
from glm_ui.gateway import signatures
from glm_ui.gateway.asked import Asked
from glm_ui.gateway.chat import request as chat
from glm_ui.gateway.messages import request as messages
from glm_ui.gateway.responses import request as responses
from glm_ui.messages import (
    Image,
    JsonSchema,
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    ToolResult,
)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
DATA_URL = "data:image/png;base64,iVBORw0KGgo="

CHAT: dict[str, Any] = {
    "model": "glm-4.6",
    "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": DATA_URL}}],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "system", "content": "Now in French."},
        {"role": "user", "content": "Go on."},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "reasoning_effort": "high",
    "stop": ["END"],
    "max_completion_tokens": 10,
    "temperature": 0.5,
    "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA, "strict": True}},
    "stream": True,
    "stream_options": {"include_usage": True},
    "logit_bias": {"1": 2},
    "user": "me",
}  # fmt: skip
MESSAGES: dict[str, Any] = {
    "model": "claude-opus-5-5[1m]",
    "max_tokens": 32000,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2"},
        {"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}},
    ],
    "messages": [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": signatures.sealed({"signature": "s"})},
                {"type": "thinking", "thinking": "theirs", "signature": "foreign"},
                {"type": "redacted_thinking", "data": "foreign"},
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"city": "Rome"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "c1",
                    "is_error": True,
                    "content": [{"type": "text", "text": "no"}],
                },
                {"type": "text", "text": "Go on."},
            ],
        },
        {"role": "system", "content": [{"type": "text", "text": "Now in French."}]},
        {"role": "assistant", "content": "Je"},
    ],
    "tools": [
        {"name": "f", "input_schema": SCHEMA, "type": "custom", "defer_loading": True},
        {"type": "web_search_20250305", "name": "web_search"},
    ],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 31999},
    "context_management": {"edits": []},
    "metadata": {"user_id": "u"},
}  # fmt: skip
RESPONSES: dict[str, Any] = {
    "model": "glm-4.6",
    "instructions": "Be short.",
    "input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind."}]},
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "not json"},
        {"type": "function_call_output", "call_id": "c1", "output": "1"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    ],
    "tools": [{"type": "function", "name": "f", "parameters": SCHEMA}],
    "tool_choice": "required",
    "reasoning": {"effort": "low", "summary": "auto"},
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "text": {"format": {"type": "json_object"}, "verbosity": "low"},
}

Read = Callable[[Mapping[str, Any]], Asked]
READERS: dict[str, tuple[Read, dict[str, Any]]] = {
    "chat": (lambda body: chat.read_request(body, {}), CHAT),
    "messages": (lambda body: messages.read_request(body, {}), MESSAGES),
    "responses": (lambda body: responses.read_request(body, {}), RESPONSES),
}


def test_a_chat_request_is_read_whole() -> None:
    asked = chat.read_request(CHAT, {}, "req_1")
    request = asked.request
    assert asked.stream
    assert (request.system, request.response_id) == ("Be short.\n\nBe kind.", "req_1")
    assert [message.role for message in request.messages] == ["user", "assistant", "user", "system", "user"]
    assert request.messages[1].parts == (Thinking("hm"), ToolCall("c1", "f", "{}"))
    assert request.messages[2].parts == (ToolResult("c1", "1"),)
    assert request.tools == (ToolDefinition("f", "d", SCHEMA),)
    assert request.tool_choice == ToolChoice("named", "f")
    assert (request.thinking, request.effort, request.parallel_tool_calls) == (True, "high", False)
    assert request.json_schema == JsonSchema(SCHEMA, "a", True)
    assert (request.sampling.max_tokens, request.sampling.stop) == (10, ("END",))


def test_a_messages_request_is_read_whole() -> None:
    request = messages.read_request(MESSAGES, {}).request
    assert request.system == "Be short."
    assert [message.role for message in request.messages] == [
        "user",
        "assistant",
        "user",
        "system",
        "assistant",
    ]
    assert request.messages[1].parts == (
        Thinking("hm", {"signature": "s"}),
        Thinking("theirs"),
        Text("Let me see."),
        ToolCall("c1", "f", '{"city":"Rome"}'),
    )
    assert request.messages[2].parts == (ToolResult("c1", "no", is_error=True), Text("Go on."))
    assert [tool.name for tool in request.tools] == ["f"]
    assert (request.tool_choice.mode, request.parallel_tool_calls) == ("required", False)
    assert (request.thinking, request.effort, request.continues) == (True, "high", True)


def test_a_responses_request_is_read_whole() -> None:
    request = responses.read_request(RESPONSES, {}).request
    assert request.system == "Be short.\n\nBe kind."
    assert request.messages == (
        Message.user("Hi"),
        Message("assistant", (Thinking("hm"), Text("Let me see."), ToolCall("c1", "f", "not json"))),
        Message("user", (ToolResult("c1", "1"),)),
    )
    assert (request.tool_choice.mode, request.effort, request.sampling.json_output) == (
        "required",
        "low",
        True,
    )


@pytest.mark.parametrize(
    ("said", "headers", "thinking", "hidden"),
    [
        ({}, {}, None, False),
        ({"thinking": {"type": "disabled"}}, {}, False, True),
        ({"reasoning_effort": "none"}, {}, False, True),
        ({"reasoning_effort": "low"}, {}, True, False),
        ({"chat_template_kwargs": {"enable_thinking": False}}, {}, False, True),
        ({"reasoning": {"enabled": True}}, {}, True, False),
        ({}, {"x-feature-thinking": "false"}, False, True),
        ({}, {"x-feature-thinking": "true", "x-think-tags-mode": "strip"}, True, True),
    ],
)
def test_chat_clients_have_many_ways_to_ask_for_thinking(
    said: dict[str, Any], headers: dict[str, str], thinking: bool | None, hidden: bool
) -> None:
    asked = chat.read_request(
        {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **said}, headers
    )
    assert (asked.request.thinking, asked.thinking_hidden) == (thinking, hidden)


@pytest.mark.parametrize(
    ("protocol", "field", "value", "param"),
    [
        ("chat", "n", 17, "n"),
        ("chat", "top_logprobs", 21, "top_logprobs"),
        ("chat", "temperature", 3, "temperature"),
        ("chat", "messages", [], "messages"),
        ("chat", "messages", [{"role": "user", "content": 5}], "messages[0].content"),
        ("chat", "messages", [{"role": "robot", "content": "x"}], "messages[0].role"),
        ("chat", "model", 7, "model"),
        ("chat", "stop", ["x"] * 17, "stop"),
        ("chat", "functions", [], "functions"),
        ("messages", "max_tokens", "many", "max_tokens"),
        ("messages", "messages", None, "messages"),
        ("messages", "tool_choice", {"type": "tool", "name": "gone"}, "tool_choice.name"),
        ("messages", "messages", [{"role": "user", "content": [{"type": "image", "source": {"type": "file"}}]}],
         "messages[0].content[0].source.type"),
        ("responses", "input", [], "input"),
        ("responses", "input", [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}],
         "input[0].content[0].image_url"),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_is_named(protocol: str, field: str, value: Any, param: str) -> None:
    read, whole = READERS[protocol]
    with pytest.raises(BadInput) as wrong:
        read({**whole, field: value})
    assert wrong.value.details["param"] == param
    assert wrong.value.what.startswith(param)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "role", "content", "text", "name", "id", "source", "data", "url", "function", "input", "x"]), inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize("protocol", READERS)
@given(data=st.data())
def test_no_request_breaks_a_reader(protocol: str, data: st.DataObject) -> None:
    """One value, anywhere in a whole request, is anything."""
    read, whole = READERS[protocol]
    body = copy.deepcopy(whole)
    place: Any = body
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = data.draw(ANY)
    try:
        asked = read(body)
    except BadInput as wrong:
        named = wrong.details.get("param")
    else:
        named = asked.request.messages
    assert named, "the error names no field, or nothing was read"


@pytest.mark.parametrize("opaque", [{}, {"signature": "abc"}, {"redacted_thinking": "x"}, {"lead": "\n"}])
def test_what_a_provider_needs_back_survives_the_client(opaque: dict[str, Any]) -> None:
    sealed = signatures.sealed(opaque)
    assert sealed
    assert (signatures.opened(sealed) or {}) == opaque


@pytest.mark.parametrize(
    "signature", ["", None, "EqQBCkgIAxABGAIiQ", "glmui.", "glmui.!!!", "glmui.W10", "glmui.eyJ4IjoxfQ"]
)
def test_a_signature_that_is_not_ours_holds_nothing(signature: str | None) -> None:
    assert signatures.opened(signature) is None


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(40), b"\xff\xd8\xff" + bytes(40)])
def test_a_picture_may_come_in_base64_alone(data: bytes) -> None:
    """Z.ai's own SDK takes the beginning off a data URL."""
    bare = base64.b64encode(data).decode()
    part = {"type": "image_url", "image_url": {"url": bare}}
    body = {"model": "m", "messages": [{"role": "user", "content": [part]}]}
    (image,) = chat.read_request(body, {}).request.messages[0].parts
    assert isinstance(image, Image)
    assert (image.data, image.mime) == (data, "image/png" if data[:1] == b"\x89" else "image/jpeg")


@pytest.mark.parametrize(
    "address", ["iVBORw0KGgo", "iVBORw0KGgoAAAA!", "aGVsbG8gdGhlcmUgYWxsIG9mIHlvdQ==", "", "ftp://x"]
)
def test_what_is_neither_picture_nor_address_is_refused(address: str) -> None:
    part = {"type": "image_url", "image_url": {"url": address}}
    body = {"model": "m", "messages": [{"role": "user", "content": [part]}]}
    with pytest.raises(BadInput):
        chat.read_request(body, {})
