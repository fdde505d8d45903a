"""An upstream's error is read whatever its shape, and an error is never taken for a reply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_ui.errors import BadParameter, RateLimited
from glm_ui.protocol.error_body import ErrorBody, failure, holds_error, read_error

RECORDINGS = Path(__file__).parent / "recordings"

SHAPES: dict[str, tuple[Any, ErrorBody]] = {
    "Z.ai": ({"error": {"code": "1302", "message": "m"}, "request_id": "r"}, ErrorBody("1302", "", "m")),
    "Z.ai flat": ({"code": 1214, "message": "m"}, ErrorBody("1214", "", "m")),
    "Z.ai wrong route": (
        {"code": 500, "msg": "404 NOT_FOUND", "success": False},
        ErrorBody("500", "", "404 NOT_FOUND"),
    ),
    "Z.ai's proxy": ({"error": "DNS resolution failure"}, ErrorBody("", "", "DNS resolution failure")),
    "OpenAI and vLLM": (
        {"error": {"message": "m", "type": "BadRequestError", "param": "top_k", "code": 400}},
        ErrorBody("400", "BadRequestError", "m", "top_k"),
    ),
    "vLLM older": (
        {"object": "error", "message": "m", "type": "BadRequestError", "param": None, "code": 400},
        ErrorBody("400", "BadRequestError", "m"),
    ),
    "Anthropic": (
        {"type": "error", "error": {"type": "overloaded_error", "message": "m"}, "request_id": "r"},
        ErrorBody("", "overloaded_error", "m"),
    ),
    "OpenRouter": (
        {"error": {"code": 429, "message": "m", "metadata": {"provider_name": "P", "raw": "busy"}}},
        ErrorBody("429", "", "m: busy"),
    ),
    "OpenRouter with JSON inside": (
        {"error": {"code": 400, "message": "m", "metadata": {"raw": '{"error":{"message":"inner"}}'}}},
        ErrorBody("400", "", "m: inner"),
    ),
    "FastAPI": ({"detail": "Not Found"}, ErrorBody("", "", "Not Found")),
    "transformers serve": (
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "thinking"], "msg": "Extra inputs"}]},
        ErrorBody("", "extra_forbidden", "Extra inputs", "thinking"),
    ),
    "the gateway": ("Unauthorized: no Bearer", ErrorBody("", "", "Unauthorized: no Bearer")),
    "transformers serve, not escaped": (b'{"error": "a "b" c"}', ErrorBody("", "", 'a "b" c')),
    "a JSON string": (b'"it broke"', ErrorBody("", "", "it broke")),
    "nothing": (b"", ErrorBody()),
    "null": (b"null", ErrorBody()),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_of_an_error_is_read(name: str) -> None:
    body, expected = SHAPES[name]
    assert read_error(body) == expected
    if isinstance(body, dict):
        assert read_error(json.dumps(body).encode()) == expected
        assert holds_error(body)


def test_recorded_error_names_the_host_that_failed() -> None:
    error = read_error((RECORDINGS / "openrouter.errors_raised.1.response.json").read_bytes())
    assert error.code == "429"
    assert error.message.startswith(
        "Provider returned error: google/gemini-2.0-flash-exp:free is temporarily"
    )
    assert isinstance(failure(error, provider="OpenRouter", status=429, in_stream=False), RateLimited)


def test_parameter_is_handed_on() -> None:
    error = read_error(SHAPES["transformers serve"][0])
    refusal = failure(error, provider="Your own server", status=422, in_stream=False)
    assert isinstance(refusal, BadParameter)
    assert refusal.details["parameter"] == "thinking"


@pytest.mark.parametrize(
    "frame",
    [
        {"choices": [], "error": None},
        {"choices": [], "code": 0, "message": "ok"},
        {"type": "ping"},
        {"type": "message", "content": []},
        {"usage": {}},
        {},
    ],
)
def test_what_is_no_error_is_not_taken_for_one(frame: dict[str, Any]) -> None:
    assert not holds_error(frame)


def test_a_huge_error_is_shortened() -> None:
    assert len(read_error(b"x" * 1_000_000).message) <= 2000
    assert len(read_error({"error": "x" * 1_000_000}).message) <= 2000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "type", "detail", "metadata", "raw", "loc", "msg"]),
            inner,
        )
    ),
)


@settings(max_examples=60, deadline=None)
@given(JSON | st.binary(max_size=20))
def test_any_body_is_read_as_four_strings(body: Any) -> None:
    error = read_error(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert all(isinstance(text, str) for text in (error.code, error.kind, error.message, error.parameter))
