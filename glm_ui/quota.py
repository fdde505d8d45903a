"""Who may still spend the owner's keys: turns and tokens of one visitor and of all, within a day, and how often a
provider is asked about itself; counted in memory or in the Redis that several replicas share. Visitors are opaque ids;
no key, no text and no HTTP enters here.

A day runs from its first turn, so that what is used up comes back at a moment that can be named.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from glm_ui.errors import BadSettings, CountUnknown, TooOften, UsedUp
from glm_ui.settings import Settings

Whose = Literal["visitor", "everyone"]
Unit = Literal["turns", "tokens"]
T = TypeVar("T")

PATIENCE = 2.0
"""Seconds that Redis may take; a turn waits for it."""
PREFIX = "glm-ui"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many turns or tokens a day, of each visitor or of everyone together."""

    whose: Whose
    unit: Unit
    most: int

    @property
    def item(self) -> RateLimitItemPerDay:
        return RateLimitItemPerDay(self.most, 1, namespace=f"{self.whose}-{self.unit}")

    def holder(self, visitor: str) -> str:
        return visitor if self.whose == "visitor" else "all"


@dataclass(frozen=True, slots=True)
class Left:
    """What one visitor may still spend; None is no limit. `back_at` is when what is used up comes back, in seconds
    since 1970."""

    turns: int | None = None
    tokens: int | None = None
    back_at: float | None = None

    def public(self) -> dict[str, float | None]:
        return {"turns": self.turns, "tokens": self.tokens, "back_at": self.back_at}


LIMITS: tuple[tuple[str, Whose, Unit], ...] = (
    ("glm_ui_turns_per_visitor", "visitor", "turns"),
    ("glm_ui_tokens_per_visitor", "visitor", "tokens"),
    ("glm_ui_turns_per_day", "everyone", "turns"),
    ("glm_ui_tokens_per_day", "everyone", "tokens"),
)
"""Setting -> the limit that it sets. A visitor's own stand first: who is out of turns takes nobody else's."""


class Quota:
    """`take` before a turn, `charge` after it. Without limits nothing is stored and everything may be asked."""

    def __init__(self, limits: Sequence[Limit] = (), storage: Storage | None = None) -> None:
        self.limits = tuple(limits)
        self._storage = storage
        self._limiter = FixedWindowRateLimiter(storage or MemoryStorage()) if limits else None

    @classmethod
    def of(cls, settings: Settings) -> Quota:
        """The owner's limits. Raises BadSettings where the Redis address cannot be used."""
        set_ones = ((whose, unit, getattr(settings, name)) for name, whose, unit in LIMITS)
        limits = [Limit(whose, unit, most) for whose, unit, most in set_ones if most is not None]
        return cls(limits, _redis(settings) if limits and settings.glm_ui_redis_url else None)

    async def left(self, visitor: str) -> Left:
        """What this visitor may still spend. Raises CountUnknown."""
        return await self._asked(lambda: self._left(visitor))

    async def take(self, visitor: str, tokens: int = 0) -> None:
        """Counts a turn that is about to begin, and what its question comes to. Raises UsedUp, CountUnknown."""
        await self._asked(lambda: self._take(visitor, tokens))

    async def charge(self, visitor: str, tokens: int) -> None:
        """Counts tokens that were spent beyond those taken. Raises CountUnknown."""
        await self._asked(lambda: self._spend(visitor, "tokens", tokens))

    async def _asked(self, work: Callable[[], T]) -> T:
        return await _answered(work, self._storage)

    def _left(self, visitor: str) -> Left:
        least: dict[Unit, int] = {}
        back_at: float | None = None
        for limit in self.limits:
            reset, remaining = self._stand(limit, visitor)
            least[limit.unit] = min(remaining, least.get(limit.unit, remaining))
            if remaining == 0:
                back_at = max(reset, back_at or 0.0)
        return Left(least.get("turns"), least.get("tokens"), back_at)

    def _take(self, visitor: str, tokens: int) -> None:
        for limit in self.limits:
            if self._stand(limit, visitor)[1] == 0:
                raise self._used_up(limit, visitor)
        for limit in self.limits:
            # Counted and compared in one step: of two turns at the same time only one gets the last place.
            if limit.unit == "turns" and not self._hit(limit, visitor, 1):
                raise self._used_up(limit, visitor)
        self._spend(visitor, "tokens", tokens)

    def _spend(self, visitor: str, unit: Unit, amount: int) -> None:
        for limit in self.limits:
            if limit.unit == unit and amount > 0:
                self._hit(limit, visitor, amount)

    def _hit(self, limit: Limit, visitor: str, amount: int) -> bool:
        assert self._limiter is not None  # noqa: S101 - there are limits
        return self._limiter.hit(limit.item, limit.holder(visitor), cost=amount)

    def _stand(self, limit: Limit, visitor: str) -> tuple[float, int]:
        """When it comes back, how much is left."""
        assert self._limiter is not None  # noqa: S101 - there are limits
        stats = self._limiter.get_window_stats(limit.item, limit.holder(visitor))
        return stats.reset_time, max(0, stats.remaining)

    def _used_up(self, limit: Limit, visitor: str) -> UsedUp:
        back_at = self._stand(limit, visitor)[0] if limit.most else None
        whose = "Your" if limit.whose == "visitor" else "Everyone’s"
        return UsedUp.of(
            what=f"{whose} {limit.most:,} {limit.unit} a day on the owner’s key are used up.",
            why=f"They come back in {span(back_at - time.time())}." if back_at else "",
            retry_after=max(0.0, back_at - time.time()) if back_at else None,
            details={"back_at": back_at, "whose": limit.whose, "unit": limit.unit},
        )


