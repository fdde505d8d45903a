"""The official clients of both protocols talk to the app as it is served, which asks a scripted upstream."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conftest import CANARY
from tests.serving import Served
from tests.upstream import Reply, Upstream, openai_frames

if TYPE_CHECKING:  # these take a second or two, in every worker: imported where they are used
    import anthropic
    import openai

USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
ASK: list[Any] = [{"role": "user", "content": "What is 7 times 6?"}]
PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
    )
).decode()
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}


def two_calls() -> list[dict[str, Any]]:
    """Chunks with two interleaved calls, as some routes send them."""

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
        return {"id": "up-1", "model": "glm-4.6", "choices": [choice]}

    def call(index: int, arguments: str, **first: Any) -> dict[str, Any]:
        name = {"name": first.pop("name")} if first else {}
        return {"index": index, **first, "function": {**name, "arguments": arguments}}

    return [
        chunk({"reasoning_content": "Two cities."}),
        chunk({"tool_calls": [call(0, "", id="call_0", name="weather")]}),
        chunk({"tool_calls": [call(1, "", id="call_1", name="weather")]}),
        chunk({"tool_calls": [call(0, '{"city":')]}),
        chunk({"tool_calls": [call(1, '{"city":"Oslo"}')]}),
        chunk({"tool_calls": [call(0, '"Rome"}')]}),
        {**chunk({}, "tool_calls"), "usage": USAGE},
    ]


@pytest.fixture
def oai(served: Served) -> Iterator[openai.OpenAI]:
    import openai

    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture
def ant(served: Served) -> Iterator[anthropic.Anthropic]:
    import anthropic

    with anthropic.Anthropic(base_url=f"{served.url}/anthropic", api_key="any", max_retries=0) as client:
        yield client


# ---- OpenAI chat completions


def test_openai_plain(oai: openai.OpenAI, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("Six sevens.", ["It is ", "42."], usage=USAGE))
    reply = oai.chat.completions.create(model="claude-3-opus", messages=ASK, max_tokens=100)
    message = reply.choices[0].message
    assert (message.content, message.role, reply.model) == ("It is 42.", "assistant", "claude-3-opus")
    assert message.reasoning_content == "Six sevens."  # type: ignore[attr-defined]
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (30, 12)
    assert reply.usage.prompt_tokens_details is not None
    assert reply.usage.prompt_tokens_details.cached_tokens == 10
    assert reply._request_id
    sent = upstream.requests[-1]
    assert sent.json["model"] == "glm-4.6"
    assert sent.json["max_tokens"] == 100
    assert CANARY in sent.headers["authorization"]
    assert "any" not in sent.headers["authorization"]


def test_openai_streamed(oai: openai.OpenAI, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames(["Six ", "sevens."], ["It is ", "42."], usage=USAGE))
    chunks = list(
        oai.chat.completions.create(
            model="glm-4.6", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    deltas = [c.choices[0].delta for c in chunks if c.choices]
    assert "".join(d.content or "" for d in deltas) == "It is 42."
    assert "".join(getattr(d, "reasoning_content", None) or "" for d in deltas) == "Six sevens."
    assert [d.role for d in deltas if d.role] == ["assistant"]
    assert len({c.id for c in chunks}) == 1
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 30
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


def test_openai_streams_no_usage_that_was_not_asked_for(oai: openai.OpenAI, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("", "42", usage=USAGE))
    chunks = list(oai.chat.completions.create(model="glm-4.6", messages=ASK, stream=True))
    assert all(c.usage is None and c.choices for c in chunks)


@pytest.mark.parametrize("stream", [False, True])
def test_openai_two_tools_and_their_results(oai: openai.OpenAI, upstream: Upstream, stream: bool) -> None:
    upstream.reply(Reply(sse=two_calls()), Reply(sse=openai_frames("", "Both are mild.")))
    tool: Any = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
    if stream:  # the helper parses a strict tool's arguments as soon as another call begins
        tool["function"]["strict"] = True
        with oai.chat.completions.stream(model="glm-4.6", messages=ASK, tools=[tool]) as streamed:
            message: Any = streamed.get_final_completion().choices[0].message
    else:
        message = oai.chat.completions.create(model="glm-4.6", messages=ASK, tools=[tool]).choices[0].message
    calls = message.tool_calls
    assert [(c.function.name, json.loads(c.function.arguments)) for c in calls] == [
        ("weather", {"city": "Rome"}),
        ("weather", {"city": "Oslo"}),
    ]
    assert upstream.requests[0].json["tools"] == [
        {"type": "function", "function": {"name": "weather", "description": "", "parameters": WEATHER}}
    ]
    history: list[Any] = [
        *ASK,
        message.to_dict(),
        *({"role": "tool", "tool_call_id": c.id, "content": f"mild {c.id}"} for c in calls),
    ]
    done = oai.chat.completions.create(model="glm-4.6", messages=history, tools=[tool])
    assert done.choices[0].message.content == "Both are mild."
    sent = upstream.requests[1].json["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "tool", "tool"]
    assert sent[1]["reasoning_content"] == "Two cities."
    assert [c["id"] for c in sent[1]["tool_calls"]] == [m["tool_call_id"] for m in sent[2:]]


def test_openai_picture(oai: openai.OpenAI, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("", "A dot."))
    url = f"data:image/png;base64,{PIXEL}"
    asked: Any = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": url}},
            ],
        }
    ]
    reply = oai.chat.completions.create(model="glm-4.5v", messages=asked)
    assert reply.choices[0].message.content == "A dot."
    content = upstream.requests[-1].json["messages"][0]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"]
    assert content[1]["image_url"]["url"].startswith("data:image/")


def test_openai_overflow_is_known_to_clients(oai: openai.OpenAI, upstream: Upstream) -> None:
    import openai

    body = {"error": {"code": "1261", "message": "Prompt exceeds max length"}}
    upstream.reply(status=400, body=body)
    with pytest.raises(openai.BadRequestError) as failed:
        oai.chat.completions.create(model="glm-4.6", messages=ASK)
    assert failed.value.code == "context_length_exceeded"
    assert "maximum context length" in failed.value.message


def test_an_unknown_name_is_refused_with_the_nearest(oai: openai.OpenAI, upstream: Upstream) -> None:
    import openai

    with pytest.raises(openai.NotFoundError) as failed:
        oai.chat.completions.create(model="glm-4.66", messages=ASK)
    assert failed.value.code == "model_not_found"
    assert "glm-4.6" in failed.value.message
    assert not upstream.requests


def test_the_owners_rejected_key_is_not_the_clients(
    oai: openai.OpenAI,
    ant: anthropic.Anthropic,
    upstream: Upstream,
) -> None:
    import anthropic
    import openai

    body = {"error": {"code": "1000", "message": f"Authentication failed for {CANARY}"}}
    upstream.reply(status=401, body=body)
    with pytest.raises(openai.InternalServerError) as failed:
        oai.chat.completions.create(model="glm-4.6", messages=ASK)
    assert failed.value.status_code == 502
    assert CANARY not in str(failed.value)
    with pytest.raises(anthropic.InternalServerError) as other:
        ant.messages.create(model="glm-4.6", messages=ASK, max_tokens=10)
    assert other.value.status_code == 502


def test_openai_cut_upstream(oai: openai.OpenAI, upstream: Upstream) -> None:
    import openai

    upstream.reply(sse=openai_frames("", ["It is ", "4"], finish=None), then="cut")
    said = []
    with pytest.raises(openai.APIError) as failed:  # noqa: PT012
        for chunk in oai.chat.completions.create(model="glm-4.6", messages=ASK, stream=True):
            said.append(chunk.choices[0].delta.content or "")
    assert "".join(said) == "It is 4"
    assert "cut off" in str(failed.value) or "broke" in str(failed.value)


def test_openai_models(oai: openai.OpenAI, served: Served) -> None:
    listed = [model.id for model in oai.models.list()]
    assert {"0727-360B-API", "GLM-4-6-API-V1", "glm-4.5v", "glm-5"} <= set(listed)
    assert len(listed) == len(set(listed))
    one: Any = oai.models.retrieve("claude-3-5-haiku-20241022")
    assert one.display_name == "GLM-4.5V (as claude-3-5-haiku-20241022)"


# ---- Anthropic messages


def test_anthropic_plain(ant: anthropic.Anthropic, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("", "It is 42.", usage=USAGE))
    reply = ant.messages.create(model="claude-3-opus", messages=ASK, max_tokens=100, system="Be short.")
    assert [block.type for block in reply.content] == ["text"]
    assert reply.content[0].text == "It is 42."  # type: ignore[union-attr]
    assert reply.content[0].citations == [], "the AI SDK takes a list, or none at all"  # type: ignore[union-attr]
    assert (reply.stop_reason, reply.model, reply.role) == ("end_turn", "claude-3-opus", "assistant")
    assert (reply.usage.input_tokens, reply.usage.cache_read_input_tokens) == (20, 10)
    assert reply.usage.output_tokens == 12
    sent = upstream.requests[-1].json
    assert sent["messages"][0] == {"role": "system", "content": "Be short."}
    assert sent["thinking"]["type"] == "disabled"


def test_anthropic_streamed_thinking_goes_back(ant: anthropic.Anthropic, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames(["Six ", "sevens."], ["It is ", "42."], usage=USAGE))
    wanted: Any = {"type": "enabled", "budget_tokens": 2000}
    with ant.messages.stream(model="glm-4.6", messages=ASK, max_tokens=9000, thinking=wanted) as stream:
        kinds = [event.type for event in stream]
        reply = stream.get_final_message()
    assert [block.type for block in reply.content] == ["thinking", "text"]
    assert reply.content[0].thinking == "Six sevens."  # type: ignore[union-attr]
    assert reply.content[0].signature  # type: ignore[union-attr]
    assert reply.content[1].text == "It is 42."  # type: ignore[union-attr]
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (20, 12)
    assert kinds.count("message_delta") == 1
    history: Any = [*ASK, {"role": "assistant", "content": [b.to_dict() for b in reply.content]}, *ASK]
    ant.messages.create(model="glm-4.6", messages=history, max_tokens=10, thinking={"type": "adaptive"})
    assert upstream.requests[-1].json["messages"][1]["reasoning_content"] == "Six sevens."


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_two_tools_and_their_results(
    ant: anthropic.Anthropic,
    upstream: Upstream,
    stream: bool,
) -> None:
    upstream.reply(Reply(sse=two_calls()), Reply(sse=openai_frames("", "Both are mild.")))
    tools: Any = [{"name": "weather", "input_schema": WEATHER, "cache_control": {"type": "ephemeral"}}]
    asked: Any = {"model": "glm-4.5v", "max_tokens": 99, "tools": tools}
    if stream:
        with ant.messages.stream(messages=ASK, **asked) as streamed:
            reply = streamed.get_final_message()
    else:
        reply = ant.messages.create(messages=ASK, **asked)
    calls: Any = [block for block in reply.content if block.type == "tool_use"]
    assert [(c.name, c.input) for c in calls] == [
        ("weather", {"city": "Rome"}),
        ("weather", {"city": "Oslo"}),
    ]
    assert reply.stop_reason == "tool_use"
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    results: Any = [
        {"type": "tool_result", "tool_use_id": calls[0].id, "content": "no such city", "is_error": True},
        {
            "type": "tool_result",
            "tool_use_id": calls[1].id,
            "content": [{"type": "text", "text": "mild"}, picture],
        },
    ]
    history: Any = [
        *ASK,
        {"role": "assistant", "content": [b.to_dict() for b in reply.content]},
        {"role": "user", "content": [*results, {"type": "text", "text": "Go on."}]},
    ]
    done = ant.messages.create(messages=history, **asked)
    assert done.content[0].text == "Both are mild."  # type: ignore[union-attr]
    sent = upstream.requests[1].json["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[2]["content"] == "The tool failed:\nno such city"
    assert sent[3]["content"] == "mild"
    assert [part["type"] for part in sent[4]["content"]] == ["text", "image_url", "text"]


def test_anthropic_overflow_is_known_to_clients(ant: anthropic.Anthropic, upstream: Upstream) -> None:
    import anthropic

    upstream.reply(status=400, body={"error": {"code": "1261", "message": "Prompt exceeds max length"}})
    with pytest.raises(anthropic.BadRequestError) as failed:
        ant.messages.create(model="glm-4.6", messages=ASK, max_tokens=10)
    body: Any = failed.value.body
    assert body["error"]["message"].startswith("prompt is too long: ")
    assert " tokens > " in body["error"]["message"]
    assert body["request_id"].startswith("req_")


def test_anthropic_cut_upstream(ant: anthropic.Anthropic, upstream: Upstream) -> None:
    import anthropic

    upstream.reply(sse=openai_frames("", ["It is ", "4"], finish=None), then="cut")
    said = []
    with (
        pytest.raises(anthropic.APIError),
        ant.messages.stream(model="glm-4.6", messages=ASK, max_tokens=10) as stream,
    ):
        said += list(stream.text_stream)
    assert not said or "".join(said) == "It is 4"


def test_anthropic_counts_tokens_without_asking(ant: anthropic.Anthropic, upstream: Upstream) -> None:
    assert ant.messages.count_tokens(model="glm-4.6", messages=ASK).input_tokens > 5
    assert not upstream.requests


def test_anthropic_models(ant: anthropic.Anthropic) -> None:
    listed = {model.id: model for model in ant.models.list(limit=1000)}
    assert listed["claude-sonnet-4-20250514"].display_name == "GLM-4.6 (as claude-sonnet-4-20250514)"


# ---- who leaves, and who is lost


@pytest.mark.parametrize(
    ("stream", "reply"),
    [
        (True, Reply(sse=openai_frames("", ["It", " is"], finish=None), then="stall")),
        (False, Reply(sse=openai_frames("", ["It", " is"], finish=None), then="stall")),
        (True, Reply(sse=[], stall_before="headers")),
        (False, Reply(sse=[], stall_before="headers")),
    ],
    ids=["streamed", "whole", "streamed, before the first byte", "whole, before the first byte"],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/anthropic/v1/messages"])
def test_leaving_closes_the_upstream(
    served: Served,
    path: str,
    stream: bool,
    reply: Reply,
) -> None:
    served.up.reply(reply)
    body = {"model": "glm-4.6", "messages": ASK, "stream": stream, "max_tokens": 10}
    timeout = httpx.Timeout(10, read=0.5)
    with httpx.Client(base_url=served.url, timeout=timeout) as client, pytest.raises(httpx.ReadTimeout):
        client.post(path, json=body)
    served.up.wait_aborted(1)


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("POST", "/v1/v1/chat/completions", 404, "/v1/chat/completions"),
        ("POST", "/chat/completions", 404, "/v1/chat/completions"),
        ("POST", "/v1/embeddings", 404, "/v1/chat/completions"),
        ("POST", "/anthropic/messages", 404, "/anthropic/v1/messages"),
        ("POST", "/anthropic/v1/v1/messages", 404, "/anthropic/v1/messages"),
        ("GET", "/v1/chat/completions", 405, "POST"),
        ("DELETE", "/anthropic/v1/messages", 405, "POST"),
        ("POST", "/v1/chat/completions", 400, "JSON object"),
        ("GET", "/v1/models/nobody", 404, "nobody"),
    ],
)
def test_every_answer_is_json_in_the_protocol_of_its_path(
    served: Served,
    method: str,
    path: str,
    status: int,
    says: str,
) -> None:
    got = httpx.request(method, served.url + path, content=b"[]" if method == "POST" else None)
    assert got.status_code == status
    body = got.json()
    assert says in body["error"]["message"]
    assert body.get("type") == ("error" if "messages" in path else None)
    assert got.headers["request-id"].startswith("req_")


def test_other_sites_and_other_names_are_not_served(served: Served) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "rebound.example"}):
        got = httpx.get(f"{served.url}/v1/models", headers=headers)
        assert got.status_code == 403
        assert "own machine" in got.json()["error"]["message"]


def test_nothing_is_asked_of_claude_codes_first_question(served: Served) -> None:
    assert httpx.head(f"{served.url}/anthropic/api/hello").status_code == 200
