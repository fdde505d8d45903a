"""Byte streams in, events out: the WHATWG format, cut anywhere."""

from __future__ import annotations

import itertools
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_ui.errors import StreamFailed
from glm_ui.protocol.sse import SseDecoder


def events(*chunks: bytes) -> list[tuple[str, bytes]]:
    decoder = SseDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.close()


SCRIPTS = [
    pytest.param(b"data: a\n\ndata: b\n\n", [("", b"a"), ("", b"b")], id="LF"),
    pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", [("", b"a"), ("", b"b")], id="CRLF"),
    pytest.param(b"data: a\r\rdata: b\r\r", [("", b"a"), ("", b"b")], id="CR"),
    pytest.param(b"data: a\n\r\ndata: b\r\r\n", [("", b"a"), ("", b"b")], id="line ends mixed"),
    pytest.param(b"\xef\xbb\xbfdata: a\n\n", [("", b"a")], id="byte order mark"),
    pytest.param(b"\xef\xbb", [], id="half a byte order mark"),
    pytest.param(b": ping\n\n:\n\ndata: a\n\n", [("", b"a")], id="comments"),
    pytest.param(b": ping\ndata: a\n: pong\n\n", [("", b"a")], id="comments inside an event"),
    pytest.param(b"data: a\ndata: b\ndata\n\n", [("", b"a\nb\n")], id="several data lines"),
    pytest.param(b"data:a\ndata:  b\n\n", [("", b"a\n b")], id="one space is taken off, or none"),
    pytest.param(b"event: error\ndata: x\n\n", [("error", b"x")], id="event name"),
    pytest.param(b"event: error\n\ndata: x\n\n", [("", b"x")], id="a name without data names nothing"),
    pytest.param(b"id: 1\nretry: 5\nfoo: bar\ndata: x\n\n", [("", b"x")], id="other fields"),
    pytest.param(b"\n\n\n\ndata: x\n\n\n\n\n", [("", b"x")], id="empty lines"),
    pytest.param(b"data: x\n\n\ndata: y\n\n", [("", b"x"), ("", b"y")], id="three line ends"),
    pytest.param(
        'data: {"a":"\u2028\u0085\x0c\u2029"}\n\n'.encode(),
        [("", '{"a":"\u2028\u0085\x0c\u2029"}'.encode())],
        id="only LF and CR end a line",
    ),
    pytest.param("data: 你好😀\n\n".encode(), [("", "你好😀".encode())], id="UTF-8"),
    pytest.param(b"data: [DONE]", [("", b"[DONE]")], id="no line end after the last"),
    pytest.param(b'data: {"a":1}', [("", b'{"a":1}')], id="whole JSON at the end"),
    pytest.param(b'data: {"a":{}}\n', [("", b'{"a":{}}')], id="no blank line at the end"),
    pytest.param(b'data: {"a":{}', [], id="half a frame is no event"),
    pytest.param(b"data", [], id="half a field is no event"),
    pytest.param(b"", [], id="nothing"),
]


@pytest.mark.parametrize(("stream", "expected"), SCRIPTS)
def test_every_cut_gives_the_same_events(stream: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert events(stream) == expected
    assert events(*(stream[i : i + 1] for i in range(len(stream)))) == expected
    for cut in range(len(stream)):
        assert events(stream[:cut], b"", stream[cut:]) == expected


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"\n", b"\r", b"\r\n", b"data: x", b"data:", b"event: e", b":c", b"\xef\xbb\xbf", b" "]
        )
    ),
    st.integers(),
)
def test_any_mix_of_lines_is_cut_safe(pieces: list[bytes], seed: int) -> None:
    stream = b"".join(pieces)
    cuts = sorted(random.Random(seed).choices(range(len(stream) + 1), k=4))
    bounds = [0, *cuts, len(stream)]
    assert events(*(stream[a:b] for a, b in itertools.pairwise(bounds))) == events(stream)


def test_an_event_is_given_as_soon_as_its_blank_line_has_come() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: x\r\n\r") == [("", b"x")]
    assert decoder.feed(b"\ndata: y\n") == []
    assert decoder.feed(b"\n") == [("", b"y")]


def test_an_endless_event_is_an_error_and_not_the_end_of_memory() -> None:
    decoder = SseDecoder(limit=1 << 20)
    chunk = b"data: " + b"x" * (1 << 16)
    tracemalloc.start()
    with pytest.raises(StreamFailed):
        all(decoder.feed(chunk) == [] for _ in itertools.count())
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("size", [1, 3])
def test_an_event_in_tiny_pieces_takes_no_more_memory_than_its_bytes(size: int) -> None:
    limit = 1 << 16
    pieces = [bytes([120 + n % 3]) * size for n in range(limit // size)]
    decoder = SseDecoder(limit=limit)
    tracemalloc.start()
    for n in range(len(pieces)):
        decoder.feed(bytes(bytearray(pieces[n])))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * limit


def test_a_limit_holds_for_one_event_and_not_for_all_of_a_chunk() -> None:
    event = b"data: " + b"x" * 80 + b"\n\n"
    decoder = SseDecoder(limit=100)
    assert len(decoder.feed(b"data: ") + decoder.feed(event[6:] + event * 50)) == 51


def test_a_large_event_that_comes_in_small_pieces_is_whole() -> None:
    data = b"y" * 300_000
    stream = b"data: " + data + b"\n\n"
    assert events(*(stream[i : i + 7] for i in range(0, len(stream), 7))) == [("", data)]
