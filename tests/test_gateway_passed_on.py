"""Where client and provider speak one protocol, the reply and what was asked of it are passed on as they are; where
they do not, what one has no field for is said otherwise, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from glm_ui.accounting.quota import Quota
from glm_ui.gateway.server import Service
from glm_ui.serving.admission import Turnstile
from glm_ui.settings import Settings
from tests.test_gateway_sending import PATHS, Answer, call
from tests.upstream import Upstream, anthropic_frames, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
CHAT, MESSAGES, RESPONSES = PATHS
Make = Callable[..., Settings]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SECRET = "~key-of-the-server-42"
"""Text that may be the beginning of a key waits for the next piece: no piece below ends as this begins."""
PIECES = ["It", " is", "  ", "\n\n", "4", "2", " é", "🙂", "\u2028", "\\n", ' "a" < b', " & c", "\t", "."]
"""Pieces of an answer that a careless hand would join, strip or write otherwise."""


async def ask_own_server(settings_for: Make, up: Upstream, path: str, dialect: str, **more: Any) -> Answer:
    """The answer of a gateway before the owner's own server, which is `up` and speaks this dialect."""
    own = settings_for(
        up,
        glm_ui_custom_base_url=f"{up.url}/own",
        glm_ui_custom_dialect=dialect,
        glm_ui_custom_models="home",
        glm_ui_custom_api_key=SECRET,
        glm_ui_custom_thinking="thinking" if dialect == "anthropic" else "none",
    )
    said = [{"role": "user", "content": "Hi"}]
    body = {"model": "home", "max_tokens": 500, "messages": said, "input": "Hi", **more}
    service = Service(own, Turnstile(Quota.of(own)))
    return await call(service, "POST", path, json.dumps(body).encode(), Answer())


@pytest.fixture
def asked(up: Upstream, settings_for: Make) -> Callable[..., Any]:
    """`asked(path, dialect, **body)`: see `ask_own_server`."""

    async def ask(path: str, dialect: str = "openai", **more: Any) -> Answer:
        return await ask_own_server(settings_for, up, path, dialect, **more)

    return ask


def events(answer: Answer) -> Iterator[Mapping[str, Any]]:
    assert answer.status == 200, answer.body
    lines = answer.body.split(b"\n")
    return (json.loads(line[6:]) for line in lines if line.startswith(b"data: {"))


async def test_chat_pieces_are_passed_on_one_by_one(up: Upstream, asked: Callable[..., Any]) -> None:
    up.reply(sse=openai_frames(PIECES, PIECES))
    deltas = [e["choices"][0]["delta"] for e in events(await asked(CHAT, stream=True))]
    assert [d["content"] for d in deltas if d.get("content")] == PIECES
    assert [d["reasoning_content"] for d in deltas if d.get("reasoning_content")] == PIECES


async def test_message_pieces_are_passed_on_one_by_one(up: Upstream, asked: Callable[..., Any]) -> None:
    up.reply(sse=anthropic_frames(PIECES, PIECES))
    thinking = {"type": "enabled", "budget_tokens": 2000}
    answer = await asked(MESSAGES, "anthropic", stream=True, thinking=thinking)
    deltas = [e["delta"] for e in events(answer) if e["type"] == "content_block_delta"]
    assert [d["text"] for d in deltas if d["type"] == "text_delta"] == PIECES
    assert [d["thinking"] for d in deltas if d["type"] == "thinking_delta"] == PIECES


FORMAT = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}
ASKS_FOR_JSON = {
    CHAT: {"response_format": FORMAT},
    RESPONSES: {
        "text": {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True}}
    },
    MESSAGES: {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}, "effort": "low"}},
}


