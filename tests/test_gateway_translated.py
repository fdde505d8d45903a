"""A conversation in each of the gateway's protocols, as it reaches a server of each dialect, and what comes back: tools
with results and pictures, system messages in the middle, stop words, counts, and an overflow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from glm_ui.settings import Settings
from tests.test_gateway_clients import PIXEL
from tests.test_gateway_passed_on import CHAT, MESSAGES, RESPONSES, ask_own_server
from tests.test_gateway_sending import PATHS, Answer
from tests.upstream import Upstream, anthropic_frames, openai_frames

pytestmark = pytest.mark.usefixtures("pool")


@pytest.fixture
def asked(up: Upstream, settings_for: Callable[..., Settings]) -> Callable[..., Any]:
    """`asked(path, dialect, **body)`: the answer of a gateway before the owner's own server of this dialect."""

    async def ask(path: str, dialect: str = "openai", **more: Any) -> Answer:
        return await ask_own_server(settings_for, up, path, dialect, **more)

    return ask


WORDS = {"type": "object", "properties": {}}
SHOT = f"data:image/png;base64,{PIXEL}"
CALLS = [("c1", "look"), ("c2", "look")]
CONVERSATIONS: dict[str, dict[str, Any]] = {
    CHAT: {
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "Look twice."},
            {"role": "assistant", "tool_calls": [
                {"id": i, "type": "function", "function": {"name": n, "arguments": "{}"}} for i, n in CALLS
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": [
                {"type": "text", "text": "a dot"}, {"type": "image_url", "image_url": {"url": SHOT}}
            ]},
            {"role": "tool", "tool_call_id": "c2", "content": "dark"},
            {"role": "system", "content": "In French."},
            {"role": "user", "content": "Well?"},
        ],
        "tools": [{"type": "function", "function": {"name": "look", "parameters": WORDS}}],
        "stop": ["END", "FIN"],
    },
    MESSAGES: {
        "system": "Be short.",
        "messages": [
            {"role": "user", "content": "Look twice."},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": i, "name": n, "input": {}} for i, n in CALLS
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": [
                    {"type": "text", "text": "a dot"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                ]},
                {"type": "tool_result", "tool_use_id": "c2", "content": "dark"},
            ]},
            {"role": "system", "content": "In French."},
            {"role": "user", "content": "Well?"},
        ],
        "tools": [{"name": "look", "input_schema": WORDS}],
        "stop_sequences": ["END", "FIN"],
    },
    RESPONSES: {
        "instructions": "Be short.",
        "input": [
            {"role": "user", "content": "Look twice."},
            *({"type": "function_call", "call_id": i, "name": n, "arguments": "{}"} for i, n in CALLS),
            {"type": "function_call_output", "call_id": "c1", "output": [
                {"type": "input_text", "text": "a dot"}, {"type": "input_image", "image_url": SHOT}
            ]},
            {"type": "function_call_output", "call_id": "c2", "output": "dark"},
            {"role": "developer", "content": "In French."},
            {"role": "user", "content": "Well?"},
        ],
        "tools": [{"type": "function", "name": "look", "parameters": WORDS}],
    },
}  # fmt: skip


def outline(message: Mapping[str, Any]) -> list[str]:
    """What stands in a message of either dialect: a word for each part."""
    content = message.get("content") or []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    said = [f"{call['id']}()" for call in message.get("tool_calls", ())]
    for part in parts:
        match part["type"]:
            case "text":
                said.append(part["text"])
            case "tool_use":
                said.append(f"{part['id']}()")
            case "tool_result":
                inner = ", ".join(outline(part))
                said.append(f"{part['tool_use_id']}: {inner}")
            case _:
                said.append("picture")
    if message.get("role") == "tool":
        said = [f"{message['tool_call_id']}: {', '.join(said)}"]
    return said


@pytest.mark.parametrize("path", PATHS)
async def test_a_conversation_with_tools_reaches_an_openai_server(
    up: Upstream, asked: Callable[..., Any], path: str
) -> None:
    up.reply(sse=openai_frames("", "A dot. END of it"))
    answer = await asked(path, **CONVERSATIONS[path])
    assert answer.status == 200, answer.body
    sent = up.requests[-1].json
    assert [(m["role"], outline(m)) for m in sent["messages"]] == [
        ("system", ["Be short."]),
        ("user", ["Look twice."]),
        ("assistant", ["c1()", "c2()"]),
        ("tool", ["c1: a dot"]),
        ("tool", ["c2: dark"]),
        ("user", ["Pictures of the result of tool call c1:", "picture"]),
        ("system", ["In French."]),
        ("user", ["Well?"]),
    ]
    assert sent.get("stop") == (None if path == RESPONSES else ["END", "FIN"])


