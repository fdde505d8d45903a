"""What outsiders send costs time in proportion to its size: one row for each function that reads their text.

A row grows its input from 16 to `most` characters (or bytes) by doubling, and each doubling may take at most 2.5 times
the processor time of this thread. To cover a new reader, add a row with an input that would make it slow."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any, NamedTuple

import pytest

from glm_ui.errors import GlmUiError, plain_text
from glm_ui.events import AnswerDelta, Done, StreamEvent, ThinkingDelta
from glm_ui.gateway.asked import Reply as Asked
from glm_ui.gateway.chat.reply import ChatWriter
from glm_ui.gateway.problems import Problem
from glm_ui.gateway.sending import Outcome, Turn
from glm_ui.gateway.stop_words import StopWords
from glm_ui.media.formats.charsets import decode
from glm_ui.media.formats.html import to_markdown
from glm_ui.media.formats.kinds import identify
from glm_ui.media.formats.pdf import pages_in
from glm_ui.media.formats.text import csv_table
from glm_ui.media.grounding import find_boxes
from glm_ui.protocol.continuation import Seam
from glm_ui.protocol.glm_text import GlmText
from glm_ui.reply import Reply
from tests.frames import ROUTE, Frame, block, chunk, decoded, delta, detail, sse, start, tool
from tests.test_gateway_passed_on import SECRET
from tests.test_gateway_relayed import joined

FIRST, MOST = 16, 2**16
"""A reader that passes over its input once for each of its characters takes a tenth of a second or more for the last
doubling, even where each pass is one call of `str.find`."""
GROWTH = 2.5
"""Times the time that twice the input may take."""
FLOOR = 0.015
"""Seconds: below this the clock and the garbage collector decide, not the input."""
TRIES = 20
"""Pairs of runs, one of each size in turn, before a growth counts as real. Most rows need none."""


class Row(NamedTuple):
    """`make(n)` gives about n characters or bytes; `read` takes them. `most` is the longest input that can come."""

    name: str
    read: Callable[[Any], object]
    make: Callable[[int], Any]
    most: int = MOST


def repeated(piece: str, end: str = "", start: str = "") -> Callable[[int], str]:
    return lambda n: start + piece * (n // len(piece)) + end


def rising(mark: str, between: str = "a", end: str = "") -> Callable[[int], str]:
    """Runs of 1, 2, 3 ... marks."""

    def make(n: int) -> str:
        runs, length = [], 0
        while length < n:
            runs.append(mark * (len(runs) + 1) + between)
            length += len(runs[-1])
        return "".join(runs)[:n] + end

    return make


def boxes(answer: str) -> object:
    return find_boxes(answer, 3, "Where is it?")


def at_once(answer: str) -> object:
    return in_pieces(answer, len(answer) or 1)


def in_pieces(answer: str, size: int = 8) -> object:
    """The answer as a stream with GLM's markup in it."""
    text = GlmText()
    cuts = range(0, len(answer), size)
    return [text.feed(answer[at : at + size]) for at in cuts], text.close()


def gone_on_in(partial: str) -> object:
    return GlmText(partial, continues_by_prompt=True).feed("x</think>"), GlmText(partial).feed("x</think>")


def echoed(partial: str) -> object:
    """A continuation that repeats the unfinished answer in small pieces."""
    for asked in (True, False):
        seam = Seam(partial, continues_by_prompt=asked)
        for at in range(0, len(partial), 8):
            seam.feed(partial[at : at + 8])
        seam.close()
    return None


