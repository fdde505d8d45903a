"""The doctor sees each defect of a server, and says what to do; the report holds no key."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from glm_ui.demo import image_stats
from glm_ui.messages import ChatRequest
from glm_ui.providers.doctor import CHECKS, Finding, examine
from glm_ui.providers.doctor.findings import largest_burst, spoken
from glm_ui.providers.doctor.probe import TOOL_WORD, red_square
from glm_ui.settings import Settings
from tests.conftest import CANARY
from tests.tool_frames import called
from tests.upstream import Reply, Request, Upstream, anthropic_frames, openai_frames

pytestmark = pytest.mark.usefixtures("pool")

PACE = 0.02
USAGE = {"prompt_tokens": 9, "completion_tokens": 42}
NUMBERS = [f"{n} " for n in range(1, 16)]


def wants_thinking(request: Request) -> bool:
    return bool(request.json.get("thinking", {}).get("type") == "enabled")


def has_picture(request: Request) -> bool:
    return any(kind in request.body for kind in (b'"image_url"', b'"type":"image"'))


LOOK_UP = ("c1", "look_up", {"key": "garden"})


def with_tool(request: Request) -> list[dict[str, Any]] | None:
    """What a model says that is offered the doctor's tool: the call, then the word; None for other questions."""
    if not request.json.get("tools"):
        return None
    anthropic = "/v1/messages" in request.path
    if TOOL_WORD.encode() in request.body:
        return (anthropic_frames if anthropic else openai_frames)("", TOOL_WORD)
    return called("anthropic" if anthropic else "openai", [LOOK_UP])


def healthy(request: Request, **more: Any) -> Reply:
    if frames := with_tool(request):
        return Reply(sse=frames)
    thinking = ["Well, ", "let me see."] if wants_thinking(request) else ""
    answer: Any = "Red." if has_picture(request) else NUMBERS
    return Reply(**{"sse": openai_frames(thinking, answer, usage=USAGE), "delay": PACE, **more})


async def examined(settings: Settings, provider: str = "zai", **more: Any) -> dict[str, Finding]:
    found = [finding async for finding in examine(provider, settings, {}, **more)]
    assert CANARY not in json.dumps([finding.public() for finding in found])
    return {finding.check: finding for finding in found}


