"""What outsiders send costs time in proportion to its size: one row for each function that reads their text.

A row grows its input from 16 to `most` characters (or bytes) by doubling, and each doubling may take at most 2.5 times
the processor time of this thread. To cover a new reader, add a row with an input that would make it slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from glm_ui.errors import clean
from glm_ui.grounding import find_boxes

FIRST, MOST = 16, 2**20
GROWTH = 2.5
"""Times the time that twice the input may take."""
FLOOR = 0.015
"""Seconds: below this the clock and the garbage collector decide, not the input."""
TRIES = 5
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


BOX = "[[100,200,300,400]]"
ROWS = [
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
    Row("plain words: hyphens", clean, repeated("a-")),
    Row("plain words: tokens", clean, repeated("eyJabcdefgh-")),
    Row("plain words: bearers", clean, repeated("bearer ")),
    Row("plain words: tags that do not end", clean, repeated("<a <!-- <script ")),
    Row("plain words: ends of scripts", clean, repeated("</script ", start="<script>")),
    Row("plain words: entities", clean, repeated("&lt;a")),
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
    begun = time.thread_time()
    row.read(given)
    return time.thread_time() - begun


def best_of(row: Row, size: int) -> tuple[float, float]:
    """The shortest times for `size` and twice as much."""
    pairs = [(timed(row, size), timed(row, 2 * size)) for _ in range(TRIES)]
    return min(small for small, _ in pairs), min(large for _, large in pairs)


def test_a_row_that_grows_faster_than_its_input_fails() -> None:
    def squared(text: str) -> object:
        return [text.count("b") for _ in range(len(text) // 4)]

    with pytest.raises(AssertionError):
        test_twice_the_input_takes_at_most_about_twice_the_time(Row("", squared, repeated("a")))
