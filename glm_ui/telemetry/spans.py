"""A span for each turn, sent to the owner's OpenTelemetry collector where one is set (the package's extra `otel`).

A span is made when its turn has ended and sent by a thread of the library, so that no turn waits for the collector.
Names of attributes: OpenTelemetry's semantic conventions for generative AI; ours begin with `glm_ui.`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from glm_ui import __version__
from glm_ui.errors import BadSettings
from glm_ui.telemetry.turns import FinishedTurn

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

PATIENCE = 5.0
"""Seconds that the collector may take to answer, also when the app ends."""

_tracer: Tracer | None = None


def start(endpoint: str) -> TracerProvider:
    """Sends spans to this collector (OTLP over HTTP, below /v1/traces) from now on. Raises BadSettings where the extra
    is not installed. The library reads its other variables itself, such as OTEL_EXPORTER_OTLP_HEADERS."""
    global _tracer
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise BadSettings(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed.",
            todo='Run pip install "glm-ui[otel]".',
        ) from None
    os.environ.setdefault("OTEL_SERVICE_NAME", "glm-ui")
    provider = TracerProvider(resource=Resource.create({"service.version": __version__}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=PATIENCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("glm_ui", __version__)
    return provider


def stop(provider: TracerProvider) -> None:
    """Sends what waits, and makes no spans any more."""
    global _tracer
    _tracer = None
    provider.shutdown()


def export(turn: FinishedTurn) -> None:
    """Hands on the span of a turn that ended."""
    if _tracer is None:
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    span = _tracer.start_span(
        f"chat {turn.asked_model}",
        kind=SpanKind.CLIENT,
        start_time=turn.started_at,
        attributes=_attributes(turn),
    )
    if turn.first_token is not None:
        first = min(turn.first_token, turn.seconds)  # the two are read from the clock at different places
        span.add_event("first token", timestamp=turn.started_at + _nanoseconds(first))
    if turn.failed:
        span.set_status(Status(StatusCode.ERROR, turn.ending))
    span.end(turn.started_at + _nanoseconds(turn.seconds))


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)


def _attributes(turn: FinishedTurn) -> dict[str, str | int | tuple[str, ...]]:
    told: dict[str, str | int | tuple[str, ...] | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": turn.provider,
        "gen_ai.request.model": turn.asked_model,
        "gen_ai.response.model": turn.answered_by,
        "gen_ai.response.finish_reasons": None if turn.failed else (turn.ending,),
        "error.type": turn.ending if turn.failed else None,
        "gen_ai.usage.input_tokens": turn.usage.input_tokens,
        "gen_ai.usage.output_tokens": turn.usage.output_tokens,
        "glm_ui.thinking_tokens": turn.usage.thinking_tokens,
        "glm_ui.turn": turn.id,
        "glm_ui.door": turn.door,
        "glm_ui.attempts": turn.attempts,
    }
    return {name: value for name, value in told.items() if value is not None}