async def test_a_healthy_provider_is_good_in_every_line(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.script(healthy)
    found = await examined(settings_for(up))
    assert tuple(found) == CHECKS
    assert {check: f.state for check, f in found.items()} == dict.fromkeys(CHECKS, "good"), found
    assert not any(f.todo for f in found.values())
    assert len(up.requests) == 5


async def test_the_offline_demo_passes_its_own_examination(
    settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    # An app made by an earlier test has pictures decoded in another process, which has to start within the patience.
    monkeypatch.setattr(image_stats, "_decoder", lambda function, *arguments: function(*arguments))
    with Upstream() as nobody:
        found = await examined(settings_for(nobody), "demo")
    assert {check: f.state for check, f in found.items()} == dict.fromkeys(CHECKS, "good"), found


async def test_the_anthropic_dialect_is_examined_in_its_own(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    def play(request: Request) -> Reply:
        if frames := with_tool(request):
            return Reply(sse=frames)
        thinking = "Hm." if request.json.get("thinking", {}).get("type") == "enabled" else ""
        answer: Any = "red" if has_picture(request) else NUMBERS
        return Reply(sse=anthropic_frames(thinking, answer), delay=PACE)

    up.script(play)
    found = await examined(settings_for(up), "zai-anthropic")
    assert {check: f.state for check, f in found.items()} == dict.fromkeys(CHECKS, "good"), found


def always_thinks(request: Request) -> Reply:
    return Reply(sse=openai_frames("Hm.", NUMBERS, usage=USAGE), delay=PACE)


def never_thinks(request: Request) -> Reply:
    return Reply(sse=openai_frames("", NUMBERS, usage=USAGE), delay=PACE)


def counts_nothing(request: Request) -> Reply:
    return healthy(request, sse=openai_frames("Hm." if wants_thinking(request) else "", ["Red ", *NUMBERS]))


def holds_back(request: Request) -> Reply:
    whole = b"".join(Reply(sse=openai_frames("", ["red ", *NUMBERS], usage=USAGE)).pieces())
    return Reply(sse=[b": wait\n\n", whole], delay=0.4)


def does_not_stream(request: Request) -> Reply:
    message = {"role": "assistant", "content": "red 1 2 3"}
    return Reply(
        body={"model": "glm-4.6", "choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE}
    )


def speaks_the_other_dialect(request: Request) -> Reply:
    return Reply(sse=anthropic_frames("Hm." if wants_thinking(request) else "", NUMBERS), delay=PACE)


def loses_pictures(request: Request) -> Reply:
    answer = ["I see no picture, ", "sorry."] if has_picture(request) else NUMBERS
    return healthy(request, sse=openai_frames("Hm." if wants_thinking(request) else "", answer, usage=USAGE))


def guesses_a_word_with_red_in_it(request: Request) -> Reply:
    answer = ["I referred to ", "no picture."] if has_picture(request) else NUMBERS
    return healthy(request, sse=openai_frames("Hm." if wants_thinking(request) else "", answer, usage=USAGE))


def refuses_pictures(request: Request) -> Reply:
    if has_picture(request):
        return Reply(status=400, body={"error": {"code": "1210", "message": "image_url is not supported"}})
    return healthy(request)


def cuts_off(request: Request) -> Reply:
    return Reply(sse=openai_frames("", NUMBERS, finish=None), delay=PACE, then="cut")


DEFECTS: Mapping[str, tuple[Callable[[Request], Reply], str, str, str]] = {
    "always thinks": (always_thinks, "thinking", "bad", "although it was told not to"),
    "never thinks": (never_thinks, "thinking", "bad", "No thinking came"),
    "counts nothing": (counts_nothing, "usage", "note", "no token counts"),
    "holds the stream back": (holds_back, "streaming", "bad", "came at once"),
    "does not stream": (does_not_stream, "streaming", "bad", "one document"),
    "speaks the other dialect": (speaks_the_other_dialect, "dialect", "bad", "reply is in Anthropic"),
    "loses pictures": (loses_pictures, "image", "bad", "I see no picture"),
    "says a word with red in it": (guesses_a_word_with_red_in_it, "image", "bad", "I referred to no"),
    "refuses pictures": (refuses_pictures, "image", "bad", "did not accept the option"),
    "cuts the stream off": (cuts_off, "streaming", "bad", "before the answer was complete"),
}


@pytest.mark.parametrize("name", DEFECTS)
async def test_a_defect_is_seen_and_has_a_way_out(
    name: str, up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    play, check, state, seen = DEFECTS[name]
    up.script(play)
    found = await examined(settings_for(up))
    assert found[check].state == state, found
    assert seen in found[check].seen
    assert found[check].todo
    assert found["reachable"].state == "good"
    assert found["key"].state == "good"


async def test_a_refused_key_ends_the_visit(up: Upstream, settings_for: Callable[..., Settings]) -> None:
    up.reply(status=401, body={"error": {"code": "1000", "message": f"bad key {CANARY}"}})
    found = await examined(settings_for(up))
    assert found["reachable"].state == "good"
    assert found["key"].state == "bad"
    assert "did not accept the key" in found["key"].seen
    assert {found[check].state for check in CHECKS[2:]} == {"unknown"}


async def test_a_missing_key_is_told_apart_from_a_missing_server(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(status=404, body="no page here")
    found = await examined(settings_for(up), "openrouter")
    assert found["reachable"].state == "good"
    assert found["key"].state == "bad"
    assert "needs a key" in found["key"].seen
    assert [request.method for request in up.requests] == ["GET"]


async def test_nobody_at_home_is_said_at_once(settings_for: Callable[..., Settings]) -> None:
    with Upstream() as gone:
        settings = settings_for(gone)
    found = await examined(settings)
    assert found["reachable"].state == "bad"
    assert "cannot be reached" in found["reachable"].seen
    assert found["key"].state == "unknown"


async def test_an_empty_account_is_told_in_the_line_of_the_key(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(status=429, body={"error": {"code": "1113", "message": "no balance"}})
    assert "no balance" in (await examined(settings_for(up)))["key"].seen


async def test_thinking_in_tags_is_mentioned(up: Upstream, settings_for: Callable[..., Settings]) -> None:
    def play(request: Request) -> Reply:
        tags = "<think>Hm.</think>" if wants_thinking(request) else ""
        return healthy(request, sse=openai_frames("", [tags, "red ", *NUMBERS], usage=USAGE))

    up.script(play)
    thinking = (await examined(settings_for(up)))["thinking"]
    assert thinking.state == "good"
    assert "tags within the text" in thinking.seen


async def test_a_model_that_always_thinks_is_no_defect(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.script(always_thinks)
    assert (await examined(settings_for(up), model="glm-5.3"))["thinking"].state == "good"


async def test_each_question_is_counted_as_a_turn(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.script(healthy)
    counted: list[str] = []

    def through(ask: Any, request: ChatRequest) -> Any:
        counted.append(request.model)
        return ask(request)

    async for _ in examine("zai", settings_for(up), {}, through=through):
        pass
    assert sorted(counted) == ["glm-4.5v", "glm-4.6", "glm-4.6", "glm-4.6"]


async def test_an_unknown_provider_and_a_server_without_models_are_sentences(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    assert (await examined(settings_for(up), "nobody"))["reachable"].todo
    own = settings_for(up, glm_ui_custom_base_url=f"{up.url}/own/v1")
    assert "Name one" in (await examined(own, "custom"))["reachable"].todo


def test_dialects_are_told_by_their_frames() -> None:
    assert spoken(b'data: {"choices":[]}\n\n') == "openai"
    assert spoken(b'event: x\ndata: {"type":"message_start"}\n\n') == "anthropic"
    assert spoken(b"<html>") is None
    assert spoken(b'data: [1]\n\ndata: "x"\n\ndata: {') is None


def test_bursts_are_what_came_in_one_go() -> None:
    assert largest_burst([(0.1, 1), (3.0, 8), (3.02, 9)]) > 0.9
    assert largest_burst([(0.01 * n, 1) for n in range(200)]) < 0.1  # fast, and yet as it is written


def test_the_square_is_red() -> None:
    data = red_square(4)
    assert data.startswith(b"\x89PNG")
    start = data.index(b"IDAT") + 4
    rows = zlib.decompressobj().decompress(data[start:])
    assert rows == (b"\0" + b"\xff\0\0" * 4) * 4