@pytest.mark.parametrize("path", PATHS)
async def test_a_json_schema_reaches_an_openai_server(
    up: Upstream, asked: Callable[..., Any], path: str
) -> None:
    up.reply(sse=openai_frames("", '{"city":"Rome"}'))
    answer = await asked(path, **ASKS_FOR_JSON[path])
    assert answer.status == 200, answer.body
    assert '{\\"city\\":\\"Rome\\"}' in answer.body.decode()
    sent = up.requests[-1].json["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["schema"] == SCHEMA
    if path != MESSAGES:
        assert sent == FORMAT


@pytest.mark.parametrize("path", PATHS)
async def test_a_json_schema_reaches_an_anthropic_server(
    up: Upstream, asked: Callable[..., Any], path: str
) -> None:
    up.reply(sse=anthropic_frames("", '{"city":"Rome"}'))
    answer = await asked(path, "anthropic", thinking={"type": "enabled"}, **ASKS_FOR_JSON[path])
    assert '{\\"city\\":\\"Rome\\"}' in answer.body.decode()
    sent = up.requests[-1].json["output_config"]
    assert sent["format"] == {"type": "json_schema", "schema": SCHEMA}
    assert sent.get("effort") == ("low" if path == MESSAGES else None)


TOOLS = {
    CHAT: {
        "tools": [{"type": "function", "function": {"name": "answer", "parameters": SCHEMA}}],
        "tool_choice": {"type": "function", "function": {"name": "answer"}},
    },
    RESPONSES: {
        "tools": [{"type": "function", "name": "answer", "parameters": SCHEMA}],
        "tool_choice": {"type": "function", "name": "answer"},
    },
    MESSAGES: {
        "tools": [{"name": "answer", "input_schema": SCHEMA}],
        "tool_choice": {"type": "tool", "name": "answer"},
    },
}
"""How programs ask for JSON where they know of no schema: a tool that must be called."""


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
async def test_a_forced_tool_is_forced_in_the_servers_own_words(
    up: Upstream, asked: Callable[..., Any], path: str, dialect: str
) -> None:
    up.reply(sse=(openai_frames if dialect == "openai" else anthropic_frames)("", "42"))
    assert (await asked(path, dialect, **TOOLS[path])).status == 200
    sent = up.requests[-1].json
    if dialect == "openai":
        assert sent["tool_choice"] == {"type": "function", "function": {"name": "answer"}}
        assert sent["tools"][0]["function"]["parameters"] == SCHEMA
    else:
        assert sent["tool_choice"] == {"type": "tool", "name": "answer"}
        assert sent["tools"][0]["input_schema"] == SCHEMA


def weighed(token: str) -> dict[str, Any]:
    others = [{"token": "41", "logprob": -3.5, "bytes": [52, 49]}]
    return {"token": token, "logprob": -0.25, "bytes": list(token.encode()), "top_logprobs": others}


@pytest.mark.parametrize("stream", [True, False])
async def test_probabilities_come_with_the_piece_that_they_are_of(
    up: Upstream, asked: Callable[..., Any], stream: bool
) -> None:
    frames = openai_frames("", ["It is ", "42"])
    for frame, tokens in zip(frames, (["It", " is "], ["42"]), strict=False):
        frame["choices"][0]["logprobs"] = {"content": list(map(weighed, tokens))}
    up.reply(sse=frames)
    answer = await asked(CHAT, stream=stream, logprobs=True, top_logprobs=1)
    sent = up.requests[-1].json
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 1)
    if stream:
        choices = [event["choices"][0] for event in events(answer)]
        found = [(c["delta"]["content"], c["logprobs"]["content"]) for c in choices if c["logprobs"]]
        assert found == [("It is ", [weighed("It"), weighed(" is ")]), ("42", [weighed("42")])]
    else:
        choice = json.loads(answer.body)["choices"][0]
        assert choice["logprobs"]["content"] == [weighed("It"), weighed(" is "), weighed("42")]


def several(*answers: str) -> list[dict[str, Any]]:
    """Chunks of several answers, a word of each in turn, the last answer first."""
    frames = []
    for place, words in reversed(list(enumerate(answers))):
        for n, frame in enumerate(openai_frames("Hm.", words.split(" "))):
            frame["choices"][0]["index"] = place
            frames.append((n, frame))
    return [frame for _, frame in sorted(frames, key=lambda pair: pair[0])]