def frames(*some: Frame | bytes, first: bytes = b"") -> Callable[[int], bytes]:
    """A stream of the same frames again and again."""
    piece = b"".join(f if isinstance(f, bytes) else sse(f, done=False) for f in some)
    return lambda n: first + piece * (n // len(piece))


def added_up(answer: str) -> object:
    reply = Reply()
    reply.add(ThinkingDelta(answer))
    reply.add(AnswerDelta(answer))
    return reply.thinking, reply.answer


def stream(data: bytes) -> object:
    try:
        return deque(decoded([data], "openai", ROUTE), maxlen=0)
    except GlmUiError as error:
        return error


def one_frame(text: bytes) -> object:
    return stream(b"data: " + text + b"\n\n")


def framed(start: bytes, piece: bytes, end: bytes) -> Callable[[int], bytes]:
    return lambda n: start + piece * (n // len(piece)) + end


def nested(start: str, end: str) -> Callable[[int], str]:
    return lambda n: start * (n // 2 // len(start)) + end * (n // 2 // len(end))


def looked(text: str) -> object:
    return identify(text.encode(), "page")


def decoded_text(text: str) -> object:
    return decode(text.encode("latin-1"), 1_000_000)


def pages(picked: str) -> object:
    """The pages of a document that says it has a million."""
    try:
        return pages_in(picked, 1_000_000, "a.pdf")
    except GlmUiError as error:
        return error


CHOICE = b'"choices":[{"index":0,"delta":{"content":"x","y":"z"},"finish_reason":null}]}\n\n'
END = b'"content":"x"},"finish_reason":null}]}\n\n'
DELTA = b'data: {"choices":[{"index":0,"delta":{"a":"'


def many_frames(frame: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Frame 0, 1, 2 ... up to about n bytes."""
    return lambda n: b"".join(b"data: " + frame(at) + b"\n\n" for at in range(n // len(frame(0))))


def relayed(data: bytes) -> object:
    return joined([data], "openai")


def held_back(blanks: str) -> object:
    """What a client of the gateway gets of a reply that begins with blanks, one event each."""

    async def events() -> AsyncGenerator[StreamEvent, None]:
        for blank in blanks:
            yield AnswerDelta(blank)
        yield Done("stop")

    async def sent() -> bytes:
        turn = Turn(events(), writer, StopWords(()), False, unexplained, Outcome(), 0.0, no_tokens)
        return b"".join([piece async for piece in turn.written()])

    writer = ChatWriter(Asked("req_1", "mine", 1))
    return asyncio.run(sent())


async def no_tokens() -> int:
    return 0


def unexplained(error: GlmUiError, _tokens: int | None) -> Problem:
    raise error


BOX = "[[100,200,300,400]]"
ROWS = [
    Row("sent: blanks before the first word", held_back, repeated(" "), most=2**14),
    Row("relayed: members beside the choices", relayed, framed(b"data: {", b'"a":"b",', CHOICE)),
    Row("relayed: lists beside the choices", relayed, framed(b"data: {", b'"a":["b",{}],', CHOICE)),
    Row("relayed: roles", relayed, framed(DELTA + b'",', b'"role":"a",', END)),
    Row("relayed: keys", relayed, framed(b'data: {"a":"', SECRET.encode(), b'",' + CHOICE)),
    Row("relayed: keys in a delta", relayed, framed(DELTA, SECRET.encode(), b'",' + END)),
    Row(
        "relayed: starts of keys",
        relayed,
        many_frames(lambda n: b'{"choices":[{"index":0,"delta":{"a":"~key-"}}]}'),
    ),
    Row("relayed: ever new members", relayed, many_frames(lambda n: b'{"a%d":1,"choices":[]}' % n)),
    Row(
        "relayed: ever new members of choices",
        relayed,
        many_frames(lambda n: b'{"choices":[{"index":%d,"a%d":1}]}' % (n, n)),
    ),
    Row("boxes: words before one", boxes, repeated("at ", f"cat {BOX}")),
    Row("boxes: words after one", boxes, repeated("at ", start=f"{BOX} is the cat")),
    Row("boxes: Chinese words before one", boxes, repeated("的位置", f"猫{BOX}")),
    Row("boxes: blanks before one", boxes, repeated(" ", BOX)),
    Row("boxes: blanks within one", boxes, repeated(" ", "300,400]", "[100,200,")),
    Row("boxes: pairs that do not end", boxes, repeated("[(1,2),(3,4", BOX)),
    Row("boxes: brackets", boxes, repeated("[", BOX)),
    Row("boxes: numbers", boxes, repeated("[1,2,3,")),
    Row("boxes: many in one line", boxes, repeated(f"{BOX} ")),
    Row("boxes: many in lines", boxes, repeated(f"cat {BOX}\n")),
    Row("boxes: pictures named before one", boxes, repeated("picture 1: ", f" {BOX}")),
    Row("boxes: pictures named and boxes", boxes, repeated(f"picture 1: {BOX}, ")),
    Row("boxes: blanks after a picture's number", boxes, repeated(" ", BOX, "第一")),
    Row("boxes: list marks before one", boxes, repeated("- 1. ", BOX)),
    Row("boxes: objects that do not end", boxes, repeated('{"bbox_2d": [1,2,300,400], ')),
    Row("boxes: labels that do not end", boxes, repeated('{"bbox_2d": [1,2,300,400], "label":"\\', "")),
    Row("boxes: keyed, without objects", boxes, repeated('"bbox_2d": [1,2,300,400], ')),
    Row("boxes: markers that do not end", boxes, repeated("<|begin_of_box|>", BOX)),
    Row("boxes: rising runs of backticks", boxes, rising("`", end=BOX)),
    Row("boxes: one run of backticks", boxes, repeated("`", f"a`{BOX}")),
    Row("boxes: inline code and boxes", boxes, repeated(f"`a` {BOX} ")),
    Row("boxes: fences that do not end", boxes, repeated("```\n~~~ a\n", BOX)),
    Row("boxes: a fence's blanks", boxes, repeated(" a", BOX, "```")),
    Row("boxes: rising fences", boxes, rising("`", "\n", BOX)),
    Row("boxes: formulas that do not end", boxes, repeated("\\[", BOX)),
    Row("boxes: other formulas that do not end", boxes, repeated("$$ $\n\\( ", BOX)),
    Row("boxes: a sentence's ends", boxes, repeated(". ", BOX)),
    Row("plain words: hyphens", plain_text, repeated("a-")),
    Row("plain words: tokens", plain_text, repeated("eyJabcdefgh-")),
    Row("plain words: bearers", plain_text, repeated("bearer ")),
    Row("plain words: tags that do not end", plain_text, repeated("<a <!-- <script ")),
    Row("plain words: ends of scripts", plain_text, repeated("</script ", start="<script>")),
    Row("plain words: entities", plain_text, repeated("&lt;a")),
    Row("markup: angles", at_once, repeated("<")),
    Row("markup: angles in pieces", in_pieces, repeated("<")),
    Row("markup: angles in thinking", at_once, repeated("<", start="<think>")),
    Row("markup: half tags in pieces", in_pieces, repeated("<tool_cal <|begin_of_bo ")),
    Row("markup: details that do not open", at_once, repeated("\n<details ")),
    Row("markup: lines of details", at_once, repeated("\n> a", start='<details type="reasoning">')),
    Row("markup: angles of details", at_once, repeated("<", start='<details type="reasoning">')),
    Row("markup: summaries", at_once, repeated("<summary>a</summary>", start='<details type="reasoning">')),
    Row("markup: think tags", at_once, repeated("<think>a</think>\n")),
    Row("markup: closers", in_pieces, repeated("a</think>")),
    Row("markup: closers in backticks", in_pieces, repeated("`</think>`", start="<think>")),
    Row("markup: calls", at_once, repeated("<tool_call>f</tool_call>")),
    Row("markup: calls that do not end", at_once, repeated("<tool_call>f")),
    Row("markup: calls that cannot be", at_once, repeated("<tool_call>f x ")),
    Row("markup: JSON calls that do not end", at_once, repeated('<tool_call>{"a":"')),
    Row("markup: JSON calls that end once", at_once, repeated('<tool_call>{"a":"', "</tool_call>")),
    Row("markup: JSON calls that are none", in_pieces, repeated("<tool_call>{</tool_call>")),
    Row("markup: blanks of a call", in_pieces, repeated(" ", start="<tool_call>")),
    Row("markup: blanks behind a call's name", in_pieces, repeated("\n", start="<tool_call>f")),
    Row("markup: a call's name", in_pieces, repeated("f", start="<tool_call>")),
    Row("markup: keys of a call", at_once, repeated("<arg_key>", "</tool_call>", "<tool_call>f")),
    Row("markup: keys that end", at_once, repeated("<arg_key>a</arg_key> ", start="<tool_call>f")),
    Row("markup: ends of keys", at_once, repeated("</arg_key>  ", start="<tool_call>f<arg_key>")),
    Row("markup: arguments", at_once, repeated("<arg_key>a</arg_key><arg_value>1", start="<tool_call>f")),
    Row("markup: arguments in pieces", in_pieces, repeated("<arg_value>1", start="<tool_call>f<arg_key>")),
    Row("code: rising runs of backticks", at_once, rising("`", end="</think>")),
    Row("code: fences", gone_on_in, repeated("```\n~~~ a\n")),
    Row("code: rising fences", gone_on_in, rising("`", "\n")),
    Row("code: one line", gone_on_in, repeated("a `")),
    Row("code: list marks", gone_on_in, repeated("- 1. ")),
    Row("seam: an echo", echoed, repeated("words of all sorts, ")),
    Row("seam: blanks", echoed, repeated("\n", "a")),
    Row("seam: letters alike", echoed, repeated("a")),
    Row("seam: dashes alike", echoed, repeated("- ")),
    Row("reply: blank lines", added_up, repeated(" \n", "a")),
    Row("reply: blanks", added_up, repeated(" ", "a")),
    Row("stream: words", stream, frames(chunk(content="word "))),
    Row("stream: blank answers", stream, frames(chunk(content="\n"))),
    Row("stream: blank thinking", stream, frames(chunk(reasoning="\n"))),
    Row("stream: details", stream, frames(chunk(reasoning_details=[detail("word ")]))),
    Row("stream: one detail each", stream, frames(chunk(reasoning_details=[detail("", data="x")]))),
    Row(
        "stream: a fresh id each",
        stream,
        frames(*(chunk(tool_calls=[tool(0, "f", "{", id=i)]) for i in "ab")),
    ),
    Row("stream: arguments", stream, frames(chunk(tool_calls=[tool(0, None, '"\\')]))),
    Row("stream: calls", stream, frames(chunk(tool_calls=[tool(None, "f", "{}", id="a")]))),
    Row(
        "stream: blank calls",
        stream,
        frames(chunk(content=" "), first=sse(chunk(content="<tool_call>"), done=False)),
    ),
    Row("stream: signatures", stream, frames(delta(0, signature="sig"), first=sse(start(), done=False))),
    Row("stream: arguments of a block", stream, frames(delta(0, partial_json="{"))),
    Row("stream: blocks", stream, frames(block(0, "thinking"), block(1, "text", text="A."), block(2, "new"))),
    Row("stream: halves", stream, frames(sse(chunk(content="@"), done=False).replace(b"@", b"\\ud83d"))),
    Row(
        "stream: bad bytes",
        stream,
        frames(sse(chunk(reasoning="@"), done=False).replace(b"@", b"\xf0\x9f")),
    ),
    Row("stream: not JSON", stream, frames(b"data: {x\n\n")),
    Row("frame: brackets", one_frame, framed(b"", b"[", b"")),
    Row("frame: halves", one_frame, framed(b'{"choices":[{"delta":{"content":"', b"\\ud83d", b'"}}]}')),
    Row(
        "frame: bad bytes",
        one_frame,
        framed(b'{"choices":[{"delta":{"content":"', b"\xf0\x9f", b'"}}]}'),
    ),
    Row("frame: a number", one_frame, framed(b'{"x":NaN,"y":', b"9", b"}")),
    Row(
        "frame: details",
        one_frame,
        framed(b'{"choices":[{"delta":{"reasoning_details":[', b'{"text":"a"},', b"{}]}}]}"),
    ),
    Row(
        "frame: parts",
        one_frame,
        framed(b'{"choices":[{"delta":{"content":[', b'{"text":"a"},', b'""]}}]}'),
    ),
    Row("page: tags left open", to_markdown, repeated("<div>")),
    Row("page: ends without a start", to_markdown, nested("<b>", "</i>")),
    Row("page: tables within tables", to_markdown, repeated("<table><tr><td>")),
    Row("page: lists within lists", to_markdown, repeated("<ul><li>")),
    Row("page: comments", to_markdown, repeated("<!---->")),
    Row("page: blanks", to_markdown, repeated("<b> </b> ", "x")),
    Row("page: angles", to_markdown, repeated("<")),
    Row("kind: comments before a page", looked, repeated("<!---->")),
    Row("kind: blanks before a page", looked, repeated(" ", "<html>")),
    Row("text: bytes of no encoding", decoded_text, repeated("\xe9\n\xff")),
    Row("text: one line that is not ASCII", decoded_text, repeated("\xe9a")),
    Row("text: declarations", decoded_text, repeated("charset=x coding:", "\xe9")),
    Row("text: shifts", decoded_text, repeated("\x1b$B~{+AA")),
    Row("pages: blanks", pages, repeated(" ", "1", "1")),
    Row("pages: ranges", pages, repeated("1-,", "3")),
    Row("pages: ranges that overlap", pages, rising("1", "-,")),
    Row("pages: dashes", pages, repeated(" - ")),
    Row("pages: digits", pages, repeated("1")),
    Row("table: quotes", lambda text: csv_table(text, False, 5000), repeated('"a,"')),
    Row("frame: choices", one_frame, framed(b'{"choices":[', b'{"index":1,"delta":{}},', b"{}]}")),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_twice_the_input_takes_at_most_about_twice_the_time(row: Row) -> None:
    size, small = FIRST, timed(row, FIRST)
    while size < row.most:
        large = timed(row, 2 * size)
        if large > GROWTH * small + FLOOR:
            small, large = best_of(row, size)
        assert large <= GROWTH * small + FLOOR, f"{2 * size:,}: {large:.3f} s, {size:,}: {small:.3f} s"
        size, small = 2 * size, large


def timed(row: Row, size: int) -> float:
    """Seconds of processor time, so that others at work on this machine do not count."""
    given = row.make(size)
    gc.disable()  # it looks at everything that lives, and costs more than most readers
    begun = time.thread_time()
    row.read(given)
    spent = time.thread_time() - begun
    gc.enable()
    return spent


def best_of(row: Row, size: int) -> tuple[float, float]:
    """The shortest times for `size` and twice as much. Others at work on this machine slow some of the trials; what
    grows faster than its input stays above the bound in all of them."""
    small = large = float("inf")
    for _ in range(TRIES):
        small, large = min(small, timed(row, size)), min(large, timed(row, 2 * size))
        if large <= GROWTH * small + FLOOR:
            break
    return small, large


def test_a_row_that_grows_faster_than_its_input_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass over the input for each of its characters fails at 30 GB/s too, faster than `str.find`; a microsecond for
    each character passes. The times are made up, so that nobody else's work decides."""
    row = Row("", str, repeated("a"))
    monkeypatch.setitem(globals(), "timed", lambda _, size: size**2 / 30e9)
    with pytest.raises(AssertionError, match=f"{MOST:,}: "):
        test_twice_the_input_takes_at_most_about_twice_the_time(row)
    monkeypatch.setitem(globals(), "timed", lambda _, size: size / 1e6)
    test_twice_the_input_takes_at_most_about_twice_the_time(row)


def test_what_is_timed_is_the_reader_with_all_of_its_input() -> None:
    read: list[str] = []
    assert timed(Row("", lambda text: read.append(text) or sum(range(10**5)), repeated("ab")), 32) > 0
    assert read == ["ab" * 16]
