"""Counts with an end, in memory and in Redis: the same claims come to the same in both."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from glm_ui.accounting.counters import Claim, Counters, Granted, InMemory, Refused
from glm_ui.accounting.redis_counters import InRedis
from glm_ui.errors import BadSettings, CountUnknown
from tests.neighbours import redis_server


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
async def counters(request: pytest.FixtureRequest) -> AsyncIterator[Counters]:
    if request.param == "memory":
        yield InMemory()
        return
    kept = InRedis(request.getfixturevalue("redis"))
    kept._redis.flushall()
    yield kept
    kept._redis.close()


def claim(key: str, most: int, wanted: int = 1, least: int | None = None, unit: str = "turns") -> Claim:
    return Claim(key, most, 3600, unit, wanted, wanted if least is None else least)


async def counts(counters: Counters, *keys: str) -> list[int]:
    return [count for count, _ in await counters.stand(keys)]


async def test_all_claims_are_counted_or_none(counters: Counters) -> None:
    assert await counters.take([claim("a", 2), claim("b", 1)]) == {"turns": Granted(1, 0)}
    refused = await counters.take([claim("a", 2), claim("b", 1)])
    assert isinstance(refused, Refused)
    assert (refused.claim.key, refused.left) == ("b", 0)
    assert 3590 < refused.seconds <= 3600
    assert await counts(counters, "a", "b") == [1, 1]


async def test_a_claim_takes_what_is_left_where_that_is_enough(counters: Counters) -> None:
    wide, narrow = claim("a", 1000, 500, 100, "tokens"), claim("b", 300, 500, 100, "tokens")
    assert await counters.take([wide, narrow]) == {"tokens": Granted(300, 0)}
    assert await counts(counters, "a", "b") == [300, 300]
    refused = await counters.take([wide, claim("b", 350, 500, 100, "tokens")])
    assert isinstance(refused, Refused)
    assert refused.left == 50


async def test_units_are_granted_apart(counters: Counters) -> None:
    granted = await counters.take([claim("t", 5), claim("k", 50, 90, 10, "tokens")])
    assert granted == {"turns": Granted(1, 4), "tokens": Granted(50, 0)}


async def test_what_is_given_back_never_goes_below_zero_and_opens_no_window(counters: Counters) -> None:
    await counters.adjust("a", 3600, -5)
    assert await counters.stand(["a"]) == [(0, 0.0)]
    await counters.take([claim("a", 10, 4)])
    await counters.adjust("a", 3600, -3)
    assert await counts(counters, "a") == [1]
    await counters.adjust("a", 3600, -3)
    assert await counts(counters, "a") == [0]
    await counters.adjust("b", 3600, 7)
    ((count, ends),) = await counters.stand(["b"])
    assert count == 7
    assert 3590 < ends <= 3600


async def test_nothing_is_given_back_to_a_window_that_began_later(counters: Counters) -> None:
    """A window of 3600 s that began now cannot be the one of which was taken 4000 s or 10 s ago."""
    await counters.take([claim("a", 10, 4)])
    for age in (4000, 10):
        await counters.adjust("a", 3600, -3, age)
    assert await counts(counters, "a") == [4]
    await counters.adjust("a", 3600, 2, 4000)  # what is owed counts whenever it is known
    await counters.adjust("a", 3600, -3, 0)
    assert await counts(counters, "a") == [3]


async def test_fifty_at_once_at_a_limit_of_one_give_one(counters: Counters) -> None:
    taken = await asyncio.gather(*(counters.take([claim("one", 1), claim("two", 40)]) for _ in range(50)))
    assert sum(not isinstance(one, Refused) for one in taken) == 1
    assert await counts(counters, "one", "two") == [1, 1]


async def test_memory_and_redis_agree_on_any_sequence(redis: str) -> None:
    shared = InRedis(redis)
    shared._redis.flushall()
    mine, dice = InMemory(), random.Random(7)
    for _ in range(200):
        if dice.random() < 0.6:
            claims = [
                Claim(
                    key,
                    dice.choice((0, 5, 40)),
                    3600,
                    unit,
                    wanted := dice.randint(0, 9),
                    dice.randint(0, wanted),
                )
                for key, unit in dice.sample([("a", "turns"), ("b", "tokens"), ("c", "tokens")], 2)
            ]
            one, other = await mine.take(claims), await shared.take(claims)
            if isinstance(one, Refused):
                assert isinstance(other, Refused)
                assert (one.claim, one.left) == (other.claim, other.left)
            else:
                assert one == other
        else:
            key, amount = dice.choice("abc"), dice.randint(-9, 9)
            await mine.adjust(key, 3600, amount)
            await shared.adjust(key, 3600, amount)
        assert await counts(mine, *"abc") == await counts(shared, *"abc")
    shared._redis.close()


async def test_a_window_ends_from_its_first_use_and_begins_anew() -> None:
    now = 1000.0
    counters = InMemory(lambda: now)
    await counters.take([claim("a", 2)])
    now += 3000
    await counters.take([claim("a", 2)])
    now += 599
    assert isinstance(await counters.take([claim("a", 2)]), Refused)
    now += 1
    assert await counters.take([claim("a", 2)]) == {"turns": Granted(1, 1)}


async def test_windows_that_have_ended_leave_the_memory() -> None:
    now = 0.0
    counters = InMemory(lambda: now)
    for number in range(50_000):
        now += 1
        await counters.take([claim(f"visitor-{number}", 5)])
    assert len(counters._counts) < 10_000


async def test_a_redis_that_does_not_answer_is_said() -> None:
    gone = InRedis("redis://127.0.0.1:1")
    for asked in (gone.take([claim("a", 1)]), gone.adjust("a", 1, 1), gone.stand(["a"])):
        with pytest.raises(CountUnknown):
            await asked


def test_an_address_that_is_none_is_said() -> None:
    with pytest.raises(BadSettings, match="GLM_UI_REDIS_URL"):
        InRedis("redis://127.0.0.1:6379/0?socket_timeout=soon")
