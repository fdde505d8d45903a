"""What a provider's own search found goes back to it as it came: in the next round, after a pause, in later turns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from glm_ui.backend.rounds import Tools, stream_rounds
from glm_ui.catalogue import load
from glm_ui.catalogue.route import Route
from glm_ui.events import Done, StreamEvent
from glm_ui.messages import ChatRequest, Message, Text, Thinking, ToolResult
from glm_ui.protocol import DIALECTS
from glm_ui.protocol.anthropic import searched
from glm_ui.reply import Reply
from glm_ui.tools.toolbox import Toolbox
from tests.frames import Frame, block, cites, decoded, delta, finish, sse, start, stop

ROW = load().providers["zai-anthropic"]
ROUTE = Route(None, ROW, "glm-4.6")
FOUND = {
    "type": "web_search_result",
    "url": "https://a.example/",
    "title": "潮",
    "encrypted_content": "EqgfCioIARgB" * 20,
    "page_age": None,
}
PLACE = {
    "type": "web_search_result_location",
    "url": "https://a.example/",
    "title": "潮",
    "cited_text": "At noon.",
    "encrypted_index": "Eo8BCioIAhgBIiQyYjQ0OWJm",
}
ASKED = {"type": "server_tool_use", "id": "srv1", "name": "web_search", "input": {"query": "tides"}}
GIVEN = {"type": "web_search_tool_result", "tool_use_id": "srv1", "content": [FOUND]}
SAID: list[Frame] = [
    {"type": "thinking", "thinking": "\n I search.", "signature": "c2ln"},
    ASKED,
    GIVEN,
    {"type": "text", "text": "\n\nHigh at noon", "citations": [PLACE]},
    {"type": "text", "text": ". Low at six."},
]
"""The content of a reply, as the API wants it back."""


def streamed(content: list[Frame], finish_reason: str = "end_turn") -> bytes:
    """A stream of this content, with texts in pieces."""
    frames = [start()]
    for n, said in enumerate(content):
        kind = said["type"]
        if kind == "thinking":
            frames += [block(n, kind, thinking="", signature="")]
            frames += [delta(n, thinking=piece) for piece in pieces(said["thinking"])]
            frames += [delta(n, signature=piece) for piece in pieces(said["signature"])]
        elif kind == "text":
            frames += [block(n, kind, text="", citations=[])]
            frames += [delta(n, text=piece) for piece in pieces(said["text"])]
            frames += [cites(n, place) for place in said.get("citations", ())]
        elif kind in ("tool_use", "server_tool_use"):
            frames += [block(n, kind, **{**{k: v for k, v in said.items() if k != "type"}, "input": {}})]
            frames += [delta(n, partial_json=piece) for piece in pieces(json.dumps(said["input"]))]
        else:
            frames += [block(n, kind, **{k: v for k, v in said.items() if k != "type"})]
        frames.append(stop(n))
    return sse(*frames, *finish(finish_reason), done=False)


def pieces(text: str) -> list[str]:
    return [text[n : n + 5] for n in range(0, len(text), 5)]


def reply_of(content: list[Frame], finish_reason: str = "end_turn", size: int = 0, **options: Any) -> Reply:
    stream = streamed(content, finish_reason)
    cut = [stream[n : n + size] for n in range(0, len(stream), size)] if size else [stream]
    reply = Reply()
    for event in decoded(cut, "anthropic", ROUTE, **options):
        reply.add(event)
    return reply


def kept(parts: Any) -> Message:
    """The parts as a browser keeps them and posts them."""
    copied = [
        Thinking(part.text, json.loads(json.dumps(part.opaque))) if isinstance(part, Thinking) else part
        for part in parts
    ]
    return Message("assistant", tuple(copied))


def sent(*messages: Message, route: Route = ROUTE, **more: Any) -> list[Any]:
    request = ChatRequest("glm-4.6", messages, provider_search=True, **more)
    messages_sent: list[Any] = DIALECTS[route.dialect].encode(request, route).body["messages"]
    return messages_sent


ASK, SURE = Message.user("When is high tide?"), Message.user("Sure?")


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_search_goes_back_as_it_came(size: int) -> None:
    reply = reply_of(SAID, size=size)
    assert reply.answer == "High at noon. Low at six."
    assert sent(ASK, kept(reply.parts()), SURE)[1] == {"role": "assistant", "content": SAID}


def test_thinking_that_is_switched_off_stays_away_and_the_search_does_not() -> None:
    back = sent(ASK, kept(reply_of(SAID).parts()), SURE, thinking=False)[1]["content"]
    assert back == SAID[1:]


def test_calls_of_the_same_reply_keep_their_place_and_have_their_results() -> None:
    call = {"type": "tool_use", "id": "c1", "name": "clock", "input": {"zone": "UTC"}}
    content = [*SAID[:4], call, SAID[4]]
    parts = reply_of(content, "tool_use").parts()
    result = Message("user", (ToolResult("c1", "noon"),))
    messages = sent(ASK, kept(parts), result)
    assert messages[1]["content"] == content
    assert messages[2]["content"][0]["tool_use_id"] == "c1"
    unanswered = sent(ASK, kept(parts), SURE)[1]["content"]
    assert unanswered == [*SAID[:4], SAID[4]], "a call without a result is left out"


def test_a_pause_goes_on_with_the_reply_as_it_came_and_so_do_later_turns() -> None:
    begun = reply_of([SAID[0], ASKED], "pause_turn")
    assert begun.answer == ""
    again = sent(ASK, kept(begun.parts()), continues=True)
    assert again[1:] == [{"role": "assistant", "content": [SAID[0], ASKED]}]
    rest = reply_of(SAID[2:], after_pause=True)
    both = kept((*begun.parts(), *rest.parts()))
    assert rest.answer == "High at noon. Low at six."
    assert sent(ASK, both, SURE)[1]["content"] == SAID


def test_what_is_no_longer_the_answer_goes_without_its_search() -> None:
    parts = reply_of(SAID).parts()
    changed = [replace(part, text=part.text + " So.") if isinstance(part, Text) else part for part in parts]
    back = sent(ASK, kept(changed), SURE)[1]["content"]
    assert [each["type"] for each in back] == ["thinking", "text"]


def test_another_provider_is_not_given_what_is_encrypted_for_this_one() -> None:
    message = kept(reply_of(SAID).parts())
    other = replace(ROUTE, provider=replace(ROW, key="custom"))
    assert "encrypted" not in json.dumps(sent(ASK, message, SURE, route=other))
    openai = Route(None, load().providers["zai"], "glm-4.6")
    assert "encrypted" not in json.dumps(sent(ASK, message, SURE, route=openai))


def without_search(reply: Reply) -> bool:
    return not any(
        searched.KEY in (part.opaque or {}) for part in reply.parts() if isinstance(part, Thinking)
    )


@pytest.mark.parametrize(
    "content",
    [
        SAID[3:],
        [ASKED, SAID[4]],
        [GIVEN, SAID[4]],
        [ASKED, {"type": "tool_result", "tool_use_id": "srv1", "content": "[]"}, SAID[4]],
    ],
    ids=[
        "no search",
        "a search without its result",
        "a result without its search",
        "a result in no known form",
    ],
)
def test_what_could_not_be_sent_is_not_kept(content: list[Frame]) -> None:
    assert without_search(reply_of(content))


def test_what_is_too_large_is_not_kept_and_that_is_said() -> None:
    large = {**GIVEN, "content": [{**FOUND, "encrypted_content": "x" * searched.MOST}]}
    reply = reply_of([ASKED, large, SAID[4]])
    assert without_search(reply)
    assert any("too large to be kept" in note for note in reply.notes)


ODD: list[Any] = [
    5,
    {},
    {"provider": ROW.key, "blocks": 5},
    {"provider": ROW.key, "blocks": [5, {"type": []}]},
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_data_from_a_browser_changes_nothing(odd: Any) -> None:
    message = Message("assistant", (Thinking("", {searched.KEY: odd}), Text("Noon.")))
    assert sent(ASK, message, SURE)[1]["content"] == "Noon."


async def test_in_a_turn_with_tools_the_next_round_has_the_search() -> None:
    call = {"type": "tool_use", "id": "c1", "name": "nothing", "input": {}}
    replies = [streamed([*SAID[:3], call], "tool_use"), streamed([{"type": "text", "text": "Noon."}])]
    asked: list[list[Any]] = []

    async def ask(request: ChatRequest) -> Any:
        asked.append(DIALECTS["anthropic"].encode(request, ROUTE).body["messages"])
        for event in decoded([replies[len(asked) - 1]], "anthropic", ROUTE):
            yield event

    request = ChatRequest("glm-4.6", (ASK,), provider_search=True)
    events: list[StreamEvent] = [
        event async for event in stream_rounds(request, ask=ask, tools=Tools(Toolbox([])))
    ]
    assert isinstance(events[-1], Done)
    assert asked[1][1]["content"] == [*SAID[:3], call]
