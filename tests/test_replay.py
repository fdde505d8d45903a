"""A turn kept as a file plays again as it went: the same events at the same pace, with nobody asked and no key."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from glm_ui.errors import BadInput, GlmUiError, RateLimited, StreamCut
from glm_ui.events import AnswerDelta, Done, Started, StreamEvent, ThinkingDelta, Usage, Waiting
from glm_ui.inspection.turn_file import TurnFile, read_turn_file, replay
from glm_ui.settings import Settings
from glm_ui.ui.chat import conversation_routes
from glm_ui.ui.turn.request import Turn
from glm_ui.ui.turn.run import Live
from tests.conftest import CANARY
from tests.tool_frames import called
from tests.upstream import Reply, Upstream, anthropic_frames, openai_frames

RECORDINGS = Path(__file__).parent / "recordings"
Told = list[dict[str, Any]]


def file_of(raw: bytes, **over: Any) -> TurnFile:
    said = {
        "format": "glm-ui-turn",
        "version": 1,
        "provider": "zai",
        "dialect": "openai",
        "model": "glm-4.6",
        "request": {"method": "POST", "url": "https://api.z.ai/x", "headers": {}, "body": {}},
        "status": 200,
        "raw": raw.decode("utf-8", "replace"),
    }
    return read_turn_file(json.dumps(said | over).encode())


async def played(file: TurnFile, speed: float = math.inf) -> list[StreamEvent]:
    return [event async for event in replay(file, speed)]


def texts(events: list[StreamEvent]) -> tuple[str, str]:
    thinking = "".join(e.text for e in events if isinstance(e, ThinkingDelta))
    return thinking, "".join(e.text for e in events if isinstance(e, AnswerDelta))


def told(frames: Told) -> tuple[str, str]:
    return "".join(f.get("t", "") for f in frames), "".join(f.get("a", "") for f in frames)


async def asked(live: Live, **over: Any) -> Told:
    said = {"session": "s", "id": "t1", "model": "glm-4.6", "provider": "zai"}
    turn = Turn.model_validate(said | {"messages": [{"role": "user", "text": "Hi"}]} | over)
    return [frame async for frame in live.frames(turn)]


def exported(live: Live) -> bytes:
    kept = live.turns.find("s", "t1")
    assert kept
    return conversation_routes.file_of(kept)


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("zai.thinking_stream.response.sse", "openai"),
        ("openrouter.stream_with_reasoning.response.sse", "openai"),
        ("anthropic.model_thinking_part_stream.response.sse", "anthropic"),
    ],
)
async def test_a_recorded_stream_plays_to_its_end_however_it_came(name: str, dialect: str) -> None:
    raw = (RECORDINGS / name).read_bytes()
    whole = await played(file_of(raw, dialect=dialect))
    in_bits = await played(
        file_of(raw, dialect=dialect, pace=[(i, i * 37) for i in range(len(raw) // 37 + 2)])
    )
    assert isinstance(whole[0], Waiting)
    assert isinstance(whole[1], Started)
    assert isinstance(whole[-1], Done)
    assert any(texts(whole))
    assert texts(in_bits) == texts(whole)
    assert [e for e in in_bits if isinstance(e, Usage)] == [e for e in whole if isinstance(e, Usage)]


@pytest.mark.usefixtures("pool")
async def test_what_a_turn_showed_its_replay_shows_and_asks_nobody(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(
        sse=openai_frames(
            ["I ", "think."], ["I ", "answer."], usage={"prompt_tokens": 3, "completion_tokens": 5}
        )
    )
    live = Live(settings_for(up))
    first = await asked(live)
    again = [frame async for frame in live.replay(read_turn_file(exported(live)))]
    assert told(again) == told(first) == ("I think.", "I answer.")
    assert again[-1]["k"] == "done"
    assert again[-1]["ending"] == first[-1]["ending"]
    assert again[-1]["metrics"]["input"] == first[-1]["metrics"]["input"]
    assert len(up.requests) == 1


SUM = ("c1", "calculator", {"expression": "0.1 + 0.2"})
QUOTED = "<tool_call>calculator\n<arg_key>expression</arg_key>\n<arg_value>6 * 7</arg_value>\n</tool_call>"


def without_seconds(frames: Told) -> Told:
    """What frames tell of tools, joined as the page joins it: calls by index, and the rounds."""
    found: Told = []
    for frame in frames:
        if frame["k"] == "call" and "result" in frame["call"]:
            found.append({name: frame["call"].get(name) for name in ("state", "result", "server", "title")})
        elif frame["k"] == "round":
            found.append({"thinking": frame["thinking"]})
    return found


@pytest.mark.parametrize("provider", ["zai", "zai-anthropic"])
@pytest.mark.usefixtures("pool")
async def test_a_turn_with_tools_is_kept_and_played_with_all_its_rounds(
    up: Upstream, settings_for: Callable[..., Settings], provider: str
) -> None:
    frames = anthropic_frames if provider.endswith("anthropic") else openai_frames
    up.reply(sse=called(provider, [SUM], "I must calculate.", "One moment."))
    up.reply(sse=called(provider, [SUM, ("c2", "gone", {})], "Again."))
    up.reply(sse=frames("Now I know.", "It is 0.3."))
    live = Live(settings_for(up))
    first = await asked(live, provider=provider, tools=["built-in/calculator"])
    kept = live.turns.find("s", "t1")
    assert kept
    sent = [json.loads(tap.request.body) for tap in (*kept.earlier, kept) if tap.request]
    assert sent == [request.json for request in up.requests]
    file = exported(live)
    assert CANARY.encode() not in file
    again = [frame async for frame in live.replay(read_turn_file(file))]
    assert told(again) == told(first)
    assert without_seconds(again) == without_seconds(first)
    assert [frame.get("result") for frame in without_seconds(again)][:1] == ["0.3"]
    assert again[-1]["ending"] == first[-1]["ending"]
    assert again[-1]["metrics"]["output"] == first[-1]["metrics"]["output"]
    assert len(up.requests) == 3, "a replay asks nobody"


@pytest.mark.usefixtures("pool")
async def test_a_turn_that_waited_for_the_person_keeps_what_went_before(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(sse=openai_frames("", QUOTED))
    up.reply(sse=openai_frames("", "It is 42."))
    live = Live(settings_for(up))
    waits = await asked(live, tools=["built-in/calculator"])
    (call,) = [frame["call"] for frame in waits if frame["k"] == "call"]
    given = {"id": "c1", "name": "calculator", "arguments": '{"expression": "6 * 7"}', "verdict": "once"}
    said = {"role": "assistant", "calls": [given | {"key": call["key"], "pin": call["pin"]}]}
    messages = [{"role": "user", "text": "Hi"}, said]
    await asked(live, tools=["built-in/calculator"], messages=messages, resumes=True)
    kept = live.turns.find("s", "t1")
    assert kept
    assert [len(tap.ended) for tap in (*kept.earlier, kept)] == [1, 0]
    again = [frame async for frame in live.replay(read_turn_file(exported(live)))]
    assert [row.get("result") for row in without_seconds(again)] == ["42", None]


EARLIER = {
    "provider": "zai",
    "dialect": "openai",
    "model": "glm-4.6",
    "request": {"method": "POST", "url": "https://api.z.ai/x", "headers": {}, "body": {}},
}
RESULT = {"index": 0, "key": "k", "state": "done", "content": "0.3"}


@pytest.mark.parametrize(
    "odd",
    [
        5,
        [5],
        [{}],
        [EARLIER | {"results": [RESULT | {"index": -1}]}],
        [EARLIER | {"results": [RESULT | {"state": "exploded"}]}],
        [EARLIER | {"results": [RESULT | {"content": "x" * 10**6}]}],
        [EARLIER | {"pace": [[1, -1]]}],
        [EARLIER | {"earlier": [EARLIER]}],
    ],
)
def test_a_file_with_odd_rounds_is_refused_with_words(odd: Any) -> None:
    assert file_of(b"", earlier=[EARLIER | {"results": [RESULT]}]).earlier[0].results[0].content == "0.3"
    with pytest.raises(BadInput, match="cannot be played"):
        file_of(b"", earlier=odd)


@pytest.mark.usefixtures("pool")
async def test_a_turn_file_holds_the_request_with_its_key_by_name(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(sse=openai_frames("", f"Your key is {CANARY}."))
    live = Live(settings_for(up))
    await asked(live)
    file = exported(live)
    assert CANARY.encode() not in file
    said = json.loads(file)
    assert said["request"]["headers"]["Authorization"] == "Bearer $ZAI_API_KEY"
    assert said["request"]["body"] == up.requests[0].json
    assert said["status"] == 200
    assert said["pace"][-1][1] == len(said["raw"].encode())


@pytest.mark.usefixtures("pool")
async def test_a_visitors_own_key_is_in_no_turn_file(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(sse=openai_frames("", "Fine."))
    live = Live(settings_for(up, zai_api_key=None))
    live.sessions.save("s", "zai", CANARY)
    assert live.sessions.keys("s") == {"zai": SecretStr(CANARY)}
    await asked(live)
    assert up.requests[0].headers["authorization"].endswith(CANARY)
    assert CANARY.encode() not in exported(live)


@pytest.mark.usefixtures("pool")
async def test_a_continued_answer_plays_without_its_repetition(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(sse=openai_frames("", "one two three four five"))
    live = Live(settings_for(up))
    begun = [{"role": "user", "text": "Count."}, {"role": "assistant", "text": "one two three"}]
    first = await asked(live, messages=begun, continues=True)
    assert told(first)[1] == " four five"
    assert told([frame async for frame in live.replay(read_turn_file(exported(live)))]) == told(first)


@pytest.mark.usefixtures("pool")
async def test_a_refusal_plays_as_the_same_refusal(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(Reply(body={"error": {"code": "1302", "message": "slow down"}}, status=429))
    live = Live(settings_for(up, glm_ui_retries=0))
    first = await asked(live)
    again = [frame async for frame in live.replay(read_turn_file(exported(live)))]
    assert again[-1]["error"]["slug"] == first[-1]["error"]["slug"] == RateLimited.slug


async def test_a_stopped_turn_plays_what_came_and_says_so() -> None:
    raw = (RECORDINGS / "zai.thinking_stream.response.sse").read_bytes()
    came: list[StreamEvent] = []

    async def play() -> None:
        async for event in replay(file_of(raw[: len(raw) // 2]), math.inf):
            came.append(event)

    with pytest.raises(StreamCut, match="stopped or cut here"):
        await play()
    assert texts(came)[0]


async def test_pieces_come_at_their_old_pace() -> None:
    raw = (
        b"".join(
            f'data: {{"choices": [{{"delta": {{"content": "{word}"}}}}]}}\n\n'.encode()
            for word in ("a", "b", "c")
        )
        + b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    )
    third = raw.index(b"data", 5)
    began = time.monotonic()
    came = {}
    async for event in replay(file_of(raw, pace=[(40, third), (120, 2 * third), (200, 3 * third)]), 1):
        if isinstance(event, AnswerDelta):
            came[event.text] = (time.monotonic() - began) * 1000
    assert 35 <= came["a"] < came["b"] < came["c"]
    assert came["b"] >= 115
    assert came["c"] >= 195


async def test_the_page_replays_a_turn_at_its_old_pace(
    settings_for: Callable[..., Settings], up: Upstream
) -> None:
    raw = b'data: {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    live = Live(settings_for(up))
    began = time.monotonic()
    frames = [frame async for frame in live.replay(file_of(raw, pace=[(300, len(raw))]))]
    assert frames[-1]["k"] == "done"
    assert time.monotonic() - began >= 0.29


async def test_a_long_silence_is_not_sat_through_and_time_never_runs_back() -> None:
    raw = (RECORDINGS / "zai.thinking_stream.response.sse").read_bytes()
    wild = [(10**9, 100), (5, 90), (0, 200), (10**9, 10**9)]
    file = file_of(raw, pace=wild)
    assert isinstance((await played(file, 1e4))[-1], Done)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "glm-ui-turn", "version": 2}',
        b'{"format": "glm-ui-turn", "version": 1, "dialect": "smtp"}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_turn_file_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(BadInput, match="cannot be played"):
        read_turn_file(data)


async def test_broken_base64_and_bytes_of_no_stream_are_errors_in_words() -> None:
    with pytest.raises(BadInput, match="broken"):
        await played(file_of(b"", raw_base64="!!!"))
    with pytest.raises(GlmUiError):
        await played(file_of(b"<html>no</html>"))
    with pytest.raises(GlmUiError):
        await played(file_of(b""))


async def test_a_provider_that_is_not_known_here_plays_all_the_same() -> None:
    raw = (RECORDINGS / "zai.thinking_stream.response.sse").read_bytes()
    assert isinstance((await played(file_of(raw, provider="elsewhere", model="x-1")))[-1], Done)