@pytest.mark.parametrize("path", PATHS)
async def test_a_conversation_with_tools_reaches_an_anthropic_server(
    up: Upstream, asked: Callable[..., Any], path: str
) -> None:
    up.reply(sse=anthropic_frames("", "A dot. END of it"))
    answer = await asked(path, "anthropic", **CONVERSATIONS[path])
    assert answer.status == 200, answer.body
    sent = up.requests[-1].json
    assert sent["system"] == "Be short."
    assert [(m["role"], outline(m)) for m in sent["messages"]] == [
        ("user", ["Look twice."]),
        ("assistant", ["c1()", "c2()"]),
        ("user", ["c1: a dot, picture", "c2: dark", "In French.", "Well?"]),
    ]
    assert sent.get("stop_sequences") == (None if path == RESPONSES else ["END", "FIN"])


async def test_a_stop_word_is_told_as_each_protocol_does(up: Upstream, asked: Callable[..., Any]) -> None:
    up.reply(sse=openai_frames("", ["A dot. E", "ND of it"]))
    said = json.loads((await asked(MESSAGES, **CONVERSATIONS[MESSAGES])).body)
    assert (said["content"][0]["text"], said["stop_reason"], said["stop_sequence"]) == (
        "A dot. ",
        "stop_sequence",
        "END",
    )
    choice = json.loads((await asked(CHAT, **CONVERSATIONS[CHAT])).body)["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("A dot. ", "stop")


COUNTED = {"prompt_tokens": 30, "completion_tokens": 12, "prompt_tokens_details": {"cached_tokens": 10},
           "completion_tokens_details": {"reasoning_tokens": 5}}  # fmt: skip


async def test_tokens_are_counted_as_each_protocol_counts_them(
    up: Upstream, asked: Callable[..., Any]
) -> None:
    """Anthropic's input leaves out what came from a cache; OpenAI's has it."""
    up.reply(sse=openai_frames("Hm.", "42", usage=COUNTED))
    said = {path: json.loads((await asked(path)).body)["usage"] for path in PATHS}
    assert {name: said[CHAT][name] for name in COUNTED} == COUNTED
    told = {"input_tokens": 30, "output_tokens": 12, "total_tokens": 42}
    assert {name: said[RESPONSES][name] for name in told} == told
    assert said[RESPONSES]["input_tokens_details"]["cached_tokens"] == 10
    assert said[RESPONSES]["output_tokens_details"]["reasoning_tokens"] == 5
    told = {"input_tokens": 20, "cache_read_input_tokens": 10, "output_tokens": 12}
    assert {name: said[MESSAGES][name] for name in told} == told


@pytest.mark.parametrize(
    ("path", "words", "code"),
    [
        (CHAT, "maximum context length", "context_length_exceeded"),
        (RESPONSES, "maximum context length", "context_length_exceeded"),
        (MESSAGES, "prompt is too long: ", None),
    ],
)
@pytest.mark.parametrize(
    ("dialect", "refusal"),
    [
        ("openai", {"error": {"message": "This model's maximum context length is 8192 tokens. However, you requested"
                    " 9000 tokens.", "type": "invalid_request_error", "code": "context_length_exceeded"}}),
        ("anthropic", {"type": "error", "error": {"type": "invalid_request_error",
                       "message": "prompt is too long: 9000 tokens > 8192 maximum"}}),
    ],
)  # fmt: skip
async def test_an_overflow_is_told_in_the_words_by_which_clients_shorten(
    up: Upstream,
    asked: Callable[..., Any],
    path: str,
    words: str,
    code: str | None,
    dialect: str,
    refusal: dict[str, Any],
) -> None:
    up.reply(status=400, body=refusal)
    answer = await asked(path, dialect, stream=True)
    assert answer.status == 400
    error = json.loads(answer.body)["error"]
    assert words in error["message"]
    assert {"8192", "9000"} <= set(re.findall(r"\d+", error["message"]))
    assert error.get("code") == code
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("path", "words"), [(CHAT, "maximum context length"), (MESSAGES, "prompt is too long: ")]
)
async def test_an_overflow_without_counts_is_told_in_these_words_too(
    up: Upstream, asked: Callable[..., Any], path: str, words: str
) -> None:
    up.reply(status=400, body={"error": {"message": "No.", "code": "context_length_exceeded"}})
    error = json.loads((await asked(path)).body)["error"]
    assert words in error["message"]
