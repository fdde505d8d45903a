"""Who may still spend the owner's keys: turns and tokens of one visitor and of all, within a day, and how often a
provider is asked about itself. Visitors are opaque ids; no key, no text and no HTTP enters here.

A day runs from its first turn, so that what is used up comes back at a moment that can be named.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from glm_ui.accounting.counters import Claim, Counters, InMemory, Refused
from glm_ui.errors import TooOften, UsedUp
from glm_ui.languages import say
from glm_ui.settings import Settings

Whose = Literal["visitor", "everyone", "key"]
Unit = Literal["turns", "tokens"]

DAY = 86_400
STEP = 4_000
_clock = time.monotonic
"""Tokens of an answer that are taken at a time: what a turn holds beyond what it has used, for others to miss."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many turns or tokens within `seconds`, of each visitor, of everyone together, or of one of the gateway's
    keys, which then stands in the visitor's place."""

    whose: Whose
    unit: Unit
    most: int
    seconds: int = DAY

    def key(self, visitor: str) -> str:
        within = "" if self.seconds == DAY else f":{self.seconds}"
        return f"{self.whose}:{self.unit}{within}:{'all' if self.whose == 'everyone' else visitor}"

    def claim(self, visitor: str, wanted: int, least: int) -> Claim:
        return Claim(self.key(visitor), self.most, self.seconds, self.unit, wanted, least)


class LeftTold(TypedDict):
    turns: int | None
    tokens: int | None
    back_at: float | None


@dataclass(frozen=True, slots=True)
class RemainingQuota:
    """What one visitor may still spend; None is no limit. `back_at` is when what is used up comes back, in seconds
    since 1970."""

    turns: int | None = None
    tokens: int | None = None
    back_at: float | None = None

    def public(self) -> LeftTold:
        return {"turns": self.turns, "tokens": self.tokens, "back_at": self.back_at}


LIMITS: tuple[tuple[str, Whose, Unit], ...] = (
    ("glm_ui_turns_per_visitor", "visitor", "turns"),
    ("glm_ui_tokens_per_visitor", "visitor", "tokens"),
    ("glm_ui_turns_per_day", "everyone", "turns"),
    ("glm_ui_tokens_per_day", "everyone", "tokens"),
)
"""Setting -> the limit that it sets. The visitor's own limits are checked before the shared ones."""


class Spending:
    """What one turn has taken of the limits, in tokens. `more` while its answer grows, `settle` at its end."""

    def __init__(
        self,
        counters: Counters,
        limits: Sequence[Limit],
        visitor: str,
        taken: int = 0,
        at_most: int | None = None,
    ) -> None:
        """`at_most` is what the answer may come to; None is no limit."""
        self._counters = counters
        self._limits = [limit for limit in limits if limit.unit == "tokens"]
        self._visitor = visitor
        self.taken = taken
        self.at_most = at_most
        self._taken_at = _clock()

    async def more(self, used: int) -> None:
        """Takes the next tokens, where `used` has reached what was taken. Raises UsedUp where none are left, and
        CountUnknown."""
        if not self._limits:
            self.taken = used + STEP
            return
        wanted = used - self.taken + STEP
        claims = [limit.claim(self._visitor, wanted, 1) for limit in self._limits]
        granted = await self._counters.take(claims)
        if isinstance(granted, Refused):
            raise self.used_up()
        self.taken += granted["tokens"].amount
        self._taken_at = _clock()

    def reached(self, written: int) -> bool:
        """Whether an answer of so many tokens, as an estimate, ended where nothing was left for it."""
        return self.at_most is not None and written >= 0.8 * self.at_most

    def used_up(self) -> UsedUp:
        """The error of an answer that has come to `at_most`."""
        return UsedUp.of(
            what="The answer has used up today’s tokens on the owner’s key.",
            why="What came so far is kept.",
            todo="Enter a key of your own, then continue.",
        )

    async def settle(self, used: int) -> None:
        """Counts what was used beyond what was taken, or gives the rest back. Raises CountUnknown."""
        owed, self.taken = used - self.taken, used
        age = _clock() - self._taken_at
        for limit in self._limits:
            await self._counters.adjust(limit.key(self._visitor), limit.seconds, owed, age)


