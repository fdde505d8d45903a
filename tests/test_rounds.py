"""The loop that runs tools, against a scripted upstream in both dialects: what the next request carries, who is asked,
what is never run, and what Stop ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from glm_ui.backend import rounds, stream_chat
from glm_ui.backend.rounds import Call, Tools, stream_rounds
from glm_ui.errors import GlmUiError
from glm_ui.events import (
    AnswerDelta,
    Done,
    Note,
    Round,
    Sources,
    StreamEvent,
    ToolEnded,
    ToolProgress,
    ToolStarted,
    ToolWaiting,
)
from glm_ui.messages import ChatRequest, Message, ToolCall
from glm_ui.reply import Reply as Added
from glm_ui.settings import Settings
from glm_ui.tools.consent import Allowed, key_of
from glm_ui.tools.tool import Outcome, Running, Tool, ToolFailed
from glm_ui.tools.toolbox import Toolbox
from tests.test_backend import nothing_runs
from tests.tool_frames import called, results_in, tool
from tests.upstream import Upstream, anthropic_frames, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
Make = Callable[..., Settings]
DIALECTS = ["zai", "zai-anthropic"]
ASK = ChatRequest("glm-4.6", (Message.user("Look."),))


def answer(provider: str, text: str = "Done.") -> list[dict[str, Any]]:
    return (anthropic_frames if provider.endswith("anthropic") else openai_frames)("", text)


def turn(
    settings: Settings, *offered: Tool, provider: str = "zai", pending: tuple[Call, ...] = (), **more: Any
) -> Any:
    """The events of a turn that offers these tools."""
    box = Toolbox(offered)
    request = more.pop("request", ASK)
    request = replace(request, provider=provider, tools=box.definitions())
    return stream_rounds(
        request, ask=partial(stream_chat, settings=settings), tools=Tools(box, **more), pending=pending
    )


async def collect(events: Any) -> list[StreamEvent]:
    return [event async for event in events]


def of(events: list[StreamEvent], kind: type[Any]) -> list[Any]:
    return [event for event in events if type(event) is kind]


@pytest.mark.parametrize("provider", DIALECTS)
async def test_a_result_goes_back_with_the_thinking_as_it_came(
    up: Upstream, settings_for: Make, provider: str
) -> None:
    thought = "\n I must look.  \n"
    up.reply(sse=called(provider, [("c1", "shelf__look", {"x": 1})], thought, "One moment."))
    up.reply(sse=answer(provider))
    events = await collect(turn(settings_for(up), tool(), provider=provider))
    assert [type(e) for e in events if type(e) in (ToolStarted, ToolEnded, Round, Done)] == [
        ToolStarted,
        ToolEnded,
        Round,
        Done,
    ]
    assert of(events, AnswerDelta)[-1].text == "Done."
    first, second = (request.json for request in up.requests)
    names = [t.get("function", t)["name"] for t in first["tools"]]
    assert names == ["shelf__look"]
    assert first["tools"] == second["tools"]
    assert "\nseen\n" in results_in(second)["c1"]
    said = next(m for m in second["messages"] if m["role"] == "assistant")
    if provider == "zai":
        assert said["reasoning_content"] == thought
        assert said["content"] == "One moment."
        assert said["tool_calls"][0]["function"]["arguments"] == '{"x": 1}'
    else:
        kinds = [block["type"] for block in said["content"]]
        assert kinds == ["thinking", "text", "tool_use"]
        assert said["content"][0] == {"type": "thinking", "thinking": thought, "signature": "signed"}


@pytest.mark.parametrize("provider", DIALECTS)
async def test_calls_that_only_read_run_at_the_same_time_and_each_has_its_own_result(
    up: Upstream, settings_for: Make, provider: str
) -> None:
    both = asyncio.Barrier(2)

    async def meet(arguments: dict[str, Any], _: Running) -> Outcome:
        await asyncio.wait_for(both.wait(), 10)
        return Outcome(f"number {arguments['n']}")

    calls = [("same", "shelf__look", {"n": 1}), ("same", "shelf__look", {"n": 2})]
    up.reply(sse=called(provider, calls))
    up.reply(sse=answer(provider))
    events = await collect(turn(settings_for(up), tool(run=meet), provider=provider))
    assert len({event.key for event in of(events, ToolEnded)}) == 2
    given = results_in(up.requests[1].json)
    assert len(given) == 2, "a provider that repeats an id gets one for each call"
    assert sorted(text.split("\n")[1] for text in given.values()) == ["number 1", "number 2"]


async def test_tools_that_write_run_one_after_the_other(up: Upstream, settings_for: Make) -> None:
    running = most = 0

    async def write(_: dict[str, Any], __: Running) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Outcome("")

    pen = tool("write", write, writes=True)
    up.reply(sse=called("zai", [(f"c{n}", "shelf__write", {}) for n in range(3)]))
    up.reply(sse=answer("zai"))
    events = await collect(turn(settings_for(up), pen, allowed=Allowed(frozenset({key_of(pen)}))))
    assert most == 1
    assert [event.state for event in of(events, ToolEnded)] == ["done"] * 3
    assert "(no output)" in results_in(up.requests[1].json)["c0"], "an empty result is refused by some"


@pytest.mark.parametrize("provider", DIALECTS)
async def test_the_last_round_has_no_tools_to_call(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setattr(rounds, "MOST_ROUNDS", 3)
    up.reply(sse=called(provider, [("c", "shelf__look", {})]))
    events = await collect(turn(settings_for(up), tool(), provider=provider))
    assert len(up.requests) == 3
    assert isinstance(events[-1], Done)
    assert "taken away" in of(events, Note)[-1].text
    last = up.requests[-1].json
    if provider == "zai":
        assert "tools" not in last
    else:
        assert last["tools"]
        assert last["tool_choice"] == {"type": "none"}


async def test_calls_beyond_the_limits_get_a_result_that_says_so(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "MOST_CALLS", 2)
    up.reply(sse=called("zai", [(f"c{n}", "shelf__look", {}) for n in range(4)]))
    up.reply(sse=answer("zai"))
    events = await collect(turn(settings_for(up), tool()))
    assert len(of(events, ToolStarted)) == 2
    given = results_in(up.requests[1].json)
    assert [("not run" in given[f"c{n}"]) for n in range(4)] == [False, False, True, True]


FAILS = ToolFailed("The shelf is empty.")


@pytest.mark.parametrize(
    ("name", "arguments", "raises", "said"),
    [
        ("shelf__gone", {}, None, "no such tool"),
        ("shelf__look", '{"x": ', None, "no JSON"),
        ("shelf__look", "[1]", None, "no JSON object"),
        ("shelf__look", {}, FAILS, "shelf is empty"),
        ("shelf__look", {}, GlmUiError("It broke."), "It broke."),
        ("shelf__look", {}, RuntimeError("secret-path"), "app's log"),
        ("shelf__look", {}, asyncio.CancelledError(), "broke off"),
        ("shelf__look", {}, TimeoutError(), "did not answer"),
    ],
)
@pytest.mark.parametrize("provider", DIALECTS)
async def test_what_fails_is_a_result_that_the_model_reads(
    up: Upstream,
    settings_for: Make,
    provider: str,
    name: str,
    arguments: Any,
    raises: BaseException | None,
    said: str,
) -> None:
    async def run(_: dict[str, Any], __: Running) -> Outcome:
        if raises:
            raise raises
        return Outcome("ran")

    up.reply(sse=called(provider, [("c1", name, arguments)]))
    up.reply(sse=answer(provider))
    events = await collect(turn(settings_for(up), tool(run=run), provider=provider))
    (ended,) = of(events, ToolEnded)
    assert ended.state == "failed"
    text = results_in(up.requests[1].json)["c1"]
    assert said in text
    assert "secret-path" not in text
    if provider == "zai":
        assert text.startswith("The tool failed:")
    else:
        blocks = [
            b for m in up.requests[1].json["messages"] if isinstance(m["content"], list) for b in m["content"]
        ]
        assert next(b for b in blocks if b["type"] == "tool_result")["is_error"] is True


async def test_a_tool_that_hangs_costs_its_call_alone(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glm_ui.backend.tool_runs.PATIENCE", 0.05)

    async def hang(_: dict[str, Any], __: Running) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    up.reply(sse=called("zai", [("c1", "shelf__hang", {}), ("c2", "shelf__look", {})]))
    up.reply(sse=answer("zai"))
    await collect(turn(settings_for(up), tool("hang", hang), tool()))
    given = results_in(up.requests[1].json)
    assert "did not answer" in given["c1"]
    assert "seen" in given["c2"]


async def test_progress_is_told_and_gives_a_call_more_time(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glm_ui.backend.tool_runs.PATIENCE", 0.3)

    async def slow(_: dict[str, Any], running: Running) -> Outcome:
        for n in range(4):
            await asyncio.sleep(0.15)
            running.progress(n, 4, f"part {n}")
        return Outcome("all")

    up.reply(sse=called("zai", [("c1", "shelf__slow", {})]))
    up.reply(sse=answer("zai"))
    events = await collect(turn(settings_for(up), tool("slow", slow)))
    assert [(e.done, e.total, e.text) for e in of(events, ToolProgress)][-1] == (3, 4, "part 3")
    assert of(events, ToolEnded)[0].state == "done"


# ---- the person's word


async def asked(up: Upstream, settings: Settings, *offered: Tool, **more: Any) -> list[ToolWaiting]:
    names = [(f"c{n}", f"shelf__{each.name}", {}) for n, each in enumerate(offered)]
    up.reply(sse=called("zai", names))
    events = await collect(turn(settings, *offered, **more))
    told = of(events, ToolWaiting)
    waiting = [call for call in told if call.why]
    if told:
        assert [call.index for call in told] == list(range(len(offered))), "each has its key"
        assert events[-1] == Done("tool_calls", "tool_calls", "glm-4.6")
        assert not of(events, ToolStarted), "no call of a round runs before all are decided"
        assert len(up.requests) == 1
    return waiting


@pytest.mark.parametrize(
    ("trusted", "writes", "why"),
    [(True, True, "writes"), (False, False, "unknown_server"), (False, True, "writes")],
)
async def test_what_writes_or_is_not_trusted_waits_for_the_person(
    up: Upstream, settings_for: Make, trusted: bool, writes: bool, why: str
) -> None:
    one = tool("act", trusted=trusted, writes=writes)
    waiting = await asked(up, settings_for(up), tool(), one)
    assert [(w.index, w.why, w.pin, w.server) for w in waiting] == [(1, why, one.pin, "shelf")]


async def test_always_holds_for_this_definition_and_not_after_text_from_the_open_web(
    up: Upstream, settings_for: Make
) -> None:
    pen = tool("act", writes=True)
    always = Allowed(frozenset({key_of(pen)}))
    assert await asked(up, settings_for(up), pen, allowed=always) == []
    up.forget()
    changed = tool("act", writes=True, parameters={"type": "object", "properties": {"to": {}}})
    assert [w.why for w in await asked(up, settings_for(up), changed, allowed=always)] == ["writes"]
    up.forget()
    web = tool("web", open_world=True)
    up.reply(sse=called("zai", [("w", "shelf__web", {})]))
    up.reply(sse=called("zai", [("a", "shelf__act", {})]))
    events = await collect(turn(settings_for(up), pen, web, allowed=always))
    assert [w.why for w in of(events, ToolWaiting)] == ["tainted"]


async def test_what_writes_asks_again_after_a_search_of_the_providers_own(
    up: Upstream, settings_for: Make
) -> None:
    """Asked for in this turn, in an earlier one, or found in the reply of a model that searches unasked."""
    pen = tool("act", writes=True)
    always = Allowed(frozenset({key_of(pen)}))
    assert await asked(up, settings_for(up), pen, allowed=always) == []
    up.forget()
    searching = replace(ASK, provider_search=True)
    for more in ({"request": searching}, {"tainted": True}):
        waiting = await asked(up, settings_for(up), pen, allowed=always, **more)
        assert [w.why for w in waiting] == ["tainted"]
        up.forget()
    frames = called("zai", [("a", "shelf__act", {})])
    found = [{"refer": "ref_1", "title": "T", "link": "https://a.example/"}]
    up.reply(sse=[frames[0] | {"web_search": found}, *frames[1:]])
    events = await collect(turn(settings_for(up), pen, allowed=always))
    assert [w.why for w in of(events, ToolWaiting)] == ["tainted"]


def pending(call: str = "c1", name: str = "shelf__act", **more: Any) -> tuple[Call, ...]:
    return (Call(ToolCall(call, name, "{}"), key="k1", **more),)


RESUMED = replace(ASK, messages=(*ASK.messages, Message("assistant", (ToolCall("c1", "shelf__act", "{}"),))))


@pytest.mark.parametrize("provider", DIALECTS)
async def test_a_yes_runs_the_call_and_the_turn_goes_on(
    up: Upstream, settings_for: Make, provider: str
) -> None:
    pen = tool("act", writes=True)
    up.reply(sse=answer(provider))
    calls = pending(verdict="once", pin=pen.pin)
    events = await collect(
        turn(settings_for(up), pen, provider=provider, pending=calls, request=RESUMED, rounds_before=1)
    )
    assert [type(e) for e in events][:3] == [ToolStarted, ToolEnded, Round]
    assert of(events, Round)[0].number == 3
    assert "seen" in results_in(up.requests[0].json)["c1"]


async def test_a_yes_to_another_definition_asks_again(up: Upstream, settings_for: Make) -> None:
    calls = pending(verdict="once", pin="of the old one")
    events = await collect(turn(settings_for(up), tool("act", writes=True), pending=calls, request=RESUMED))
    assert [w.why for w in of(events, ToolWaiting)] == ["changed"]
    assert up.requests == []


async def test_a_yes_is_not_used_up_while_the_tool_is_away(up: Upstream, settings_for: Make) -> None:
    calls = pending(verdict="once", pin="of what was asked about")
    events = await collect(turn(settings_for(up), tool("other"), pending=calls, request=RESUMED))
    assert [(w.why, w.pin) for w in of(events, ToolWaiting)] == [("away", "of what was asked about")]
    assert up.requests == []


async def test_a_no_is_a_result_with_the_reason(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=answer("zai"))
    calls = pending(verdict="no", reason="Use the other\nshelf.")
    events = await collect(turn(settings_for(up), tool("act", writes=True), pending=calls, request=RESUMED))
    assert of(events, ToolStarted) == []
    assert (
        "refused this call. The reason given: Use the other shelf." in results_in(up.requests[0].json)["c1"]
    )


@pytest.mark.parametrize("by", ["the page", "this process"])
async def test_a_call_that_began_and_has_no_result_never_runs_again(
    up: Upstream, settings_for: Make, by: str
) -> None:
    pen = tool("act", writes=True)
    up.reply(sse=answer("zai"))
    if by == "the page":
        calls, began = pending(verdict="began"), set()
    else:
        calls, began = pending(verdict="once", pin=pen.pin), {"k1"}
    events = await collect(turn(settings_for(up), pen, pending=calls, request=RESUMED, began=began))
    assert of(events, ToolStarted) == []
    assert of(events, ToolEnded)[0].state == "unknown"
    assert "Whether it had an effect is not known" in results_in(up.requests[0].json)["c1"]


async def test_a_call_found_in_the_text_of_an_answer_always_asks(up: Upstream, settings_for: Make) -> None:
    quoted = "Here: <tool_call>shelf__look\n<arg_key>x</arg_key>\n<arg_value>1</arg_value>\n</tool_call>"
    up.reply(sse=openai_frames("", quoted))
    events = await collect(turn(settings_for(up), tool()))
    assert [w.why for w in of(events, ToolWaiting)] == ["inline"]
    assert of(events, ToolStarted) == []


# ---- Stop, and what is added up


@pytest.mark.parametrize("stubborn", [False, True])
async def test_stop_ends_the_running_call_and_the_loop(
    up: Upstream, settings_for: Make, stubborn: bool
) -> None:
    ended = asyncio.Event()
    free = asyncio.Event()

    async def hang(_: dict[str, Any], __: Running) -> Outcome:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set()
            if not stubborn:
                raise
            await free.wait()
        return Outcome("late")

    up.reply(sse=called("zai", [("c1", "shelf__look", {})]))
    async with aclosing(turn(settings_for(up), tool(run=hang))) as events:
        async for event in events:
            if type(event) is ToolStarted:
                break
        began = asyncio.get_running_loop().time()
    assert ended.is_set()
    assert asyncio.get_running_loop().time() - began < 5
    assert len(up.requests) == 1
    free.set()
    await nothing_runs()


async def test_stop_in_a_later_round_leaves_the_upstream(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=called("zai", [("c1", "shelf__look", {})]))
    up.reply(sse=openai_frames("", ["a", "b", "c"]), size=200, then="stall", done=False)
    async with aclosing(turn(settings_for(up), tool())) as events:
        async for event in events:
            if type(event) is AnswerDelta:
                break
    await up.left(1)


async def test_a_reply_adds_up_its_rounds(up: Upstream, settings_for: Make) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    first = called("zai", [("c1", "shelf__look", {})], "Hm.")
    first[-1]["usage"] = usage
    up.reply(sse=first)
    up.reply(sse=openai_frames("", "Done.", usage={**usage, "prompt_tokens": 150}))
    reply = Added()
    for event in await collect(turn(settings_for(up), tool())):
        reply.add(event)
    (past,) = reply.rounds
    assert past.calls[0]["state"] == "done"
    assert past.calls[0]["result"] == "seen"
    assert (reply.thinking, reply.answer, reply.tool_calls) == ("", "Done.", ())
    metrics = reply.metrics()
    assert metrics["input"] == {"value": 250, "estimated": False}
    assert metrics["output"] == {"value": 20, "estimated": False}
    assert metrics["window_used"] == {"value": 160, "estimated": False}


async def test_pictures_of_a_result_go_to_the_model_and_sources_to_the_page(
    up: Upstream, settings_for: Make
) -> None:
    from glm_ui.events import Source

    async def draw(_: dict[str, Any], running: Running) -> Outcome:
        number = running.sources.number("https://a.example/1")
        source = Source(number, "https://a.example/1", "One\u202e", "text", "2026-01-02")
        return Outcome("a picture", pictures=(("image/png", b"\x89PNG"),), sources=(source,))

    up.reply(sse=called("zai", [("c1", "shelf__look", {})]))
    up.reply(sse=openai_frames("", "Seen [1]."))
    seeing = replace(ASK, model="glm-4.5v")
    events = await collect(turn(settings_for(up), tool(run=draw), request=seeing))
    assert of(events, Sources)[0].items[0].title == "One\\u{202e}"
    assert of(events, ToolEnded)[0].pictures == (("image/png", b"\x89PNG"),)
    assert up.requests[1].json["messages"][-1]["content"][-1]["type"] == "image_url"
