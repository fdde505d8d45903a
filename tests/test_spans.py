"""Spans of turns, as an OpenTelemetry collector receives them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from glm_ui.backend import stream_chat
from glm_ui.errors import BadSettings, GlmUiError
from glm_ui.messages import ChatRequest, Message
from glm_ui.settings import Settings
from glm_ui.telemetry import spans
from tests.conftest import CANARY
from tests.upstream import Upstream, openai_frames

QUESTION = "a-word-that-only-the-visitor-said"
ASK = ChatRequest("glm-4.6", (Message.user(QUESTION),), provider="zai", response_id="turn-1")
ERROR = 2  # opentelemetry.proto.trace.v1: STATUS_CODE_ERROR


@pytest.fixture
def collector() -> Iterator[Upstream]:
    with Upstream() as server:
        server.reply(body=b"", content_type="application/x-protobuf")
        yield server


async def exported(collector: Upstream, settings: Settings) -> Any:
    """The one span of one turn."""
    provider = spans.start(collector.url)
    try:
        async with aclosing(stream_chat(ASK, settings=settings, door="gateway_client")) as events:
            async for _ in events:
                pass
    except GlmUiError:
        pass
    finally:
        spans.stop(provider)
    (request,) = collector.requests
    assert request.path == "/v1/traces"
    assert CANARY.encode() not in request.body
    assert QUESTION.encode() not in request.body
    (resource,) = ExportTraceServiceRequest.FromString(request.body).resource_spans
    assert ("service.name", "glm-ui") in [(a.key, a.value.string_value) for a in resource.resource.attributes]
    (span,) = resource.scope_spans[0].spans
    return span


def attributes(span: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


@pytest.mark.usefixtures("pool")
async def test_a_turn_is_a_span_with_its_model_its_tokens_and_its_first_token(
    up: Upstream, collector: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(sse=openai_frames("Hm.", "42", usage={"prompt_tokens": 20, "completion_tokens": 50}))
    span = await exported(collector, settings_for(up))
    told = attributes(span)
    assert span.name == "chat glm-4.6"
    assert (told["gen_ai.provider.name"], told["glm_ui.door"], told["glm_ui.turn"]) == (
        "zai",
        "gateway_client",
        "turn-1",
    )
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (20, 50)
    (first,) = span.events
    assert first.name == "first token"
    assert span.start_time_unix_nano <= first.time_unix_nano <= span.end_time_unix_nano


@pytest.mark.usefixtures("pool")
async def test_a_turn_that_failed_says_by_what(
    up: Upstream, collector: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(status=401, body={"error": {"message": f"wrong key {CANARY}"}})
    span = await exported(collector, settings_for(up))
    assert span.status.code == ERROR
    assert attributes(span)["error.type"] == "key_rejected"


def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadSettings, match=r'Run pip install "glm-ui\[otel\]"'):
        spans.start("http://127.0.0.1:4318")
