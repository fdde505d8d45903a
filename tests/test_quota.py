"""Turns and tokens of a visitor and of all, within a day; in memory here, in Redis in test_scaling.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from limits.storage import MemoryStorage, RedisStorage
from starlette.applications import Starlette

from glm_ui.errors import Busy, CountUnknown, Restarting, TooOften, UsedUp
from glm_ui.events import AnswerDelta, Done, StreamEvent, ThinkingDelta, Usage
from glm_ui.quota import Left, Limit, Pace, Quota, span
from glm_ui.settings import Settings
from glm_ui.ui import models_routes
from glm_ui.ui.live import Live
from glm_ui.ui.streaming import coalesce
from glm_ui.ui.turn import read_turn
from glm_ui.ui.turnstile import Turnstile
from tests.conftest import CANARY
from tests.upstream import Reply, Upstream, openai_frames

MINE, YOURS = "visitor-1", "visitor-2"


def quota(**settings: object) -> Quota:
    return Quota.of(Settings(_env_file=None, **settings))  # type: ignore[arg-type]


async def test_without_limits_everything_may_be_asked_and_nothing_is_counted() -> None:
    free = quota()
    for _ in range(100):
        await free.take(MINE, 10**6)
    assert await free.left(MINE) == Left()


async def test_a_visitor_has_so_many_turns_and_another_has_as_many() -> None:
    two = quota(glm_ui_turns_per_visitor=2)
    await two.take(MINE)
    assert (await two.left(MINE)).turns == 1
    await two.take(MINE)
    with pytest.raises(UsedUp):
        await two.take(MINE)
    await two.take(YOURS)
    assert (await two.left(YOURS)).turns == 1


async def test_all_together_have_so_many() -> None:
    three = quota(glm_ui_turns_per_day=3, glm_ui_turns_per_visitor=2)
    for who in (MINE, MINE, YOURS):
        await three.take(who)
    assert (await three.left(YOURS)).turns == 0
    with pytest.raises(UsedUp) as error:
        await three.take(YOURS)
    assert error.value.details["whose"] == "everyone"


async def test_who_is_refused_takes_nobody_elses_turn() -> None:
    few = quota(glm_ui_turns_per_visitor=1, glm_ui_turns_per_day=2)
    await few.take(MINE)
    for _ in range(5):
        with pytest.raises(UsedUp):
            await few.take(MINE)
    await few.take(YOURS)


async def test_tokens_are_counted_before_and_after_and_an_overrun_counts() -> None:
    few = quota(glm_ui_tokens_per_visitor=100)
    await few.take(MINE, 30)
    assert (await few.left(MINE)).tokens == 70
    await few.charge(MINE, 500)
    assert (await few.left(MINE)).tokens == 0
    with pytest.raises(UsedUp, match="100 tokens a day"):
        await few.take(MINE, 1)
    await few.take(YOURS, 1)


async def test_what_is_used_up_says_when_it_comes_back_and_what_to_do() -> None:
    one = quota(glm_ui_turns_per_visitor=1)
    await one.take(MINE)
    with pytest.raises(UsedUp) as error:
        await one.take(MINE)
    said = error.value.public()
    assert said["what"] == "Your 1 turns a day on the owner’s key are used up."
    assert said["why"] == "They come back in 24 hours."
    assert said["way_out"] == "key"
    assert 86_000 < said["details"]["back_at"] - time.time() <= 86_400
    assert (await one.left(MINE)).back_at == pytest.approx(said["details"]["back_at"], abs=2)


async def test_no_turns_at_all_means_that_visitors_bring_their_own_key() -> None:
    none = quota(glm_ui_turns_per_visitor=0)
    with pytest.raises(UsedUp) as error:
        await none.take(MINE)
    assert error.value.why == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 minute"), (61, "2 minutes"), (5400, "90 minutes"), (5401, "2 hours"), (86_400, "24 hours")],
)
def test_spans_are_rounded_up(seconds: float, said: str) -> None:
    assert span(seconds) == said


async def test_a_count_that_cannot_be_asked_spends_nothing() -> None:
    storage = RedisStorage("redis://127.0.0.1:1", wrap_exceptions=True, socket_connect_timeout=1)
    with pytest.raises(CountUnknown):
        await Quota([Limit("visitor", "turns", 5)], storage).take(MINE)


# ---- the turnstile


async def told(*events: StreamEvent) -> AsyncGenerator[StreamEvent, None]:
    for event in events:
        yield event


async def spent(events: AsyncGenerator[StreamEvent, None], question: int = 10) -> int:
    counted = Quota([Limit("visitor", "tokens", 1000)], MemoryStorage())
    async with aclosing(Turnstile(counted).through(events, MINE, question)) as passing:
        async for _ in passing:
            pass
    left = (await counted.left(MINE)).tokens
    assert left is not None
    return 1000 - left


async def test_the_providers_own_count_is_what_is_charged() -> None:
    usage = Usage(input_tokens=40, output_tokens=60)
    assert await spent(told(ThinkingDelta("Hm."), AnswerDelta("Yes."), usage, Done("stop"))) == 100


async def test_where_the_provider_counts_nothing_our_count_is_charged() -> None:
    assert 10 < await spent(told(AnswerDelta("One two three four."), Done("stop"))) < 20


async def test_a_reader_who_leaves_is_charged_for_what_came() -> None:
    counted = Quota([Limit("visitor", "tokens", 1000)], MemoryStorage())
    passing = Turnstile(counted).through(told(AnswerDelta("word " * 100), AnswerDelta("x")), MINE, 10)
    async for _ in passing:
        break
    await passing.aclose()
    left = (await counted.left(MINE)).tokens
    assert left is not None
    assert left < 950


async def stalled(begun: asyncio.Event) -> AsyncIterator[StreamEvent]:
    yield AnswerDelta("Half")
    begun.set()
    await asyncio.Event().wait()


async def test_four_hundred_turns_run_at_once_and_no_more() -> None:
    turnstile, begun = Turnstile(Quota()), [asyncio.Event() for _ in range(400)]

    async def run(event: asyncio.Event) -> None:
        async for _ in turnstile.through(stalled(event), None, 1):  # type: ignore[arg-type]
            pass

    turns = [asyncio.create_task(run(event)) for event in begun]
    await asyncio.gather(*(event.wait() for event in begun))
    with pytest.raises(Busy):
        await anext(turnstile.through(told(), None, 1))
    for turn in turns:
        turn.cancel()
    await asyncio.gather(*turns, return_exceptions=True)


async def test_only_so_many_turns_run_at_once() -> None:
    turnstile, begun = Turnstile(Quota(), most=1), asyncio.Event()
    first = turnstile.through(stalled(begun), None, 1)  # type: ignore[arg-type]
    assert await anext(first) == AnswerDelta("Half")
    with pytest.raises(Busy):
        await anext(turnstile.through(told(), None, 1))
    await first.aclose()
    assert [event async for event in turnstile.through(told(Done("stop")), None, 1)] == [Done("stop")]


async def test_a_server_that_goes_down_ends_its_turns_with_what_they_have() -> None:
    turnstile, begun = Turnstile(Quota()), asyncio.Event()
    batches = coalesce(turnstile.through(stalled(begun), None, 1))  # type: ignore[arg-type]
    assert await anext(batches) == [AnswerDelta("Half")]
    await begun.wait()
    closed = asyncio.create_task(asyncio.to_thread(turnstile.close, 5))
    with pytest.raises(Restarting) as error:
        _ = [batch async for batch in batches]
    assert error.value.way_out == "continue"
    assert await closed
    with pytest.raises(Restarting):
        await anext(turnstile.through(told(), None, 1))


# ---- a turn of the page


Asks = Callable[..., Awaitable[list[dict[str, Any]]]]
TURN = '{"session":"%s","id":"t","model":"glm-4.6","messages":[{"role":"user","text":"Hi"}]}'


@pytest.fixture
def frames_of(pool: None, up: Upstream, settings_for: Callable[..., Settings]) -> Asks:
    live: dict[str, Live] = {}

    async def ask(
        session: str = "s", who: str = MINE, key: str = "", **settings: object
    ) -> list[dict[str, object]]:
        mine = live.setdefault("one", Live(settings_for(up, **settings)))
        if key:
            mine.sessions.save(session, "zai", key)
        turn = read_turn((TURN % session).encode())
        return [frame async for frame in mine.frames(turn, who) if frame]

    return ask


async def test_the_owners_turns_are_counted_and_then_refused_with_a_way_out(
    frames_of: Asks, up: Upstream
) -> None:
    up.reply(Reply(sse=openai_frames("", "Yes.")))
    assert (await frames_of(glm_ui_turns_per_visitor=1))[-1]["k"] == "done"
    last = (await frames_of())[-1]
    assert last["error"]["slug"] == "used_up"
    assert last["error"]["way_out"] == "key"
    assert len(up.requests) == 1


async def test_a_visitors_own_key_is_not_counted(frames_of: Asks, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "Yes.")))
    for _ in range(3):
        last = (await frames_of(key="own-key-of-a-visitor", glm_ui_turns_per_visitor=0))[-1]
        assert last["k"] == "done"
    assert {r.headers["authorization"] for r in up.requests} == {"Bearer own-key-of-a-visitor"}
    assert CANARY not in str([r.headers for r in up.requests])


async def test_the_offline_demo_is_free(pool: None) -> None:
    live = Live(Settings(_env_file=None, glm_ui_turns_per_visitor=0))  # type: ignore[call-arg]
    async with aclosing(live.frames(read_turn((TURN % "s").encode()), MINE)) as frames:
        kinds = [frame.get("k") async for frame in _until_it_answers(frames)]
    assert "error" not in kinds


async def _until_it_answers(frames: AsyncGenerator[dict[str, Any], None]) -> AsyncIterator[dict[str, Any]]:
    async for frame in frames:
        yield frame
        if frame.get("k") in ("d", "error"):
            return


# ---- a provider asked about itself


async def test_a_provider_is_asked_about_itself_so_often_and_another_visitor_as_often() -> None:
    pace = Pace(each=3)
    await pace.take(MINE, 2)
    await pace.take(MINE)
    with pytest.raises(TooOften, match="3 questions") as error:
        await pace.take(MINE)
    assert error.value.status == 429
    assert error.value.todo
    await pace.take(YOURS, 3)


async def test_all_visitors_together_ask_so_often() -> None:
    pace = Pace(each=3, everyone=4)
    await pace.take(MINE, 3)
    await pace.take(YOURS)
    with pytest.raises(TooOften, match="All visitors"):
        await pace.take("visitor-3")


@pytest.mark.parametrize("route", ["listing", "doctor"])
async def test_the_list_and_the_doctor_are_not_asked_endlessly(
    up: Upstream, settings_for: Callable[..., Settings], pool: None, route: str
) -> None:
    live = Live(settings_for(up))
    live.pace = Pace(each=4)
    up.reply(*[Reply(body={"data": [{"id": "glm-4.6"}]})] * 40)
    said = {"session": "s", "provider": "zai", "model": "glm-4.6"}
    transport = httpx.ASGITransport(app=Starlette(routes=models_routes.routes(live)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answers = [await client.post(f"/glm_ui/{route}", json=said) for _ in range(5)]
        asked = len(up.requests)
        last = await client.post(f"/glm_ui/{route}", json=said)
    assert answers[0].status_code == 200
    assert last.status_code == 429
    assert last.json()["error"]["slug"] == "too_often"
    assert len(up.requests) == asked
    assert CANARY not in last.text
