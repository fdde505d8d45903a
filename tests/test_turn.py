"""What the page posts, read strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glm_ui.errors import BadInput
from glm_ui.messages import Message, Text, Thinking, ToolCall, ToolResult
from glm_ui.ui.turn.request import read_turn


def posted(**over: Any) -> bytes:
    body = {"session": "s", "model": "glm-4.6", "messages": [{"role": "user", "text": "Hi"}], **over}
    return json.dumps(body).encode()


def test_a_plain_turn_becomes_a_request() -> None:
    request = read_turn(posted(provider="zai", system="Be brief.", thinking=False)).request()
    assert (request.model, request.provider, request.system, request.thinking) == (
        "glm-4.6",
        "zai",
        "Be brief.",
        False,
    )
    assert request.messages == (Message.user("Hi"),)


def test_thinking_with_its_opaque_data_and_tool_results_go_back_in_order() -> None:
    history = [
        {"role": "user", "text": "Hi"},
        {
            "role": "assistant",
            "text": "Let me look.",
            "thinking": [{"text": "hm", "opaque": {"signature": "s1"}}],
            "calls": [{"id": "c1", "name": "look", "arguments": "{}", "result": "42"}],
        },
        {"role": "user", "text": "And?"},
    ]
    messages = read_turn(posted(messages=history)).request().messages
    assert messages[1].parts == (
        Thinking("hm", {"signature": "s1"}),
        Text("Let me look."),
        ToolCall("c1", "look", "{}"),
    )
    assert messages[2].parts == (ToolResult("c1", "42"),)
    assert messages[3] == Message.user("And?")


def test_stop_words_keep_their_spaces_and_lose_the_empty_ones() -> None:
    sampling = read_turn(posted(sampling={"stop": [" END", ""], "temperature": 0.5})).request().sampling
    assert sampling.stop == (" END",)
    assert sampling.temperature == 0.5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"x"',
        posted(messages=[]),
        posted(messages="x"),
        posted(model=None),
        posted(model="x" * 301),
        posted(unknown=1),
        posted(messages=[{"role": "system", "text": "x"}]),
        posted(sampling={"max_tokens": 0}),
        posted(id="../../etc"),
        json.dumps({"model": "m", "messages": [{"role": "user", "text": "x", "thinking": [[]]}]}).encode(),
    ],
)
def test_a_malformed_turn_is_bad_input_that_names_a_field_and_no_value(body: bytes) -> None:
    with pytest.raises(BadInput) as err:
        read_turn(body)
    assert "etc" not in str(err.value)
    assert len(str(err.value)) < 300


def test_blank_words_are_nothing_to_send() -> None:
    with pytest.raises(BadInput):
        read_turn(posted(messages=[{"role": "user", "text": "  \n"}])).request()


def test_a_continued_answer_may_end_the_conversation() -> None:
    history = [{"role": "user", "text": "Hi"}, {"role": "assistant", "text": "Hel"}]
    request = read_turn(posted(messages=history, continues=True)).request()
    assert request.continues
    assert request.messages[-1] == Message.assistant("Hel")
