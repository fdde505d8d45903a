"""The last requests that the gateway answered, for its owner to look at. What was said in them is kept only where the
owner turned that on; a test that was begun in the page keeps its own. All of it in this process's memory alone."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from glm_ui.accounting.cost import MeasuredFigure, TokenFigures, cost_figures
from glm_ui.backend import Tap
from glm_ui.catalogue.route import Route
from glm_ui.gateway.usage import Count
from glm_ui.net.request import Sent

KEPT: Final = 200
REFUSED: Final = 30
"""Requests that were refused before a model was asked. They are kept apart, so that no flood of them pushes out what
was answered."""
MOST_BYTES: Final = 64 * 2**20
"""Bytes of requests and replies that are kept together."""
TEST_LIVES: Final = 60.0
"""Seconds in which a test that was begun must be sent."""
MOST_TESTS: Final = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One request that was answered: nothing of what it says. `at` in seconds since 1970, the rest in seconds, tokens
    and USD (None is unknown). `ending`: a finish reason, the kind of a failure, or "left"; `said` is the failure in
    words. `kept`: whether the request itself is kept."""

    id: str
    at: float
    client: str
    program: str
    path: str
    asked: str
    provider: str
    model: str | None
    ending: str
    seconds: float
    first_word: float | None
    input_tokens: int
    output_tokens: int
    cost: float | None = None
    said: str = ""
    kept: bool = False

    def public(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(slots=True)
class Outline(Tap):
    """What went to the provider, without the body: where to, and which headers. `size` is the body's, in bytes."""

    size: int = 0

    def on_request(self, request: Sent, notes: tuple[str, ...]) -> None:
        Tap.on_request(self, replace(request, body=b"null"), notes)
        self.size = len(request.body)

    def on_chunk(self, chunk: bytes) -> None:
        return


@dataclass(slots=True)
class Recent:
    """`keeps_content`: whether requests and replies are kept, byte for byte, up to `most_bytes` of them."""

    keeps_content: bool = False
    most_bytes: int = MOST_BYTES
    answered: deque[Record] = field(default_factory=lambda: deque(maxlen=KEPT))
    refused: deque[Record] = field(default_factory=lambda: deque(maxlen=REFUSED))
    _taps: OrderedDict[str, Tap] = field(default_factory=OrderedDict)
    _tests: OrderedDict[str, tuple[float, Tap]] = field(default_factory=OrderedDict)

    def begin_test(self, tap: Tap) -> str:
        """A token by which the next request that brings it is seen by `tap`, once and soon."""
        while len(self._tests) >= MOST_TESTS:
            self._tests.popitem(last=False)
        token = secrets.token_urlsafe(24)
        self._tests[token] = (time.monotonic() + TEST_LIVES, tap)
        return token

    def tap(self, token: str) -> Tap:
        """What sees the request that brought this token, or none ("")."""
        until, tap = self._tests.pop(token, (0.0, None))
        if tap is not None and until > time.monotonic():
            return tap
        return Tap() if self.keeps_content else Outline()

    def add(self, record: Record, tap: Tap) -> None:
        self.answered.append(record)
        self._taps[record.id] = tap if self.keeps_content else _outlined(tap)
        while len(self._taps) > KEPT or (
            len(self._taps) > 1 and sum(map(_size, self._taps.values())) > self.most_bytes
        ):
            self._taps.popitem(last=False)

    def find(self, request_id: str) -> Tap | None:
        """What was sent to the provider for this request; None where that was long ago."""
        return self._taps.get(request_id)

    def listed(self) -> list[Record]:
        """All of them, the newest first."""
        return sorted([*self.answered, *self.refused], key=lambda record: record.at, reverse=True)


def cost_of(count: Count, route: Route) -> float | None:
    """USD of a reply, by what the provider says or by its listed price."""
    price = route.model.prices.get(route.provider.key) if route.model else None
    tokens: TokenFigures = {
        "input": MeasuredFigure(value=count.input, estimated=False),
        "output": MeasuredFigure(value=count.output, estimated=False),
        "cached": MeasuredFigure(value=count.cached, estimated=False),
        "thinking": None,
        "answer": None,
    }
    cost = cost_figures(tokens, price, count.cost)["cost"]
    return cost["value"] if cost else None


def _outlined(tap: Tap) -> Tap:
    """Without what was said: a test's own tap belongs to whoever began it."""
    if isinstance(tap, Outline):
        return tap
    outline = Outline()
    outline.route, outline.status = tap.route, tap.status
    if tap.request is not None:
        outline.on_request(tap.request, tap.notes)
    return outline


def _size(tap: Tap) -> int:
    return len(tap.raw) + (len(tap.request.body) if tap.request else 0)
