"""The official client of OpenAI's responses protocol talks to the app as it is served, and Codex's own rules hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.serving import Served
from tests.test_gateway_clients import PIXEL, USAGE, WEATHER, two_calls
from tests.upstream import Reply, Upstream, openai_frames

if TYPE_CHECKING:  # these take a second or two, in every worker: imported where they are used
    import openai

FUNCTION: Any = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}
LONG = "mcp__" + "very_long_server_name_" * 4 + "search"


@pytest.fixture
def oai(served: Served) -> Iterator[openai.OpenAI]:
    import openai

    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="any", max_retries=0) as client:
        yield client


def one_call(name: str, arguments: str) -> list[dict[str, Any]]:
    call = {"index": 0, "id": "call_0", "function": {"name": name, "arguments": arguments}}
    choice = {"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}, "finish_reason": None}
    end = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    return [{"id": "up-1", "model": "glm-4.6", "choices": [one]} for one in (choice, end)]


def frames_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_plain(oai: openai.OpenAI, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("Six sevens.", ["It is ", "42."], usage=USAGE))
    reply = oai.responses.create(model="glm-4.6", input="What is 7 times 6?", instructions="Be short.")
    assert reply.output_text == "It is 42."
    assert [item.type for item in reply.output] == ["reasoning", "message"]
    assert reply.output[0].summary[0].text == "Six sevens."  # type: ignore[union-attr]
    assert (reply.status, reply.model) == ("completed", "glm-4.6")
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.total_tokens) == (30, 12, 42)
    sent = upstream.requests[-1].json["messages"]
    assert sent == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "What is 7 times 6?"},
    ]


def test_what_a_response_repeats_has_every_member(served: Served) -> None:
    served.up.reply(sse=openai_frames("", "Hi."))
    body = {"model": "glm-4.6", "input": "Hi", "tools": [{"type": "function", "name": "f"}], "reasoning": {}}
    said = httpx.post(f"{served.url}/v1/responses", json=body).json()
    assert said["tools"] == [
        {"type": "function", "name": "f", "description": None, "parameters": None, "strict": None}
    ]
    assert said["reasoning"] == {"effort": None, "summary": None}
    assert said["text"] == {"format": {"type": "text"}}


def test_streamed(oai: openai.OpenAI, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames(["Six ", "sevens."], ["It is ", "42."], usage=USAGE))
    with oai.responses.stream(model="glm-4.6", input="What is 7 times 6?") as stream:
        events = list(stream)
        reply = stream.get_final_response()
    assert reply.output_text == "It is 42."
    kinds = [event.type for event in events]
    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))


@pytest.mark.parametrize("stream", [False, True])
def test_two_tools_and_their_results(oai: openai.OpenAI, upstream: Upstream, stream: bool) -> None:
    upstream.reply(Reply(sse=two_calls()), Reply(sse=openai_frames("", "Both are mild.")))
    asked: list[Any] = [{"role": "user", "content": "Where is it warm?"}]
    if stream:
        with oai.responses.stream(model="glm-4.5v", input=asked, tools=[FUNCTION]) as streamed:
            output: Any = streamed.get_final_response().output
    else:
        output = oai.responses.create(model="glm-4.5v", input=asked, tools=[FUNCTION]).output
    calls = [item for item in output if item.type == "function_call"]
    assert [json.loads(c.arguments) for c in calls] == [{"city": "Rome"}, {"city": "Oslo"}]
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"}
    results: list[Any] = [
        {"type": "function_call_output", "call_id": calls[0].call_id, "output": "mild"},
        {
            "type": "function_call_output",
            "call_id": calls[1].call_id,
            "output": [{"type": "input_text", "text": "cold"}, picture],
        },
    ]
    history = [*asked, *(item.to_dict() for item in output), *results]
    assert oai.responses.create(model="glm-4.5v", input=history).output_text == "Both are mild."
    sent = upstream.requests[1].json["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[1]["reasoning_content"] == "Two cities."
    assert [m["content"] for m in sent[2:4]] == ["mild", "cold"]
    assert sent[4]["content"][-1]["type"] == "image_url"


def test_free_text_tools_and_namespaces_come_back_as_they_were_declared(
    oai: openai.OpenAI,
    upstream: Upstream,
) -> None:
    patch = {"type": "custom", "name": "apply_patch", "description": "Edits files."}
    space = {"type": "namespace", "name": "mail", "description": "", "tools": [{**FUNCTION, "name": "send"}]}
    tools: Any = [patch, space, {"type": "web_search"}, {"type": "from_the_future"}]
    upstream.reply(
        Reply(sse=one_call("apply_patch", '{"input":"*** Begin Patch"}')),
        Reply(sse=one_call("mail__send", '{"city":"Rome"}')),
    )
    edited: Any = oai.responses.create(model="glm-4.6", input="Edit.", tools=tools).output[0]
    assert (edited.type, edited.name, edited.input) == ("custom_tool_call", "apply_patch", "*** Begin Patch")
    assert [t["function"]["name"] for t in upstream.requests[0].json["tools"]] == [
        "apply_patch",
        "mail__send",
    ]
    history: Any = [
        {"role": "user", "content": "Edit."},
        edited.to_dict(),
        {"type": "custom_tool_call_output", "call_id": edited.call_id, "output": "done"},
    ]
    sent: Any = oai.responses.create(model="glm-4.6", input=history, tools=tools).output[0]
    assert (sent.type, sent.name, sent.to_dict()["namespace"]) == ("function_call", "send", "mail")
    asked = upstream.requests[1].json["messages"]
    assert json.loads(asked[1]["tool_calls"][0]["function"]["arguments"]) == {"input": "*** Begin Patch"}


def test_long_names_of_tools_are_shortened_and_restored(oai: openai.OpenAI, upstream: Upstream) -> None:
    def call_the_tool(request: Any) -> Reply:
        return Reply(sse=one_call(request.json["tools"][0]["function"]["name"], "{}"))

    upstream.script(call_the_tool)
    tool: Any = {**FUNCTION, "name": LONG}
    call: Any = oai.responses.create(model="glm-4.6", input="Search.", tools=[tool]).output[0]
    assert call.name == LONG
    assert len(upstream.requests[0].json["tools"][0]["function"]["name"]) <= 64


@pytest.mark.parametrize(
    ("agent", "event"), [("codex_cli_rs/0.169", "response.completed"), ("other", "response.incomplete")]
)
def test_a_reply_that_reached_its_limit_ends_as_its_client_knows(
    served: Served,
    agent: str,
    event: str,
) -> None:
    served.up.reply(sse=openai_frames("", "It is", finish="length"))
    body = {"model": "glm-4.6", "input": "Tell.", "stream": True}
    got = httpx.post(f"{served.url}/v1/responses", json=body, headers={"user-agent": agent})
    last = frames_of(got.text)[-1]
    assert last["type"] == event
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_a_cut_upstream_is_a_failed_response(served: Served) -> None:
    served.up.reply(sse=openai_frames("", "It is", finish=None), then="cut")
    got = httpx.post(
        f"{served.url}/v1/responses", json={"model": "glm-4.6", "input": "Tell.", "stream": True}
    )
    last = frames_of(got.text)[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    assert last["response"]["error"]["code"]


@pytest.mark.parametrize("field", ["previous_response_id", "conversation", "background"])
def test_what_would_need_memory_is_refused(served: Served, field: str) -> None:
    body = {"model": "glm-4.6", "input": "Tell.", field: True}
    got = httpx.post(f"{served.url}/v1/responses", json=body)
    assert got.status_code == 400
    assert got.json()["error"]["param"] == field
    assert not served.up.requests


def test_overflow_is_known_to_codex(oai: openai.OpenAI, upstream: Upstream) -> None:
    import openai

    upstream.reply(status=400, body={"error": {"code": "1261", "message": "Prompt exceeds max length"}})
    with pytest.raises(openai.BadRequestError) as failed:
        oai.responses.create(model="glm-4.6", input="Tell.")
    assert failed.value.code == "context_length_exceeded"