class Quota:
    """`take` before a turn gives a Spending. Without limits nothing is stored and everything may be asked."""

    def __init__(self, limits: Sequence[Limit] = (), counters: Counters | None = None) -> None:
        self.limits = tuple(limits)
        self._counters = counters or InMemory()

    @classmethod
    def of(cls, settings: Settings) -> Quota:
        """The owner's limits. Raises BadSettings where the Redis address cannot be used."""
        set_ones = ((whose, unit, getattr(settings, name)) for name, whose, unit in LIMITS)
        limits = [Limit(whose, unit, most) for whose, unit, most in set_ones if most is not None]
        return cls(limits, _counters(settings))

    def narrowed(self, limits: Sequence[Limit], *, own: bool = True) -> Quota:
        """These limits beside its own (`own` False: in place of them), counted in the same place."""
        return Quota((*(self.limits if own else ()), *limits), self._counters)

    async def left(self, visitor: str) -> RemainingQuota:
        """What this visitor may still spend. Raises CountUnknown."""
        if not self.limits:
            return RemainingQuota()
        least: dict[Unit, int] = {}
        back_at: float | None = None
        stand = await self._counters.stand([limit.key(visitor) for limit in self.limits])
        for limit, (count, ends) in zip(self.limits, stand, strict=True):
            remaining = max(0, limit.most - count)
            least[limit.unit] = min(remaining, least.get(limit.unit, remaining))
            if remaining == 0:
                back_at = max(time.time() + ends, back_at or 0.0)
        return RemainingQuota(least.get("turns"), least.get("tokens"), back_at)

    async def take(self, visitor: str, question: int = 0, turns: int = 1) -> Spending:
        """Counts a turn that is about to begin: its question, in tokens, and the first tokens of its answer. All of it
        or nothing. `turns` is 0 for one that was counted when it began. Raises UsedUp, CountUnknown."""
        wants = {"turns": (turns, turns), "tokens": (question + STEP, question + 1)}
        claims = [limit.claim(visitor, *wants[limit.unit]) for limit in self.limits]
        granted = await self._counters.take(claims) if claims else {}
        if isinstance(granted, Refused):
            raise _used_up(granted, self.limits[claims.index(granted.claim)], question)
        tokens = granted.get("tokens")
        if tokens is None:
            return Spending(self._counters, self.limits, visitor)
        at_most = tokens.amount + tokens.left - question
        return Spending(self._counters, self.limits, visitor, tokens.amount, at_most)


_WHOSE = {"visitor": "Your", "everyone": "Everyone’s", "key": "This key’s"}


def _used_up(refused: Refused, limit: Limit, question: int = 0) -> UsedUp:
    whose = say(_WHOSE[limit.whose])
    span_of = {60: say("minute"), DAY: say("day")}.get(limit.seconds, say("{n} s", n=limit.seconds))
    share = say("{most:,} {unit} a {span}", most=limit.most, unit=say(limit.unit), span=span_of)
    if limit.whose != "key":
        share = say("{share} on the owner’s key", share=share)
    back_at = time.time() + refused.seconds if refused.seconds else None
    if refused.left and limit.unit == "tokens":
        what = say("This question comes to about {question:,} tokens.", question=question)
        why = say(
            "Of {whose} {share} {left:,} are left.", whose=whose.lower(), share=share, left=refused.left
        )
        todo = "Shorten it, start a new chat, or enter a key of your own."
    else:
        what, todo = say("{whose} {share} are used up.", whose=whose, share=share), None
        why = say("They come back in {time}.", time=span(refused.seconds)) if refused.seconds else ""
    return UsedUp.of(
        what=what,
        why=why,
        todo=todo,
        retry_after=refused.seconds or None,
        details={"back_at": back_at, "whose": limit.whose, "unit": limit.unit},
    )


ASKS = (
    "One visitor may ask providers {count} questions about themselves a minute.",
    "All visitors together may ask providers {count} questions about themselves a minute.",
)
PLANS = (
    "One visitor may have {count} plans and replays made a minute.",
    "All visitors together may have {count} plans and replays made a minute.",
)


class ProbeRateLimit:
    """How often a provider is asked about itself, which no turn counts: its list of models, the doctor's look. Of each
    visitor and of everyone, whosever key it is: all of it comes from this server's address."""

    def __init__(
        self,
        each: int = 60,
        everyone: int = 240,
        counters: Counters | None = None,
        why: tuple[str, str] = ASKS,
    ) -> None:
        """`each` and `everyone` are a minute's; `why` says what one visitor and all may do {count} times."""
        self._why = why
        self._limits = (("visitor", each), ("everyone", everyone))
        self._counters = counters or InMemory()

    @classmethod
    def of(cls, settings: Settings) -> ProbeRateLimit:
        return cls(counters=_counters(settings))

    async def take(self, visitor: str, questions: int = 1) -> None:
        """Counts what is about to be asked. Raises TooOften, CountUnknown."""
        claims = [
            Claim(
                f"asks:{visitor if whose == 'visitor' else 'all'}",
                most,
                60,
                "questions",
                questions,
                questions,
            )
            for whose, most in self._limits
        ]
        granted = await self._counters.take(claims)
        if isinstance(granted, Refused):
            each, together = self._why
            raise TooOften.of(
                why=say(each if granted.claim is claims[0] else together, count=granted.claim.most),
                status=429,
                retry_after=granted.seconds or 60.0,
            )


def span(seconds: float) -> str:
    """ "2 hours", "40 minutes", "1 minute": rounded up, so that the quota is renewed when a visitor comes back."""
    minutes = max(1, -int(-seconds // 60))
    if minutes == 1:
        return say("1 minute")
    return say("{n} minutes", n=minutes) if minutes <= 90 else say("{n} hours", n=-(-minutes // 60))


def _counters(settings: Settings) -> Counters:
    address = settings.glm_ui_redis_url
    if address is None:
        return InMemory()
    from glm_ui.accounting.redis_counters import InRedis

    return InRedis(address.get_secret_value())
