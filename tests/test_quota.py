"""Turns and tokens of a visitor and of all, within a day; in memory here, in Redis in test_scaling.py."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from glm_ui.accounting import quota as quotas
from glm_ui.accounting.counters import InMemory
from glm_ui.accounting.quota import LIMITS, STEP, Limit, ProbeRateLimit, Quota, RemainingQuota, span
from glm_ui.accounting.redis_counters import InRedis
from glm_ui.accounting.tokens import TokenCounter
from glm_ui.errors import Busy, CountUnknown, GlmUiError, Restarting, TooOften, UsedUp
from glm_ui.events import AnswerDelta, Done, StreamEvent, ThinkingDelta, Usage, Waiting
from glm_ui.serving.admission import Turnstile
from glm_ui.serving.coalesce import coalesce
from glm_ui.settings import Settings
from glm_ui.ui.models import routes as models_routes
from glm_ui.ui.turn.request import read_turn
from glm_ui.ui.turn.run import Live
from tests.conftest import CANARY
from tests.upstream import Reply, Upstream, openai_frames

MINE, YOURS = "visitor-1", "visitor-2"


def quota(**settings: object) -> Quota:
    return Quota.of(Settings(_env_file=None, **settings))  # type: ignore[arg-type]


async def test_without_limits_everything_may_be_asked_and_nothing_is_counted() -> None:
    free = quota()
    for _ in range(100):
        await free.take(MINE, 10**6)
    assert await free.left(MINE) == RemainingQuota()


async def test_a_visitor_has_so_many_turns_and_another_has_as_many() -> None:
    two = quota(glm_ui_turns_per_visitor=2)
    await two.take(MINE)
    assert (await two.left(MINE)).turns == 1
    await two.take(MINE)
    with pytest.raises(UsedUp):
        await two.take(MINE)
    await two.take(YOURS)
    assert (await two.left(YOURS)).turns == 1


async def test_a_turn_that_goes_on_takes_tokens_and_no_turn() -> None:
    few = quota(glm_ui_turns_per_visitor=1, glm_ui_tokens_per_visitor=10_000)
    await few.take(MINE, 100)
    before = (await few.left(MINE)).tokens or 0
    await few.take(MINE, 100, turns=0)
    left = await few.left(MINE)
    assert (left.turns, left.tokens) == (0, before - 100 - STEP)
    with pytest.raises(UsedUp):
        await few.take(MINE, 100)


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
    few = quota(glm_ui_tokens_per_visitor=10_000)
    spending = await few.take(MINE, 30)
    assert (await few.left(MINE)).tokens == 10_000 - 30 - STEP
    await spending.settle(70)
    assert (await few.left(MINE)).tokens == 9_930
    spending = await few.take(MINE, 30)
    await spending.settle(20_000)
    assert (await few.left(MINE)).tokens == 0
    with pytest.raises(UsedUp, match="10,000 tokens a day"):
        await few.take(MINE, 1)
    await few.take(YOURS, 1)


async def test_what_yesterday_did_not_use_is_not_given_back_to_today(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(quotas, "_clock", lambda: now)
    few = Quota(quota(glm_ui_tokens_per_visitor=10_000).limits, InMemory(lambda: now))
    late = await few.take(MINE, 30)
    now += quotas.DAY + 1
    today = await few.take(MINE, 2_000)
    await late.settle(0)
    assert (await few.left(MINE)).tokens == 10_000 - 2_000 - STEP
    await today.settle(100)
    assert (await few.left(MINE)).tokens == 9_900


@pytest.mark.parametrize("name", [name for name, _, _ in LIMITS])
async def test_each_limit_of_the_settings_holds(name: str) -> None:
    limited = quota(**{name: 10})
    taken = [await _refusal(limited.take(who, 5)) for who in (MINE, YOURS) * 11]
    assert UsedUp in map(type, taken)


async def _refusal(taking: Awaitable[object]) -> GlmUiError | None:
    try:
        await taking
    except GlmUiError as error:
        return error
    return None


async def test_a_question_that_is_longer_than_what_is_left_is_refused_and_counts_nothing() -> None:
    few = quota(glm_ui_tokens_per_visitor=1000, glm_ui_turns_per_visitor=5)
    with pytest.raises(UsedUp) as error:
        await few.take(MINE, 5_000)
    assert error.value.what == "This question comes to about 5,000 tokens."
    assert error.value.why == "Of your 1,000 tokens a day on the owner’s key 1,000 are left."
    assert (await few.left(MINE)).public() == {"turns": 5, "tokens": 1000, "back_at": None}


async def test_fifty_turns_at_once_never_take_more_than_is_left() -> None:
    few = quota(glm_ui_tokens_per_visitor=1000, glm_ui_tokens_per_day=2000)
    visitors = [f"visitor-{number % 10}" for number in range(50)]
    taken = await asyncio.gather(*(few.take(who, 20) for who in visitors), return_exceptions=True)
    held = [spending for spending in taken if not isinstance(spending, BaseException)]
    assert sum(spending.taken for spending in held) == 2000
    assert {type(refused) for refused in taken if refused not in held} == {UsedUp}


async def test_a_turn_takes_more_as_its_answer_grows_until_nothing_is_left() -> None:
    few = quota(glm_ui_tokens_per_visitor=2 * STEP + 100)
    spending = await few.take(MINE, 100)
    assert spending.at_most == 2 * STEP
    await spending.more(spending.taken)
    assert spending.taken == 2 * STEP + 100
    with pytest.raises(UsedUp):
        await spending.more(spending.taken)


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
    with pytest.raises(CountUnknown):
        await Quota([Limit("visitor", "turns", 5)], InRedis("redis://127.0.0.1:1")).take(MINE)


# ---- the turnstile


async def told(*events: StreamEvent) -> AsyncGenerator[StreamEvent, None]:
    for event in events:
        yield event


async def spent(events: AsyncGenerator[StreamEvent, None], question: int = 10) -> int:
    counted = Quota([Limit("visitor", "tokens", 10_000)])
    async with aclosing(Turnstile(counted).through(lambda _: events, MINE, question)) as passing:
        with suppress(GlmUiError):
            async for _ in passing:
                pass
    left = (await counted.left(MINE)).tokens
    assert left is not None
    return 10_000 - left


async def failing(error: GlmUiError, *events: StreamEvent) -> AsyncGenerator[StreamEvent, None]:
    for event in events:
        yield event
    raise error


async def test_what_the_provider_refuses_costs_no_tokens_and_what_breaks_off_does() -> None:
    refused = GlmUiError("No.", status=401)
    assert await spent(failing(refused, Waiting("first_byte"))) == 0
    assert await spent(failing(GlmUiError("Cut."), Waiting("first_byte"))) == 10
    assert await spent(failing(refused, AnswerDelta("One two three."))) > 10


async def endless(closed: asyncio.Event) -> AsyncGenerator[StreamEvent, None]:
    try:
        while True:
            yield AnswerDelta("word " * 100)
    finally:
        closed.set()


async def test_an_answer_ends_where_the_tokens_do() -> None:
    counted, closed = Quota([Limit("visitor", "tokens", 6_000)]), asyncio.Event()
    words: list[StreamEvent] = []

    async def read() -> None:
        async for event in Turnstile(counted).through(lambda _: endless(closed), MINE, 10):
            words.append(event)

    with pytest.raises(UsedUp) as error:
        await read()
    assert closed.is_set()
    assert 58 < len(words) < 62
    assert error.value.todo == "Enter a key of your own, then continue."
    assert (await counted.left(MINE)).tokens == 0


async def test_an_answer_that_was_cut_to_what_was_left_says_so() -> None:
    counted = Quota([Limit("visitor", "tokens", 100)])
    asked: list[int | None] = []

    def ask(at_most: int | None) -> AsyncGenerator[StreamEvent, None]:
        asked.append(at_most)
        return told(AnswerDelta("word " * 85), Done("length"))

    with pytest.raises(UsedUp):
        _ = [event async for event in Turnstile(counted).through(ask, MINE, 10)]
    assert asked == [90]


async def test_the_providers_own_count_is_what_is_charged() -> None:
    usage = Usage(input_tokens=40, output_tokens=60)
    assert await spent(told(ThinkingDelta("Hm."), AnswerDelta("Yes."), usage, Done("stop"))) == 100


async def test_where_the_provider_counts_nothing_our_count_is_charged() -> None:
    assert 10 < await spent(told(AnswerDelta("One two three four."), Done("stop"))) < 20


async def test_a_long_delta_is_counted_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: dict[int, int] = {}
    add = TokenCounter.add

    def noted(self: TokenCounter, text: str) -> None:
        counted[len(text)] = threading.get_ident()
        add(self, text)

    monkeypatch.setattr(TokenCounter, "add", noted)
    await spent(told(AnswerDelta("word"), AnswerDelta("word " * 200_000), Done("stop")))
    assert counted.pop(4) == threading.get_ident()
    assert counted.pop(1_000_000) != threading.get_ident()


async def test_a_reader_who_leaves_is_charged_for_what_came() -> None:
    counted = Quota([Limit("visitor", "tokens", 1000)])
    events = told(AnswerDelta("word " * 100), AnswerDelta("x"))
    passing = Turnstile(counted).through(lambda _: events, MINE, 10)
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


async def begun_turns(turnstile: Turnstile, visitors: Iterable[str]) -> list[asyncio.Task[None]]:
    """A running turn for each visitor, in a task of its own."""
    tasks, events = [], []
    for visitor in visitors:
        events.append(asyncio.Event())

        async def run(visitor: str = visitor, begun: asyncio.Event = events[-1]) -> None:
            async for _ in turnstile.through(lambda _: stalled(begun), visitor):  # type: ignore[arg-type, return-value]
                pass

        tasks.append(asyncio.create_task(run()))
    async with asyncio.timeout(30):
        await asyncio.gather(*(event.wait() for event in events))
    return tasks


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_four_hundred_turns_run_at_once_and_no_more() -> None:
    turnstile = Turnstile(Quota())
    turns = await begun_turns(turnstile, (f"visitor-{number}" for number in range(400)))
    with pytest.raises(Busy, match="as many people as it can") as error:
        await anext(turnstile.through(lambda _: told(), MINE))
    assert error.value.status == 503
    await ended(turns)
    assert [event async for event in turnstile.through(lambda _: told(Done("stop")), MINE)] == [Done("stop")]


async def test_one_visitor_cannot_take_all_places() -> None:
    turnstile = Turnstile(Quota())
    turns = await begun_turns(turnstile, [MINE] * 40)
    with pytest.raises(Busy, match="40 of your turns are running") as error:
        await anext(turnstile.through(lambda _: told(), MINE))
    assert error.value.status == 429
    assert [event async for event in turnstile.through(lambda _: told(Done("stop")), YOURS)] == [Done("stop")]
    await ended(turns)
    assert [event async for event in turnstile.through(lambda _: told(Done("stop")), MINE)] == [Done("stop")]


async def test_a_server_that_goes_down_ends_its_turns_with_what_they_have() -> None:
    turnstile, begun = Turnstile(Quota()), asyncio.Event()
    batches = coalesce(turnstile.through(lambda _: stalled(begun), MINE))  # type: ignore[arg-type, return-value]
    assert await anext(batches) == [AnswerDelta("Half")]
    await begun.wait()
    closed = asyncio.create_task(asyncio.to_thread(turnstile.close, 5))
    with pytest.raises(Restarting) as error:
        _ = [batch async for batch in batches]
    assert error.value.way_out == "continue"
    assert await closed
    with pytest.raises(Restarting):
        await anext(turnstile.through(lambda _: told(), MINE))


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


async def test_an_answer_may_be_no_longer_than_what_is_left(frames_of: Asks, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "Yes.")))
    assert (await frames_of(glm_ui_tokens_per_visitor=1000))[-1]["k"] == "done"
    assert 900 < up.requests[0].json["max_tokens"] < 1000


async def test_an_answer_has_its_own_length_where_enough_is_left(frames_of: Asks, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "Yes.")))
    assert (await frames_of(glm_ui_tokens_per_visitor=1_000_000))[-1]["k"] == "done"
    assert "max_tokens" not in up.requests[0].json


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
    pace = ProbeRateLimit(each=3)
    await pace.take(MINE, 2)
    await pace.take(MINE)
    with pytest.raises(TooOften, match="3 questions") as error:
        await pace.take(MINE)
    assert error.value.status == 429
    assert error.value.todo
    await pace.take(YOURS, 3)


async def test_all_visitors_together_ask_so_often() -> None:
    pace = ProbeRateLimit(each=3, everyone=4)
    await pace.take(MINE, 3)
    await pace.take(YOURS)
    with pytest.raises(TooOften, match="All visitors"):
        await pace.take("visitor-3")


@pytest.mark.parametrize("route", ["listing", "doctor"])
async def test_the_list_and_the_doctor_are_not_asked_endlessly(
    up: Upstream, settings_for: Callable[..., Settings], pool: None, route: str
) -> None:
    live = Live(settings_for(up))
    live.pace = ProbeRateLimit(each=4)
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