@pytest.mark.parametrize("stream", [True, False])
async def test_several_answers_are_asked_for_and_kept_apart(
    up: Upstream, asked: Callable[..., Any], stream: bool
) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 12}}
    up.reply(sse=[*several("It is 42.", "42", "Forty two."), usage])
    answer = await asked(CHAT, stream=stream, n=3, stream_options={"include_usage": True})
    assert up.requests[-1].json["n"] == 3
    if stream:
        told = list(events(answer))
        choices = [choice for event in told for choice in event["choices"]]
        found = {
            n: "".join(c["delta"].get("content") or "" for c in choices if c["index"] == n) for n in range(3)
        }
        assert found == {0: "Itis42.", 1: "42", 2: "Fortytwo."}
        for n in range(3):
            mine = [choice for choice in choices if choice["index"] == n]
            assert [c["delta"]["role"] for c in mine if "role" in c["delta"]] == ["assistant"]
            assert [c["finish_reason"] for c in mine if c["finish_reason"]] == ["stop"]
        assert len({event["id"] for event in told}) == 1
        assert [event["usage"]["prompt_tokens"] for event in told if event.get("usage")] == [30]
    else:
        said = json.loads(answer.body)
        found = {
            c["index"]: (c["message"]["content"], c["message"]["reasoning_content"]) for c in said["choices"]
        }
        assert found == {0: ("Itis42.", "Hm."), 1: ("42", "Hm."), 2: ("Fortytwo.", "Hm.")}
        assert (said["usage"]["prompt_tokens"], said["usage"]["completion_tokens"]) == (30, 12)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_server_that_gives_one_answer_gives_one(
    up: Upstream, asked: Callable[..., Any], stream: bool
) -> None:
    """And a server that streams nothing is read too."""
    whole = {"id": "up-1", "choices": [{"index": n, "message": {"content": f"4{n}"}, "finish_reason": "stop"}
                                       for n in range(1 + (not stream))]}  # fmt: skip
    up.reply(**({"sse": openai_frames("", "40")} if stream else {"body": whole}))
    answer = await asked(CHAT, n=2)
    choices = json.loads(answer.body)["choices"]
    assert [choice["message"]["content"] for choice in choices] == (["40"] if stream else ["40", "41"])


async def test_an_answer_that_is_cut_is_no_answer(up: Upstream, asked: Callable[..., Any]) -> None:
    up.reply(sse=several("It is 42.", "42")[:-2], then="close")
    answer = await asked(CHAT, n=2)
    assert answer.status == 502
    assert "cut off" in json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize(("field", "value"), [("logprobs", True), ("n", 2)])
async def test_a_form_that_the_provider_does_not_give_is_refused_by_name(
    up: Upstream, asked: Callable[..., Any], dialect: str, field: str, value: object
) -> None:
    model = "glm-4.6" if dialect == "openai" else "home"
    answer = await asked(CHAT, dialect, model=model, **{field: value})
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["param"] == field
    assert not up.requests


async def test_no_answer_spells_the_servers_key(up: Upstream, asked: Callable[..., Any]) -> None:
    up.reply(sse=several("It is 42.", f"{SECRET[:5]} {SECRET[5:]}"))
    answer = await asked(CHAT, n=2)
    assert SECRET.encode() not in answer.body


async def test_a_key_spelled_in_tokens_does_not_leave(up: Upstream, asked: Callable[..., Any]) -> None:
    frames = openai_frames("", [SECRET[:3], SECRET[3:10], SECRET[10:], " end"])
    for frame in frames[:4]:
        frame["choices"][0]["logprobs"] = {"content": [weighed(frame["choices"][0]["delta"]["content"])]}
    up.reply(sse=frames)
    answer = await asked(CHAT, logprobs=True)
    tokens = json.loads(answer.body)["choices"][0]["logprobs"]["content"]
    assert SECRET in up.requests[-1].headers["authorization"]
    assert SECRET not in "".join(token["token"] for token in tokens)
    assert tokens[-1] == weighed(" end")
