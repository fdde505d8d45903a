"""Requests out: what each provider's row makes of them, field by field."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import MediaRule, Model, ParamRange, Provider, ThinkingAbility
from glm_ui.errors import BadInput, CannotSend
from glm_ui.messages import (
    Audio,
    ChatRequest,
    Document,
    Image,
    Message,
    Part,
    Sampling,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Video,
)
from glm_ui.protocol import DIALECTS, Encoded

SWITCH = ThinkingAbility("switch", can_disable=True)
FORCED = ThinkingAbility("forced", can_disable=False, efforts=("low", "high", "max"), default_effort="max")
EFFORTS = ThinkingAbility(
    "switch+effort", True, ("none", "minimal", "low", "medium", "high", "xhigh", "max"), "max"
)
NO_THINKING = ThinkingAbility("none")


def model(thinking: ThinkingAbility = SWITCH, inputs: tuple[str, ...] = ("text",), **more: Any) -> Model:
    row = Model(
        key="glm-4.6",
        name="GLM-4.6",
        window=200_000,
        max_output=131_072,
        window_figures=(),
        output_figures=(),
        released=None,
        inputs=inputs,
        thinking=thinking,
        tools=None,
        params=None,
        temperature=1.0,
        top_p=0.95,
        ids={},
        prices={},
        inputs_at={},
    )
    return replace(row, **more)


EVERY_PARAM = {
    name: ParamRange()
    for name in (
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "json_output",
    )
}


def provider(**fields: Any) -> Provider:
    row = Provider("zai", "Z.ai", "openai", None, "ZAI_API_KEY", True, None, "thinking", params=EVERY_PARAM)
    return replace(row, **fields)


def anthropic(**fields: Any) -> Provider:
    return provider(**{"dialect": "anthropic", "continue_style": "prefill", **fields})


def encode(
    *messages: Message,
    at: Provider | None = None,
    to: Model | bool | None = True,
    **request: Any,
) -> Encoded:
    row = at or provider()
    route = Route(model() if to is True else to or None, row, "glm-4.6")
    asked = ChatRequest("glm-4.6", messages or (Message.user("Hi"),), **request)
    return DIALECTS[row.dialect].encode(asked, route)


# The frame of a body


def test_openai_body_is_no_more_than_what_was_asked() -> None:
    encoded = encode(at=provider(thinking="none"))
    assert encoded.path == "/chat/completions"
    assert encoded.body == {
        "model": "glm-4.6",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
    }
    assert encoded.headers == {"Accept": "text/event-stream"}
    assert encoded.notes == ()


def test_anthropic_body_has_its_limit_and_version() -> None:
    encoded = encode(at=anthropic(thinking="none"))
    assert encoded.path == "/v1/messages"
    assert encoded.body == {
        "model": "glm-4.6",
        "max_tokens": 32_768,
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
    }
    assert encoded.headers["anthropic-version"] == "2023-06-01"


def test_keys_go_where_the_dialect_wants_them() -> None:
    assert DIALECTS["openai"].key_headers("k.1") == {"Authorization": "Bearer k.1"}
    assert DIALECTS["anthropic"].key_headers("k.1") == {"x-api-key": "k.1"}
    assert DIALECTS["openai"].key_headers("") == DIALECTS["anthropic"].key_headers("") == {}


def test_provider_headers_go_along() -> None:
    assert (
        encode(at=provider(headers={"Accept-Language": "en-US,en"})).headers["Accept-Language"] == "en-US,en"
    )


def test_system_prompt_has_its_place_in_each_dialect() -> None:
    assert encode(system="Be brief.").body["messages"][0] == {"role": "system", "content": "Be brief."}
    body = encode(at=anthropic(), system="Be brief.").body
    assert body["system"] == "Be brief."
    assert [m["role"] for m in body["messages"]] == ["user"]
    assert "system" not in encode(at=anthropic(), system=" ").body


def test_usage_is_asked_for_where_it_must_be() -> None:
    assert encode(at=provider(usage_option=True)).body["stream_options"] == {"include_usage": True}
    assert "stream_options" not in encode().body


# Thinking

SAID: list[tuple[str, dict[str, Any], bool | None, str | None, dict[str, Any]]] = [
    ("thinking", {}, True, None, {"thinking": {"type": "enabled"}}),
    ("thinking", {}, False, None, {"thinking": {"type": "disabled"}}),
    ("thinking", {}, None, None, {}),
    (
        "thinking",
        {"preserve_thinking": True},
        True,
        None,
        {"thinking": {"type": "enabled", "clear_thinking": False}},
    ),
    ("thinking", {"preserve_thinking": True}, False, None, {"thinking": {"type": "disabled"}}),
    ("thinking", {"preserve_thinking": True}, None, None, {"thinking": {"clear_thinking": False}}),
    (
        "thinking",
        {"effort_field": "reasoning_effort"},
        True,
        "high",
        {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
    ),
    ("thinking", {"effort_field": "reasoning_effort"}, False, "high", {"thinking": {"type": "disabled"}}),
    ("thinking", {"effort_field": "reasoning_effort"}, True, "none", {"thinking": {"type": "disabled"}}),
    ("reasoning", {"effort_field": "reasoning.effort"}, True, None, {"reasoning": {"enabled": True}}),
    ("reasoning", {"effort_field": "reasoning.effort"}, False, None, {"reasoning": {"enabled": False}}),
    ("reasoning", {"effort_field": "reasoning.effort"}, True, "low", {"reasoning": {"effort": "low"}}),
    ("chat_template_kwargs", {}, True, None, {"chat_template_kwargs": {"enable_thinking": True}}),
    ("chat_template_kwargs", {}, False, None, {"chat_template_kwargs": {"enable_thinking": False}}),
    (
        "chat_template_kwargs",
        {"preserve_thinking": True, "effort_field": "chat_template_kwargs.reasoning_effort"},
        True,
        "max",
        {
            "chat_template_kwargs": {
                "enable_thinking": True,
                "clear_thinking": False,
                "reasoning_effort": "max",
            }
        },
    ),
    ("reasoning_effort", {"effort_field": "reasoning_effort"}, False, None, {"reasoning_effort": "none"}),
    ("reasoning_effort", {"effort_field": "reasoning_effort"}, True, "low", {"reasoning_effort": "low"}),
    ("reasoning_effort", {"effort_field": "reasoning_effort"}, True, None, {"reasoning_effort": "max"}),
    ("reasoning_effort", {"effort_field": "reasoning_effort"}, None, None, {}),
    ("none", {}, True, None, {}),
]


@pytest.mark.parametrize(("style", "fields", "on", "effort", "expected"), SAID)
def test_thinking_is_said_as_the_provider_wants(
    style: str, fields: dict[str, Any], on: bool | None, effort: str | None, expected: dict[str, Any]
) -> None:
    encoded = encode(at=provider(thinking=style, **fields), to=model(EFFORTS), thinking=on, effort=effort)
    said = {k: v for k, v in encoded.body.items() if k not in ("model", "messages", "stream")}
    assert said == expected
    assert encoded.notes == ()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("on", "word"), [(True, "true"), (False, "false")])
def test_gateway_is_told_by_headers(dialect: str, on: bool, word: str) -> None:
    encoded = encode(at=provider(thinking="headers", dialect=dialect), thinking=on)
    assert encoded.headers["X-Feature-Thinking"] == word
    assert encoded.headers["X-Think-Tags-Mode"] == "separate"
    assert "thinking" not in encoded.body


def test_model_that_always_thinks_is_never_told_not_to() -> None:
    encoded = encode(to=model(FORCED), thinking=False)
    assert encoded.body["thinking"] == {"type": "enabled"}
    assert encoded.notes == ("GLM-4.6 always thinks; it cannot be turned off.",)


def test_model_that_cannot_think_is_told_nothing() -> None:
    encoded = encode(to=model(NO_THINKING), at=provider(preserve_thinking=True), thinking=True)
    assert "thinking" not in encoded.body


def test_unknown_model_is_told_what_was_asked() -> None:
    encoded = encode(to=None, at=provider(effort_field="reasoning_effort"), thinking=True, effort="high")
    assert encoded.body["thinking"] == {"type": "enabled"}
    assert encoded.body["reasoning_effort"] == "high"


def test_provider_without_a_switch_says_that_it_has_none() -> None:
    encoded = encode(at=provider(thinking="none"), thinking=False)
    assert encoded.notes == ("Z.ai has no switch for thinking, so GLM-4.6 decides for itself.",)


def test_effort_that_the_model_lacks_becomes_the_nearest() -> None:
    encoded = encode(to=model(FORCED), at=provider(effort_field="reasoning_effort"), effort="xhigh")
    assert encoded.body["reasoning_effort"] == "high"
    assert encoded.notes == ("GLM-4.6 has no thinking effort “xhigh”; “high” was sent.",)


@pytest.mark.parametrize(
    "ability", [SWITCH, EFFORTS, ThinkingAbility("switch+effort", True, ("low", "high"))]
)
def test_no_effort_turns_thinking_off_wherever_that_can_be(ability: ThinkingAbility) -> None:
    encoded = encode(to=model(ability), at=provider(effort_field="reasoning_effort"), effort="none")
    assert encoded.body["thinking"] == {"type": "disabled"}
    assert "reasoning_effort" not in encoded.body
    assert encoded.notes == ()


def test_no_effort_of_a_model_that_always_thinks_is_its_least() -> None:
    encoded = encode(to=model(FORCED), at=provider(effort_field="reasoning_effort"), effort="none")
    assert encoded.body["thinking"] == {"type": "enabled"}
    assert encoded.body["reasoning_effort"] == "low"
    assert encoded.notes == (
        "GLM-4.6 has no thinking effort “none”; “low” was sent.",
        "GLM-4.6 always thinks; it cannot be turned off.",
    )


def test_effort_is_left_out_where_there_are_no_levels() -> None:
    encoded = encode(at=provider(effort_field="reasoning_effort"), effort="high")
    assert "reasoning_effort" not in encoded.body
    assert encoded.notes == ("The thinking effort was left out: GLM-4.6 has no levels.",)


def test_anthropic_thinking_has_a_budget_below_the_limit() -> None:
    body = encode(at=anthropic(), sampling=Sampling(max_tokens=4000)).body
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert body["max_tokens"] == 4000


def test_anthropic_limit_too_small_for_thinking_is_raised_and_said() -> None:
    encoded = encode(at=anthropic(), sampling=Sampling(max_tokens=500))
    assert encoded.body["thinking"]["budget_tokens"] == 1024
    assert encoded.body["max_tokens"] == 1524
    assert "raised from 500 to 1524" in encoded.notes[0]


def test_anthropic_limit_is_kept_without_thinking() -> None:
    body = encode(at=anthropic(), thinking=False, sampling=Sampling(max_tokens=500)).body
    assert (body["max_tokens"], body["thinking"]) == (500, {"type": "disabled"})


def test_anthropic_unknown_model_gets_a_modest_limit() -> None:
    assert encode(at=anthropic(), to=None).body["max_tokens"] == 8192


def test_anthropic_effort_has_its_own_place() -> None:
    encoded = encode(at=anthropic(effort_field="output_config.effort"), to=model(FORCED), effort="low")
    assert encoded.body["output_config"] == {"effort": "low"}


def test_anthropic_leaves_out_what_thinking_forbids() -> None:
    sampling = Sampling(temperature=0.5, top_k=5, top_p=0.5)
    thinking = encode(at=anthropic(), sampling=sampling)
    assert not {"temperature", "top_k", "top_p"} & set(thinking.body)
    assert len(thinking.notes) == 3
    plain = encode(at=anthropic(), sampling=sampling, thinking=False)
    assert {k: plain.body[k] for k in ("temperature", "top_k", "top_p")} == {
        "temperature": 0.5,
        "top_k": 5,
        "top_p": 0.5,
    }
    assert plain.notes == ()


# Sampling

ALL = Sampling(0.7, 0.9, 40, 1000, ("END",), 7, 0.1, -0.2, json_output=True)


def test_every_sampling_option_reaches_the_openai_body() -> None:
    encoded = encode(sampling=ALL, thinking=None)
    assert {k: v for k, v in encoded.body.items() if k not in ("model", "messages", "stream")} == {
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 40,
        "max_tokens": 1000,
        "stop": ["END"],
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": -0.2,
        "response_format": {"type": "json_object"},
    }
    assert encoded.notes == ()


def test_anthropic_takes_what_it_has_and_names_the_rest() -> None:
    encoded = encode(at=anthropic(), sampling=ALL, thinking=False)
    assert encoded.body["stop_sequences"] == ["END"]
    assert encoded.body["max_tokens"] == 1000
    assert not {"stop", "seed", "presence_penalty", "frequency_penalty", "response_format"} & set(
        encoded.body
    )
    assert [note.split(" was")[0] for note in encoded.notes] == [
        "The seed",
        "The presence penalty",
        "The frequency penalty",
        "JSON output",
    ]


def test_option_that_the_provider_lacks_is_left_out_and_said() -> None:
    encoded = encode(at=provider(params={}), sampling=Sampling(seed=1, stop=("x",)))
    assert not {"seed", "stop"} & set(encoded.body)
    assert encoded.notes == (
        "The seed was left out: Z.ai does not take it.",
        "Stop words were left out: Z.ai does not take them.",
    )


@pytest.mark.parametrize(
    ("name", "limits", "value", "sent", "note"),
    [
        (
            "temperature",
            ParamRange(0, 1),
            1.6,
            1,
            "Temperature was set to 1 instead of 1.6: Z.ai takes at most that.",
        ),
        (
            "top_p",
            ParamRange(0.01, 1),
            0.0,
            0.01,
            "Top-p was set to 0.01 instead of 0: Z.ai takes at least that.",
        ),
        (
            "temperature",
            ParamRange(0, 1, 2),
            0.123,
            0.12,
            "Temperature was rounded from 0.123 to 0.12 for Z.ai.",
        ),
        (
            "max_tokens",
            ParamRange(1, 131_072),
            500_000,
            131_072,
            "The token limit was set to 131072 instead of 500000: Z.ai takes at most that.",
        ),
        (
            "max_tokens",
            ParamRange(1),
            500_000,
            131_072,
            "The token limit was set to 131072 instead of 500000: GLM-4.6 takes at most that.",
        ),
        ("temperature", ParamRange(0, 1), 0.0, 0.0, None),
        ("temperature", ParamRange(0, 1), 1.0, 1.0, None),
    ],
)
def test_option_out_of_range_is_clamped_and_said(
    name: str, limits: ParamRange, value: float, sent: float, note: str | None
) -> None:
    sampling = replace(Sampling(), **{name: value})
    encoded = encode(at=provider(params={name: limits}), sampling=sampling)
    assert encoded.body[name] == sent
    assert encoded.notes == ((note,) if note else ())


def test_stop_words_are_cut_to_what_the_provider_takes() -> None:
    encoded = encode(at=provider(max_stops=1), sampling=Sampling(stop=("a", "b", "c")))
    assert encoded.body["stop"] == ["a"]
    assert encoded.notes == ("Of 3 stop words only the first was sent: Z.ai takes no more.",)


# History


def turns(*parts: Part) -> tuple[Message, ...]:
    return Message.user("One?"), Message("assistant", parts), Message.user("Two?")


THOUGHT = Thinking("Because.", {"lead": "\n"})


def test_thinking_goes_back_byte_for_byte_in_the_fields_of_the_provider() -> None:
    at = provider(replay_thinking=("reasoning_content", "reasoning"))
    assert encode(*turns(THOUGHT, Text("1")), at=at).body["messages"][1] == {
        "role": "assistant",
        "content": "1",
        "reasoning_content": "\nBecause.",
        "reasoning": "\nBecause.",
    }


def test_thinking_stays_here_where_the_provider_does_not_want_it() -> None:
    assert encode(*turns(THOUGHT, Text("1"))).body["messages"][1] == {"role": "assistant", "content": "1"}


def test_reasoning_details_go_back_unchanged() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "index": 0}]
    at = provider(replay_thinking=("reasoning_details",))
    message = encode(*turns(Thinking("", {"reasoning_details": details}), Text("1")), at=at).body["messages"][
        1
    ]
    assert message["reasoning_details"] == details


def test_signed_thinking_goes_back_to_the_anthropic_dialect_alone() -> None:
    parts = (
        Thinking("A", {"lead": "\n", "signature": "s"}),
        Thinking("", {"redacted_thinking": "hidden"}),
        Thinking("unsigned"),
        Text("1"),
    )
    at = anthropic(replay_thinking=("thinking", "redacted_thinking"))
    blocks = [
        {"type": "thinking", "thinking": "\nA", "signature": "s"},
        {"type": "redacted_thinking", "data": "hidden"},
        {"type": "text", "text": "1"},
    ]
    assert encode(*turns(*parts), at=at).body["messages"][1]["content"] == blocks
    assert encode(*turns(*parts), at=anthropic()).body["messages"][1]["content"] == "1"
    assert encode(*turns(*parts), at=at, thinking=False).body["messages"][1]["content"] == "1"


CALL = ToolCall("c1", "weather", '{"city":"Oslo"}')


def test_tool_calls_and_results_are_encoded_in_each_dialect() -> None:
    messages = (
        Message.user("Weather?"),
        Message("assistant", (Text("Let me look."), CALL)),
        Message("user", (Text("Thanks."), ToolResult("c1", "4 degrees"))),
    )
    assert encode(*messages).body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "4 degrees"},
        {"role": "user", "content": "Thanks."},
    ]
    assert encode(*messages, at=anthropic()).body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "4 degrees"},
                {"type": "text", "text": "Thanks."},
            ],
        },
    ]


NOT_SENT = "not sent: nothing has run, so there is no result to send along."


def test_tool_calls_without_a_result_are_not_sent() -> None:
    messages = (
        Message.user("Weather?"),
        Message("assistant", (Text("Let me look."), CALL, ToolCall("c2", "time", ""))),
        Message("user", (ToolResult("c2", "noon"),)),
        Message("assistant", (ToolCall("", "", '{"value":"Spark'), CALL)),
        Message("user", (ToolResult("c9", "to nothing"), Text("So?"))),
    )
    function = {"name": "time", "arguments": "{}"}
    encoded = encode(*messages)
    assert encoded.body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [{"id": "c2", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "c2", "content": "noon"},
        {"role": "user", "content": "So?"},
    ]
    assert encoded.notes == (f"3 tool calls of the conversation were {NOT_SENT}",)
    wire = encode(*messages, at=anthropic()).body["messages"][1:]
    assert wire == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "c2", "name": "time", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c2", "content": "noon"},
                {"type": "text", "text": "So?"},
            ],
        },
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("style", ["prefill", "continue_final_message", "ask"])
def test_an_answer_is_gone_on_with_without_its_calls(dialect: str, style: str) -> None:
    encoded = going_on(provider(continue_style=style, dialect=dialect), Text("Half"), CALL)
    assert "c1" not in str(encoded.body)
    assert f"One tool call of the conversation was {NOT_SENT}" in encoded.notes


def test_empty_messages_are_dropped() -> None:
    messages = (Message.user("One?"), Message.assistant(" "), Message.user(""), Message.user("Two?"))
    assert [m["content"] for m in encode(*messages).body["messages"]] == ["One?", "Two?"]


def test_anthropic_roles_take_turns_and_the_user_begins() -> None:
    messages = (Message.assistant("Hello."), Message.user("One?"), Message.user("Two?"))
    wire = encode(*messages, at=anthropic()).body["messages"]
    assert [m["role"] for m in wire] == ["user", "assistant", "user"]
    assert wire[2]["content"] == [{"type": "text", "text": "One?"}, {"type": "text", "text": "Two?"}]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_to_answer_is_refused(dialect: str) -> None:
    with pytest.raises(BadInput):
        encode(Message.user("  "), at=provider(dialect=dialect))


# Going on

PARTIAL = "First part " * 30 + "and then \n"


def going_on(at: Provider, *parts: Part, to: Model | None = None) -> Encoded:
    last = Message("assistant", parts or (THOUGHT, Text(PARTIAL)))
    return encode(Message.user("Tell."), last, at=at, to=to or model(), continues=True)


def test_prefill_ends_with_the_unfinished_answer_and_does_not_think() -> None:
    encoded = going_on(provider(continue_style="prefill"))
    assert encoded.body["messages"][-1] == {"role": "assistant", "content": PARTIAL}
    assert encoded.body["thinking"] == {"type": "disabled"}
    assert not encoded.continues_by_prompt


def test_vllm_goes_on_by_its_two_switches() -> None:
    encoded = going_on(provider(continue_style="continue_final_message", thinking="chat_template_kwargs"))
    assert encoded.body["messages"][-1]["content"] == PARTIAL
    assert encoded.body["continue_final_message"] is True
    assert encoded.body["add_generation_prompt"] is False
    assert encoded.body["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_asking_in_words_quotes_the_end_of_the_answer(dialect: str) -> None:
    encoded = going_on(provider(continue_style="ask", dialect=dialect))
    partial, asked = encoded.body["messages"][-2:]
    assert (partial["role"], partial["content"]) == ("assistant", PARTIAL)
    assert asked["role"] == "user"
    assert PARTIAL.rstrip()[-200:] in asked["content"]
    assert PARTIAL.rstrip()[-201:] not in asked["content"]
    assert encoded.continues_by_prompt
    assert encoded.body["thinking"]["type"] == "enabled"


def test_anthropic_prefill_ends_without_blanks_and_without_thinking() -> None:
    encoded = going_on(
        anthropic(replay_thinking=("thinking",)), Thinking("A", {"signature": "s"}), Text("Half \n")
    )
    assert encoded.body["messages"][-1] == {"role": "assistant", "content": "Half"}
    assert encoded.body["thinking"] == {"type": "disabled"}


def test_anthropic_model_that_always_thinks_is_asked_in_words() -> None:
    encoded = going_on(anthropic(), to=model(FORCED))
    assert encoded.continues_by_prompt
    assert encoded.body["messages"][-1]["role"] == "user"
    assert encoded.body["thinking"]["type"] == "enabled"


@pytest.mark.parametrize("style", ["prefill", "continue_final_message", "ask"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_without_answer_text_the_question_is_asked_again(dialect: str, style: str) -> None:
    encoded = going_on(provider(continue_style=style, dialect=dialect), THOUGHT)
    assert encoded.body["messages"] == [{"role": "user", "content": "Tell."}]
    assert "continue_final_message" not in encoded.body
    assert encoded.body["thinking"]["type"] == "enabled"


# Attachments

BYTES = b"\x89PNG..."
B64 = base64.b64encode(BYTES).decode()
BOTH = MediaRule(("data", "url"))
MEDIA = {"image": BOTH, "video": BOTH, "audio": BOTH, "document": BOTH}
SEES = model(inputs=("text", "image", "video", "audio", "document"))


def one_part(part: Part, at: Provider, to: Model | None = SEES) -> dict[str, Any]:
    content = encode(Message("user", (Text("Look."), part)), at=at, to=to).body["messages"][0]["content"]
    assert content[0] == {"type": "text", "text": "Look."}
    (sent,) = content[1:]
    assert isinstance(sent, dict)
    return sent


SENT: list[tuple[Part, dict[str, Any], dict[str, Any]]] = [
    (
        Image(BYTES, "image/png"),
        {},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{B64}"}},
    ),
    (Image(BYTES, "image/png"), {"raw_base64": True}, {"type": "image_url", "image_url": {"url": B64}}),
    (Image(url="https://x/y.png"), {}, {"type": "image_url", "image_url": {"url": "https://x/y.png"}}),
    (Video(url="https://x/y.mp4"), {}, {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}}),
    (
        Document(url="https://x/y.pdf"),
        {"part": "file_url"},
        {"type": "file_url", "file_url": {"url": "https://x/y.pdf"}},
    ),
    (
        Document(BYTES, name="y.pdf"),
        {"part": "file"},
        {"type": "file", "file": {"filename": "y.pdf", "file_data": f"data:application/pdf;base64,{B64}"}},
    ),
    (
        Document(BYTES),
        {"part": "document_url"},
        {"type": "document_url", "document_url": {"url": f"data:application/pdf;base64,{B64}"}},
    ),
    (Audio(BYTES, "audio/mpeg"), {}, {"type": "input_audio", "input_audio": {"data": B64, "format": "mp3"}}),
    (Audio(BYTES), {}, {"type": "input_audio", "input_audio": {"data": B64, "format": "wav"}}),
]


@pytest.mark.parametrize(("part", "rule", "expected"), SENT)
def test_attachment_travels_as_the_provider_wants(
    part: Part, rule: dict[str, Any], expected: dict[str, Any]
) -> None:
    media = {kind: replace(BOTH, **rule) for kind in MEDIA}
    assert one_part(part, provider(media=media)) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            Image(BYTES, "image/png"),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": B64}},
        ),
        (
            Image(url="https://x/y.png"),
            {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        ),
        (
            Document(BYTES),
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": B64}},
        ),
        (
            Document(b"abc", "text/plain"),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}},
        ),
    ],
)
def test_attachment_travels_as_an_anthropic_block(part: Part, expected: dict[str, Any]) -> None:
    assert one_part(part, anthropic(media=MEDIA)) == expected


REFUSED: dict[str, tuple[tuple[Part, ...], Provider, Model | None, str]] = {
    "kind not taken": ((Image(BYTES),), provider(), SEES, "Z.ai takes no pictures."),
    "model does not see": (
        (Image(BYTES),),
        provider(media=MEDIA),
        model(),
        "GLM-4.6 takes no pictures here.",
    ),
    "model sees, but not here": (
        (Image(BYTES),),
        provider(media=MEDIA),
        replace(SEES, inputs_at={"zai": ("text",)}),
        "takes no pictures here.",
    ),
    "by address only": (
        (Video(BYTES),),
        provider(media={"video": MediaRule(("url",))}),
        SEES,
        "only by a public address",
    ),
    "as a file only": (
        (Image(url="https://x"),),
        provider(media={"image": MediaRule(("data",))}),
        SEES,
        "only as a file",
    ),
    "type not taken": (
        (Image(BYTES, "image/webp"),),
        provider(media={"image": replace(BOTH, mimes=("image/png", "image/jpeg"))}),
        SEES,
        "It takes png, jpeg.",
    ),
    "too many bytes": (
        (Image(b"x" * 2_000_000),),
        provider(media={"image": replace(BOTH, max_bytes=1 << 20)}),
        SEES,
        "up to 1 MB",
    ),
    "too many": (
        (Image(BYTES), Image(BYTES)),
        provider(media={"image": replace(BOTH, max_count=1)}),
        SEES,
        "1 is the most",
    ),
    "too many for the model": (
        (Image(BYTES), Image(BYTES)),
        provider(media=MEDIA),
        replace(SEES, max_images=1),
        "1 is the most",
    ),
    "kinds that exclude each other": (
        (Image(BYTES), Video(BYTES)),
        provider(media=MEDIA, media_exclusive=(("image", "video", "document"),)),
        SEES,
        "pictures and videos in one conversation",
    ),
    "no such block": ((Audio(BYTES),), anthropic(media=MEDIA), SEES, "has no audio"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_attachment_that_cannot_travel_is_refused_before_sending(name: str) -> None:
    parts, at, to, words = REFUSED[name]
    with pytest.raises(CannotSend) as refusal:
        encode(Message("user", (Text("Look."), *parts)), at=at, to=to)
    assert words in str(refusal.value)
    assert refusal.value.todo


def test_attachment_that_may_be_dropped_is_sent_with_a_warning() -> None:
    rule = replace(BOTH, declared_only=True, note="Pictures are lost here.")
    encoded = encode(
        Message("user", (Text("Look."), Image(BYTES))), at=provider(media={"image": rule}), to=SEES
    )
    assert encoded.notes == ("Pictures are lost here.",)


def test_unknown_model_is_sent_what_the_provider_takes() -> None:
    assert one_part(Image(url="https://x"), provider(media=MEDIA), None)["type"] == "image_url"


def test_attachment_without_words_is_a_message() -> None:
    (message,) = encode(Message("user", (Image(url="https://x"),)), at=provider(media=MEDIA), to=SEES).body[
        "messages"
    ]
    assert [part["type"] for part in message["content"]] == ["image_url"]
