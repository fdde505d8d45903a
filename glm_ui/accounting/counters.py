"""Counts that end with their window: of this process, or of the Redis that several replicas share. Several limits are
taken in one step, so that of two turns at once only one gets the last place. No visitor and no policy enters here.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from glm_ui.errors import BadSettings, CountUnknown

PATIENCE = 2.0
"""Seconds that Redis may take; a turn waits for it."""
PREFIX = "glm-ui:"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is wanted of one counter that may reach `most` within `seconds` of its first use: `wanted`, or what is left
    where that is at least `least`. Claims of one `unit` are granted the same amount."""

    key: str
    most: int
    seconds: int
    unit: str
    wanted: int
    least: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Which claim cannot be had, how much of it is left, and in how many seconds its window ends (0: it has not
    begun)."""

    claim: Claim
    left: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Granted:
    """What was counted of one unit, and how much of it is left after that: the least of its claims."""

    amount: int
    left: int


class Counters(Protocol):
    """Raises CountUnknown where the counts cannot be had."""

    async def take(self, claims: Sequence[Claim]) -> dict[str, Granted] | Refused:
        """Counts all claims, or none of them. Returns unit -> what was granted."""

    async def adjust(self, key: str, seconds: int, amount: int, age: float = 0.0) -> None:
        """Adds what is known only afterwards, or gives back what was not used and was taken `age` seconds ago: only to
        the window that it was taken of. A count never falls below 0."""

    async def stand(self, keys: Sequence[str]) -> list[tuple[int, float]]:
        """For each key its count, and in how many seconds its window ends."""


class InMemory:
    """The twin of the scripts below, for one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self._sweep_at = 1024

    async def take(self, claims: Sequence[Claim]) -> dict[str, Granted] | Refused:
        with self._lock:
            amounts: dict[str, int] = {}
            lefts: list[int] = []
            for claim in claims:
                count, ends = self._now(claim.key)
                lefts.append(max(0, claim.most - count))
                if lefts[-1] < claim.least:
                    return Refused(claim, lefts[-1], ends)
                amounts[claim.unit] = min(lefts[-1], amounts.get(claim.unit, claim.wanted))
            for claim in claims:
                self._add(claim.key, claim.seconds, amounts[claim.unit])
            return _granted(claims, [amounts[claim.unit] for claim in claims], lefts)

    async def adjust(self, key: str, seconds: int, amount: int, age: float = 0.0) -> None:
        with self._lock:
            if amount >= 0 or self._now(key)[1] <= seconds - age:
                self._add(key, seconds, amount)

    async def stand(self, keys: Sequence[str]) -> list[tuple[int, float]]:
        with self._lock:
            return [self._now(key) for key in keys]

    def _now(self, key: str) -> tuple[int, float]:
        count, end = self._counts.get(key, (0, 0.0))
        ends = end - self._clock()
        return (count, ends) if ends > 0 else (0, 0.0)

    def _add(self, key: str, seconds: int, amount: int) -> None:
        count, ends = self._now(key)
        if count == 0 and amount <= 0:
            return
        self._counts[key] = (max(0, count + amount), self._clock() + (ends or seconds))
        if len(self._counts) > self._sweep_at:
            now = self._clock()
            self._counts = {key: kept for key, kept in self._counts.items() if kept[1] > now}
            self._sweep_at = max(1024, 2 * len(self._counts))


TAKE = """
local granted, told = {}, {0}
for i = 1, #KEYS do
  local most, unit = tonumber(ARGV[5 * i - 4]), ARGV[5 * i - 2]
  local wanted, least = tonumber(ARGV[5 * i - 1]), tonumber(ARGV[5 * i])
  local left = math.max(0, most - tonumber(redis.call('GET', KEYS[i]) or '0'))
  if left < least then return {i, left, redis.call('PTTL', KEYS[i])} end
  granted[unit] = math.min(left, granted[unit] or wanted)
  told[2 * i + 1] = left
end
for i = 1, #KEYS do
  local amount = granted[ARGV[5 * i - 2]]
  if amount > 0 then
    redis.call('INCRBY', KEYS[i], amount)
    if redis.call('PTTL', KEYS[i]) < 0 then redis.call('EXPIRE', KEYS[i], ARGV[5 * i - 3]) end
  end
  told[2 * i] = amount
end
return told
"""
ADJUST = """
local count, amount = tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[2])
if count == 0 and amount <= 0 then return end
local ends = redis.call('PTTL', KEYS[1])
if amount < 0 and ends > 1000 * (tonumber(ARGV[1]) - tonumber(ARGV[3])) then return end
redis.call('SET', KEYS[1], math.max(0, count + amount))
if ends > 0 then redis.call('PEXPIRE', KEYS[1], ends) else redis.call('EXPIRE', KEYS[1], ARGV[1]) end
"""
STAND = """
local told = {}
for i = 1, #KEYS do
  told[2 * i - 1], told[2 * i] = tonumber(redis.call('GET', KEYS[i]) or '0'), redis.call('PTTL', KEYS[i])
end
return told
"""


class InRedis:
    """Asked in a thread: one slow answer must not hold up everybody's streams."""

    def __init__(self, address: str) -> None:
        """Raises BadSettings for an address that cannot be used. Nothing is connected yet."""
        try:
            self._redis = Redis.from_url(
                address,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 1),
            )
        except ValueError:
            raise BadSettings("GLM_UI_REDIS_URL is not usable.") from None
        self._take, self._adjust, self._stand = (
            self._redis.register_script(text) for text in (TAKE, ADJUST, STAND)
        )

    async def take(self, claims: Sequence[Claim]) -> dict[str, Granted] | Refused:
        keys = [claim.key for claim in claims]
        args = [x for c in claims for x in (c.most, c.seconds, c.unit, c.wanted, c.least)]
        refused, *told = await _answered(lambda: self._take(_prefixed(keys), args))
        if refused:
            left, ends = told
            return Refused(claims[refused - 1], left, max(0.0, ends / 1000))
        return _granted(claims, told[::2], told[1::2])

    async def adjust(self, key: str, seconds: int, amount: int, age: float = 0.0) -> None:
        await _answered(lambda: self._adjust(_prefixed([key]), [seconds, amount, age]))

    async def stand(self, keys: Sequence[str]) -> list[tuple[int, float]]:
        told = await _answered(lambda: self._stand(_prefixed(keys), []))
        return [(count, max(0.0, ends / 1000)) for count, ends in zip(told[::2], told[1::2], strict=True)]


def _granted(claims: Sequence[Claim], amounts: Sequence[int], lefts: Sequence[int]) -> dict[str, Granted]:
    """`lefts` are those from before the amounts were counted."""
    granted: dict[str, Granted] = {}
    for claim, amount, left in zip(claims, amounts, lefts, strict=True):
        so_far = granted.get(claim.unit)
        granted[claim.unit] = Granted(amount, min(left - amount, so_far.left if so_far else left))
    return granted


def _prefixed(keys: Sequence[str]) -> list[str]:
    return [PREFIX + key for key in keys]


async def _answered(ask: Callable[[], Any]) -> Any:
    try:
        return await asyncio.to_thread(ask)
    except (RedisError, OSError) as error:
        raise CountUnknown.of() from error
