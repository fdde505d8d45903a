"""Counts of this process for Prometheus. A turn is counted once, at its end, so that no token costs anything here.

Every label takes few values: a model that the catalogue does not know is "other", because names come from outside.
Each replica counts for itself, and Prometheus adds them up.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from glm_ui import __version__
from glm_ui.telemetry.turns import FinishedTurn

REGISTRY: Final = CollectorRegistry()
"""Ours alone: a library that counts for itself adds nothing to the page of counts."""
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

QUICK: Final = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
"""Seconds: upper bounds of what people wait for."""
LONG: Final = (1, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1800, 3600)
LATE: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)

TURNS: Final = Counter(
    "glm_ui_turns",
    'Turns that ended. ending: a finish reason, "stopped" where the reader left, or "error"',
    ("door", "provider", "model", "ending"),
    registry=REGISTRY,
)
ERRORS: Final = Counter(
    "glm_ui_errors", "Turns that failed, by the kind of failure", ("provider", "error"), registry=REGISTRY
)
REFUSED: Final = Counter(
    "glm_ui_turns_refused",
    "Turns that were not begun, or broken off, for want of room or quota",
    ("error",),
    registry=REGISTRY,
)
REQUESTS: Final = Counter(
    "glm_ui_upstream_requests", "Requests to providers, retries included", ("provider",), registry=REGISTRY
)
TOKENS: Final = Counter(
    "glm_ui_tokens",
    "Tokens as the provider counts them. kind: input (cached included), cached, thinking, answer",
    ("provider", "model", "kind"),
    registry=REGISTRY,
)
UNCOUNTED: Final = Counter(
    "glm_ui_turns_without_usage",
    "Turns with a reply whose provider named no tokens",
    ("provider",),
    registry=REGISTRY,
)
FIRST_TOKEN: Final = Histogram(
    "glm_ui_first_token_seconds",
    "Time from the request to its first token, retries included",
    ("door", "provider"),
    buckets=QUICK,
    registry=REGISTRY,
)
SECONDS: Final = Histogram(
    "glm_ui_turn_seconds", "Time that a turn took", ("door", "provider"), buckets=LONG, registry=REGISTRY
)
LAG: Final = Histogram(
    "glm_ui_lag_seconds",
    "How late the latest frame of a turn was written, because this process was busy",
    buckets=LATE,
    registry=REGISTRY,
)
RUNNING: Final = Gauge("glm_ui_turns_running", "Turns that run now", registry=REGISTRY)

Info("glm_ui_build", "The version that runs", registry=REGISTRY).info({"version": __version__})
ProcessCollector(registry=REGISTRY)


def observe(turn: FinishedTurn) -> None:
    """Counts a turn that ended."""
    model = turn.model or "other"
    ending = "error" if turn.failed else turn.ending
    TURNS.labels(turn.door, turn.provider, model, ending).inc()
    REQUESTS.labels(turn.provider).inc(turn.attempts)
    if turn.failed:
        ERRORS.labels(turn.provider, turn.ending).inc()
    first, seconds = _clocks(turn.door, turn.provider)
    seconds.observe(turn.seconds)
    if turn.first_token is not None:
        first.observe(turn.first_token)
        _count_tokens(turn, model)


@cache
def _clocks(door: str, provider: str) -> tuple[Histogram, Histogram]:
    return FIRST_TOKEN.labels(door, provider), SECONDS.labels(door, provider)


def _count_tokens(turn: FinishedTurn, model: str) -> None:
    usage = turn.usage
    if usage.input_tokens is None and usage.output_tokens is None:
        UNCOUNTED.labels(turn.provider).inc()
        return
    thinking = usage.thinking_tokens or 0
    counts = {
        "input": usage.input_tokens or 0,
        "cached": usage.cached_tokens or 0,
        "thinking": thinking,
        "answer": max(0, (usage.output_tokens or 0) - thinking),
    }
    for kind, tokens in counts.items():
        if tokens > 0:  # an upstream's figure, and a counter takes nothing else
            TOKENS.labels(turn.provider, model, kind).inc(tokens)


def page() -> bytes:
    """All counts, in OpenMetrics."""
    text: bytes = generate_latest(REGISTRY)  # type: ignore[no-untyped-call]
    return text
