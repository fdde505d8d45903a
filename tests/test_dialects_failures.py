"""Errors inside streams and whole replies are errors of ours; nothing that a server sends crashes the reader."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from glm_ui.catalogue.rows import DialectName
from glm_ui.errors import (
    ContentFiltered,
    GlmUiError,
    NoBalance,
    NotAStream,
    Overloaded,
    RateLimited,
    StreamFailed,
    WrongAddress,
)
from glm_ui.events import Usage
from glm_ui.protocol import DIALECTS
from glm_ui.protocol.decoder import FrameDecoder
from tests.frames import (
    ROUTE,
    SO,
    STOP,
    USAGE,
    Frame,
    Seen,
    block,
    chunk,
    delta,
    detail,
    finish,
    holds_at_every_cut,
    see,
    sse,
    start,
    tool,
)

FAILURES: dict[str, tuple[bytes, type[GlmUiError], str]] = {
    "Z.ai": (sse({"error": {"code": "1305", "message": "busy"}}), Overloaded, "1305"),
    "Z.ai by event name": (
        b'event: error\ndata: {"error":{"code":"1302","message":"m"}}\n\n',
        RateLimited,
        "1302",
    ),
    "Z.ai no balance": (
        sse({"error": {"code": "1113", "message": "m"}, "request_id": "r"}),
        NoBalance,
        "1113",
    ),
    "Z.ai wrong route": (sse({"code": 500, "msg": "404 NOT_FOUND", "success": False}), WrongAddress, "500"),
    "OpenRouter": (
        sse({**chunk("error", content=""), "error": {"code": 502, "message": "down"}}),
        StreamFailed,
        "502",
    ),
    "OpenRouter by finish reason": (sse(chunk("error")), StreamFailed, "error"),
    "Z.ai by finish reason": (sse(chunk("network_error")), StreamFailed, "network_error"),
    "vLLM old": (sse({"object": "error", "message": "CUDA", "code": 500}), StreamFailed, "500"),
    "transformers serve": (sse({"error": "CUDA out of memory"}), StreamFailed, ""),
    "transformers serve, not escaped": (b'data: {"error": "bad "quotes" here"}\n\n', StreamFailed, ""),
    "Anthropic": (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"m"}}\n\n',
        Overloaded,
        "overloaded_error",
    ),
    "Anthropic without event name": (
        sse({"type": "error", "error": {"type": "rate_limit_error", "message": "m"}}),
        RateLimited,
        "rate_limit_error",
    ),
    "content filter": (sse({"error": {"code": "1301", "message": "unsafe"}}), ContentFiltered, "1301"),
    "plain text by event name": (b"event: error\ndata: it broke\n\n", StreamFailed, ""),
    "event error without words": (b"event: error\ndata: {}\n\n", StreamFailed, "error"),
    "not JSON": (b"data: <html>502</html>\n\n", StreamFailed, ""),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", FAILURES)
def test_error_inside_the_stream_keeps_the_text_before_it(name: str, dialect: DialectName) -> None:
    frames, kind, code = FAILURES[name]
    stream = sse(chunk(content="Half"), done=False) + frames
    seen = see([stream], dialect)
    assert seen.answer == "Half"
    assert type(seen.error) is kind
    assert seen.error.provider_code == code
    assert seen.error.provider == "Your own server"
    assert seen.done is None
    assert not {"<", ">", "{"} & set(str(seen.error))
    if dialect == "openai":
        holds_at_every_cut(stream, dialect, seen.facts())


def test_broken_error_string_keeps_its_text() -> None:
    error = see([b'data: {"error": "bad "quotes" here"}\n\n']).error
    assert error is not None
    assert error.details["said"] == 'bad "quotes" here'


def test_frame_that_is_not_json_is_named() -> None:
    error = see([b"data: {'a': 1}\n\n"]).error
    assert error is not None
    assert "{'a': 1}" in error.why


@pytest.mark.parametrize(
    "data", [b"5", b"null", b'"text"', b"[]", b'{"hello":"there"}', b'{"type":"new_event"}', b""]
)
def test_a_frame_that_nobody_knows_is_skipped(data: bytes) -> None:
    odd = b"data: " + data + b"\n\n"
    seen = see([sse(chunk(content="S"), done=False), odd, sse(chunk(content="o."), STOP)])
    assert (seen.answer, seen.error) == (SO, None)


# Whole replies


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": "1113", "message": "m"}}, NoBalance),
        ({"code": 500, "msg": "404 NOT_FOUND", "success": False}, WrongAddress),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, Overloaded),
        ({"hello": "there"}, NotAStream),
        ({"choices": []}, NotAStream),
        ({"choices": [5]}, NotAStream),
        ({}, NotAStream),
        ({"type": "message", "content": 5}, NotAStream),
        ({"choices": [{"message": {"content": ""}, "finish_reason": "network_error"}]}, StreamFailed),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_whole_body_that_is_no_reply_is_an_error(
    body: Frame, kind: type[GlmUiError], dialect: DialectName
) -> None:
    with pytest.raises(kind):
        list(FrameDecoder(ROUTE).read_whole(body))


def test_whole_reply_with_two_tools_and_inline_thinking() -> None:
    calls = [tool(None, "f", "{}", id="c1"), tool(None, "f", "{}", id="c2")]
    message = {"role": "assistant", "content": "<think>a</think>\nb", "tool_calls": calls}
    seen = Seen()
    for event in FrameDecoder(ROUTE).read_whole(
        {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": USAGE}
    ):
        seen.add(event)
    assert (seen.thought, seen.answer, seen.usage) == ("a", "b", Usage(9, 12, 8))
    assert seen.calls == {0: ["c1", "f", "{}"], 1: ["c2", "f", "{}"]}


# Nothing a server sends may crash the reader


def scalars() -> list[Any]:
    return [None, 0, 1.5, True, "x", [], {}, [None], {"a": None}, [[]]]


def places(value: Any, put: Callable[[Any], Any] = lambda v: v) -> Iterator[Callable[[Any], Any]]:
    """A setter for each place inside a JSON value."""
    yield put
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, lambda v, key=key: put({**value, key: v}))  # type: ignore[misc]
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from places(inner, lambda v, n=n: put([*value[:n], v, *value[n + 1 :]]))  # type: ignore[misc]


WHOLE_FRAMES = [
    chunk(
        "stop",
        USAGE,
        content="a",
        reasoning_content="b",
        reasoning_details=[detail("c")],
        tool_calls=[tool(0, "f", "{}", id="c1")],
    ),
    start(input_tokens=1, output_tokens=2),
    block(0, "tool_use", id="c1", name="f", input={}),
    block(0, "thinking", thinking="a", signature="b"),
    delta(0, text="a"),
    delta(0, thinking="a"),
    delta(0, signature="a"),
    delta(0, partial_json="{"),
    finish(input_tokens=1, output_tokens=2)[0],
    {"error": {"code": "1", "type": "t", "message": "m", "param": "p", "metadata": {"raw": "r"}}},
]


@pytest.mark.parametrize("frame", WHOLE_FRAMES, ids=lambda frame: str(frame)[:40])
def test_any_field_of_any_shape_is_read_or_is_an_error_of_ours(frame: Frame) -> None:
    for put in places(frame):
        for value in scalars():
            see([sse(put(value), STOP)])
            if isinstance(body := put(value), dict):
                with contextlib.suppress(GlmUiError):
                    list(FrameDecoder(ROUTE).read_whole(body))
