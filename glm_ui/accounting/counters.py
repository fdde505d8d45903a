"""Counts that end with their window, and those of this process; those that replicas share are in `redis_counters`.
Several limits are taken in one step, so that of two turns at once only one gets the last place. No visitor and no
policy enters here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


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
    """The twin of the scripts in `redis_counters`, for one process."""

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
            return granted(claims, [amounts[claim.unit] for claim in claims], lefts)

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


def granted(claims: Sequence[Claim], amounts: Sequence[int], lefts: Sequence[int]) -> dict[str, Granted]:
    """unit -> what was granted of it. `lefts` are those from before the amounts were counted."""
    found: dict[str, Granted] = {}
    for claim, amount, left in zip(claims, amounts, lefts, strict=True):
        so_far = found.get(claim.unit)
        found[claim.unit] = Granted(amount, min(left - amount, so_far.left if so_far else left))
    return found
