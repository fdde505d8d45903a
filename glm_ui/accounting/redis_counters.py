"""Counts of the Redis that several replicas share. Loaded where one is set: it takes a twentieth of a start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from glm_ui.accounting.counters import Claim, Granted, Refused, granted
from glm_ui.errors import BadSettings, CountUnknown

PATIENCE = 2.0
"""Seconds that Redis may take; a turn waits for it."""
PREFIX = "glm-ui:"

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
        return granted(claims, told[::2], told[1::2])

    async def adjust(self, key: str, seconds: int, amount: int, age: float = 0.0) -> None:
        await _answered(lambda: self._adjust(_prefixed([key]), [seconds, amount, age]))

    async def stand(self, keys: Sequence[str]) -> list[tuple[int, float]]:
        told = await _answered(lambda: self._stand(_prefixed(keys), []))
        return [(count, max(0.0, ends / 1000)) for count, ends in zip(told[::2], told[1::2], strict=True)]


def _prefixed(keys: Sequence[str]) -> list[str]:
    return [PREFIX + key for key in keys]


async def _answered(ask: Callable[[], Any]) -> Any:
    try:
        return await asyncio.to_thread(ask)
    except (RedisError, OSError) as error:
        raise CountUnknown.of() from error
