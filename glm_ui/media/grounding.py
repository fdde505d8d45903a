"""Boxes in an answer, as places on the picture. Finds them however the model writes them, and leaves alone
every other number in brackets: a reader who sees a box where none was meant trusts none of them.

GLM writes coordinates as thousandths of the picture's width and height, upright as a person sees it. Nothing
is drawn here and no text is changed.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from glm_ui.media.box_context import (
    SENTENCE_END,
    LastBefore,
    NextAfter,
    Objects,
    Spans,
    between,
    closed_spans,
    name_in,
    named_pictures,
)
from glm_ui.media.formats.images import upright
from glm_ui.media.formats.kinds import Source

SCALE = 1000
_SMALLEST = 4
"""Thousandths of a side. Below this, numbers without a key or a marker are a list, not a box."""

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """`box` is (left, top, right, bottom) in thousandths; `span` is (start, end) of its brackets in the
    answer, the text to mark with it; `picture` is its index among the turn's pictures."""

    box: tuple[float, float, float, float]
    label: str
    span: tuple[int, int]
    picture: int = 0


LONGEST = 128 * 1024
"""Characters of an answer that boxes are sought in."""
QUESTION = 16 * 1024
MOST = 2000
"""Boxes of one answer."""

# A box begins with a bracket and holds at most two more, so that no text is read more than three times.
_NUMBER = r"\s*+(\d{1,4}(?:\.\d{1,6})?)\s*+"
_FOUR = rf"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}"
_PAIRS = rf"[\[(]{_NUMBER},{_NUMBER}[\])]\s*+,\s*+[\[(]{_NUMBER},{_NUMBER}[\])]"
_OPEN, _CLOSE = r"[\[({<]", r"[\])}>]"
# One box: [[a,b,c,d]] ((a,b,c,d)) [a,b,c,d] (a,b,c,d) {a,b,c,d} <a,b,c,d> [(a,b),(c,d)] and lists of them.
_BOX = re.compile(rf"{_OPEN}{_FOUR}{_CLOSE}|(?P<open>{_OPEN}\s*+)?{_PAIRS}\s*+{_CLOSE}?+")
_KEY = re.compile(r"[\"'](?:bbox_2d|bbox|box|bounding_box|coordinates)[\"']\s*:[\s\[(]*$", re.I)
# Words that say that a place is meant, in an answer's line or in the question.
_CUE = re.compile(
    r"\b(?:box|boxes|bbox|bounding|coordinates?|locat\w*|position\w*|regions?|detect\w*|ground\w*"
    r"|point(?:s|ed)? (?:to|at)|where)\b|坐标|位置|框|检测|定位|区域|哪里|哪儿|找出|标出",
    re.I,
)


def asks_for_places(question: str) -> bool:
    """Whether plain brackets in the answer to it count as boxes. Looks at the first `QUESTION` characters."""
    return _CUE.search(question, 0, QUESTION) is not None


def find_boxes(answer: str, pictures: int = 1, asked: str = "") -> tuple[Box, ...]:
    """The boxes in the first `LONGEST` characters of `answer`, in order, at most `MOST`. `pictures` is how many the
    turn has, `asked` the question (what asks for places lets plain brackets count). The box markers may still be there
    or be gone. Empty without pictures. Takes time in proportion to the answer."""
    answer = answer[:LONGEST]
    if pictures < 1 or not _BOX.search(answer):
        return ()
    reading = _Reading(answer, pictures, asks_for_places(asked))
    found: list[Box] = []
    for match in _BOX.finditer(answer):
        start = _start(answer, match, reading.last_match)
        reading.last_match = match.end()
        span = _widened(answer, start, match.end())
        evidence = reading.evidence(span, span[0] < start)
        box = _judged([float(n) for n in _numbers(match)], evidence)
        if box is not None:
            found.append(Box(box, reading.label(span, found), span, reading.picture(span)))
            if len(found) == MOST:
                break
    return tuple(found)


