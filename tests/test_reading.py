"""One body, read: what stands before a reply costs time in its own length alone, and never much memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from glm_ui.backend.prepare import PreparedRequest, prepare_request, resolve_turn
from glm_ui.backend.response import ResponseReader
from glm_ui.errors import NotAStream, StreamCut, StreamFailed
from glm_ui.messages import ChatRequest, Message
from glm_ui.protocol.sse import MAX_EVENT_BYTES
from glm_ui.settings import Settings


@pytest.fixture
def plan() -> PreparedRequest:
    settings = Settings(_env_file=None, zai_api_key="a-key-of-nobody")  # type: ignore[call-arg]
    request = ChatRequest("glm-4.6", (Message.user("Hi"),), provider="zai")
    return prepare_request(request, resolve_turn(request.model, request.provider, settings, {}))


def seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.parametrize(("filler", "many"), [(b"\n", 30_000), (b":\n\n", 100_000)])
def test_what_comes_before_the_first_frame_costs_linear_time(
    plan: PreparedRequest, filler: bytes, many: int
) -> None:
    def read(count: int) -> None:
        body = ResponseReader(plan)
        for n in range(count * len(filler)):
            at = n % len(filler)
            tuple(body.feed(filler[at : at + 1]))

    short = min(seconds(lambda: read(many // 10)) for _ in range(3))
    # Others at work on this machine may lengthen one of them.
    assert any(seconds(lambda: read(many)) < max(0.3, 25 * short) for _ in range(3))


def test_what_comes_before_the_first_frame_is_not_kept(plan: PreparedRequest) -> None:
    body = ResponseReader(plan)
    for _ in range(100):
        tuple(body.feed(b" " * 65_536))
    tuple(body.feed(b"Hello there."))
    with pytest.raises(NotAStream) as caught:
        tuple(body.close())
    assert caught.value.details["said"] == "Hello there."


@pytest.mark.parametrize("begins", [b'{"choices": "', b"data: "])
def test_one_document_or_event_has_a_bound(plan: PreparedRequest, begins: bytes) -> None:
    body = ResponseReader(plan)
    tuple(body.feed(begins))

    def read() -> None:
        for _ in range(MAX_EVENT_BYTES // 65_536 + 1):
            tuple(body.feed(b"x" * 65_536))

    with pytest.raises(StreamFailed):
        read()


@pytest.mark.parametrize("head", [b"\xef\xbb\xbf", b"\r\n"])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_byte_order_mark_and_blanks_may_come_in_pieces(
    plan: PreparedRequest, head: bytes, size: int
) -> None:
    stream = head + b": hello\n\n"
    body = ResponseReader(plan)
    for at in range(0, len(stream), size):
        tuple(body.feed(stream[at : at + size]))
    with pytest.raises(StreamCut):
        tuple(body.close())