class Pace:
    """How often a provider is asked about itself, which no turn counts: its list of models, the doctor's look. Of each
    visitor and of everyone, whosever key it is: all of it comes from this server's address."""

    def __init__(self, each: int = 60, everyone: int = 240, storage: Storage | None = None) -> None:
        """Questions a minute."""
        self._limits = (
            ("visitor", RateLimitItemPerMinute(each, 1, namespace="asks")),
            ("all", RateLimitItemPerMinute(everyone, 1, namespace="asks-of-all")),
        )
        self._storage = storage
        self._limiter = FixedWindowRateLimiter(storage or MemoryStorage())

    @classmethod
    def of(cls, settings: Settings) -> Pace:
        return cls(storage=_redis(settings) if settings.glm_ui_redis_url else None)

    async def take(self, visitor: str, questions: int = 1) -> None:
        """Counts what is about to be asked. Raises TooOften, CountUnknown."""
        await _answered(lambda: self._take(visitor, questions), self._storage)

    def _take(self, visitor: str, questions: int) -> None:
        for holder, item in self._limits:
            if not self._limiter.hit(item, visitor if holder == "visitor" else holder, cost=questions):
                whose = "One visitor" if holder == "visitor" else "All visitors together"
                raise TooOften.of(
                    why=f"{whose} may ask providers {item.amount} questions about themselves a minute.",
                    status=429,
                    retry_after=60.0,
                )


async def _answered(work: Callable[[], T], storage: Storage | None) -> T:
    """What the store says. Redis is asked in a thread: one slow answer must not hold up everybody's streams."""
    try:
        return await asyncio.to_thread(work) if storage else work()
    except StorageError as error:
        raise CountUnknown.of() from error


def span(seconds: float) -> str:
    """ "2 hours", "40 minutes", "1 minute": rounded up, so that nobody comes back too early."""
    minutes = max(1, -int(-seconds // 60))
    amount, unit = (minutes, "minute") if minutes <= 90 else (-(-minutes // 60), "hour")
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"


def _redis(settings: Settings) -> Storage:
    assert settings.glm_ui_redis_url is not None  # noqa: S101 - asked by `of` alone
    try:
        return RedisStorage(
            settings.glm_ui_redis_url.get_secret_value(),
            key_prefix=PREFIX,
            wrap_exceptions=True,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 1),  # type: ignore[arg-type]  # handed on to redis as it is
        )
    except ValueError:
        raise BadSettings("GLM_UI_REDIS_URL is not usable.") from None