def to_pixels(box: Sequence[float], size: Size) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in whole pixels around the box, at least one each way, for a picture of
    (width, height). `size` is that of the upright picture (`Picture.original_size`)."""
    (width, height), (left, top, right, bottom) = size, (round(v, 6) for v in box)

    def at(value: float, pixels: int) -> float:  # 333.333333 of 3 pixels are one, not a little less
        return round(value * pixels / SCALE, 3)

    x1, y1 = min(floor(at(left, width)), width - 1), min(floor(at(top, height)), height - 1)
    x2, y2 = ceil(at(right, width)), ceil(at(bottom, height))
    return x1, y1, min(width, max(x2, x1 + 1)), min(height, max(y2, y1 + 1))


def crop(source: Source, box: Sequence[float], name: str = "picture", margin: float = 0.0) -> bytes:
    """That region of the upright original as PNG, `margin` thousandths wider each way. Decodes a stranger's
    file: call it through `media.worker.run`."""
    image = upright(source, name)
    wider = [max(0.0, box[0] - margin), max(0.0, box[1] - margin)]
    wider += [min(SCALE, box[2] + margin), min(SCALE, box[3] + margin)]
    out = io.BytesIO()
    image.crop(to_pixels(wider, image.size)).save(out, "PNG")
    return out.getvalue()


def to_coco(boxes: Sequence[Box], pictures: Sequence[tuple[str, Size]]) -> dict[str, Any]:
    """COCO's object detection form: images, categories, and annotations with [x, y, width, height] in pixels.
    `pictures` are (name, upright size)."""
    labels = dict.fromkeys(b.label or "object" for b in boxes)
    names = {name: number for number, name in enumerate(labels, 1)}
    annotations = []
    for number, box in enumerate(boxes, 1):
        x1, y1, x2, y2 = to_pixels(box.box, pictures[box.picture][1])
        annotations.append(
            {
                "id": number,
                "image_id": box.picture + 1,
                "category_id": names[box.label or "object"],
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "area": (x2 - x1) * (y2 - y1),
                "iscrowd": 0,
            }
        )
    return {
        "images": [
            {"id": i, "file_name": name, "width": width, "height": height}
            for i, (name, (width, height)) in enumerate(pictures, 1)
        ],
        "categories": [{"id": i, "name": name} for name, i in names.items()],
        "annotations": annotations,
    }


def _without_boxes(text: str) -> str:
    return _BOX.sub("", text)


def _numbers(match: re.Match[str]) -> tuple[str, ...]:
    return match.group(1, 2, 3, 4) if match[1] else match.group(6, 7, 8, 9)


def _start(answer: str, match: re.Match[str], last_match: int) -> int:
    """With the blanks before two pairs that no bracket is around: below "Dogs:" they belong to its line."""
    if match[1] or match["open"]:
        return match.start()
    return last_match + len(answer[last_match : match.start()].rstrip())


def _widened(answer: str, start: int, end: int) -> tuple[int, int]:
    """With the brackets around it that hold it alone: [[a,b,c,d]] is one box with two pairs of brackets."""
    pairs = {"[": "]", "(": ")", "{": "}"}
    while start > 0 and end < len(answer) and pairs.get(answer[start - 1]) == answer[end]:
        start, end = start - 1, end + 1
    return start, end


class _Reading:
    """One answer as it is read from left to right; what is needed more than once is computed once."""

    def __init__(self, answer: str, pictures: int, cued: bool) -> None:
        self.answer = answer
        self.pictures = pictures
        self.cued = cued
        self.closed = closed_spans(answer, _without_boxes)
        self.marked = Spans(between(answer, "<|begin_of_box|>", "<|end_of_box|>"))
        self.bare = not _without_boxes(answer).strip(" \t\n[](),;.<>|")
        self.places, self.numbers = named_pictures(answer) if pictures > 1 else ((), ())
        self.objects = Objects(answer)
        self.line_start, self.line_end = LastBefore(answer, "\n"), NextAfter(answer, "\n")
        self.cued_line = (-1, False)
        self.last_match, self.last_end, self.keyed, self.listed = 0, 0, False, False

    def evidence(self, span: tuple[int, int], doubled: bool) -> str:
        """ "sure" by its key, "likely" by its brackets or the words around it, or ""."""
        start, end = span
        gap = self.answer[self.last_end : min(start, self.last_end + 50)]
        goes_on = re.fullmatch(r"\s*,\s*", gap) is not None
        self.keyed = bool(_KEY.search(self.answer, max(0, start - 60), start)) or (goes_on and self.keyed)
        self.listed = self._listed(start, end) or (goes_on and self.listed)
        self.last_end = end
        if self.closed.hold(start, start + 1):
            return ""
        if self.keyed:
            return "sure"
        if doubled or self.listed or self.marked.hold(start, end):
            return "likely"
        if _is_no_list(self.answer, start, end):
            return ""
        return "likely" if self.cued or self.bare or self._cued_line(start, end) else ""

    def _listed(self, start: int, end: int) -> bool:
        """The first of [[a,b,c,d], [e,f,g,h]]."""
        return (
            self.answer.startswith("[[", max(0, start - 1))
            and start > 0
            and self.answer[end : end + 1] == ","
        )

    def _cued_line(self, start: int, end: int) -> bool:
        first = self.line_start(start) + 1
        if self.cued_line[0] != first:
            self.cued_line = first, bool(_CUE.search(self.answer, first, self.line_end(end)))
        return self.cued_line[1]

    def label(self, span: tuple[int, int], found: Sequence[Box]) -> str:
        start, end = span
        if self.keyed:
            return self.objects.label(span)
        before = found[-1].span[1] if found else 0
        begin = max(self.line_start(start) + 1, before)
        words = self.answer[begin:start]
        if found and begin == before and re.fullmatch(r"(?:[\s,;和与]|and\b)*+[\[(]*+", words[:80]):
            return found[-1].label  # "two cats at [..] and [..]"
        return name_in(words) or name_in(self._after(end))

    def _after(self, end: int) -> str:
        after = self.answer[end : end + 200].split("\n", 1)[0]
        following = _BOX.search(after)
        return SENTENCE_END.split(after[: following.start()] if following else after)[0]

    def picture(self, span: tuple[int, int]) -> int:
        """The one that its object names, else the one that was named last before it, else the first."""
        if self.pictures == 1:
            return 0
        own = self.objects.picture(span)
        last = bisect_right(self.places, span[0]) - 1
        number = own if own is not None else self.numbers[last] if last >= 0 else 1
        return number - 1 if 1 <= number <= self.pictures else 0


def _is_no_list(answer: str, start: int, end: int) -> bool:
    """A call f(1, 2, 3, 4), a Markdown link, a vector in <>."""
    called = answer[start] == "(" and re.fullmatch(r"[A-Za-z0-9_\]]", answer[start - 1 : start]) is not None
    return called or answer[end : end + 1] == "(" or answer[start] == "<"


def _judged(numbers: Sequence[float], evidence: str) -> tuple[float, float, float, float] | None:
    if not evidence or len(numbers) != 4 or max(numbers) > SCALE:
        return None
    left, top, right, bottom = numbers
    smallest = 0 if evidence == "sure" else _SMALLEST
    if right - left <= smallest or bottom - top <= smallest:
        return None
    return left, top, right, bottom
