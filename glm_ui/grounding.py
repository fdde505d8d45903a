"""Boxes in an answer, as places on the picture. Finds them however the model writes them, and leaves alone
every other number in brackets: a reader who sees a box where none was meant trusts none of them.

GLM writes coordinates as thousandths of the picture's width and height, upright as a person sees it. Nothing
is drawn here and no text is changed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from glm_ui.media.images import upright
from glm_ui.media.kinds import Source

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


_NUMBER = r"\s*(\d{1,4}(?:\.\d{1,6})?)\s*"
_FOUR = rf"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}"
_PAIRS = rf"[\[(]{_NUMBER},{_NUMBER}[\])]\s*,\s*[\[(]{_NUMBER},{_NUMBER}[\])]"
_OPEN, _CLOSE = r"[\[({<]", r"[\])}>]"
# One box: [[a,b,c,d]] ((a,b,c,d)) [a,b,c,d] (a,b,c,d) {a,b,c,d} <a,b,c,d> [(a,b),(c,d)] and lists of them.
_BOX = re.compile(rf"{_OPEN}{_FOUR}{_CLOSE}|{_OPEN}?\s*{_PAIRS}\s*{_CLOSE}?")
_KEY = re.compile(r"[\"'](?:bbox_2d|bbox|box|bounding_box|coordinates)[\"']\s*:[\s\[(]*$", re.I)
_KEY_ANYWHERE = re.compile(r"[\"'](?:bbox_2d|bbox|bounding_box)[\"']")
_LABEL_KEYS = ("label", "name", "class", "category", "object", "text", "caption", "description")
_LABEL = re.compile(rf"[\"'](?:{'|'.join(_LABEL_KEYS)})[\"']\s*:\s*[\"']((?:[^\"'\\]|\\.)*)[\"']", re.I)
_MARKED = re.compile(r"<\|begin_of_box\|>(.*?)<\|end_of_box\|>", re.S)
_FENCE = re.compile(r"^(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^\1[ \t]*$|\Z)", re.M | re.S)
_INLINE_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_MATHS = re.compile(r"\$\$.*?\$\$|\\\[.*?\\\]|\\\(.*?\\\)|\$[^$\n]+\$", re.S)
# Words that say that a place is meant, in an answer's line or in the question.
_CUE = re.compile(
    r"\b(?:box|boxes|bbox|bounding|coordinates?|locat\w*|position\w*|regions?|detect\w*|ground\w*"
    r"|point(?:s|ed)? (?:to|at)|where)\b|坐标|位置|框|检测|定位|区域|哪里|哪儿|找出|标出",
    re.I,
)
_PICTURE = re.compile(
    r"\b(?:picture|image|photo|figure|frame|page)\s*(?:no\.?\s*|#\s*)?(\d{1,3})\b"
    r"|\b(first|second|third|fourth|fifth)\s+(?:picture|image|photo|one)\b"
    r"|第\s*([一二三四五\d]{1,3})\s*(?:张|幅|个)?\s*(?:图|照片|页)"
    r"|图片?\s*(\d{1,3})",
    re.I,
)
_PICTURE_KEY = re.compile(r"[\"'](?:image|picture|image_id|page)[\"']\s*:\s*[\"']?(\d{1,3})")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_ORDINALS |= {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_TRAILING = re.compile(
    r"(?:\s*\b(?:is|are|was|can be|located|found|detected|positioned|situated|at|in|by|with|the|its|bounding"
    r"|box(?:es)?|bbox(?:_2d)?|coordinates?|position|region|location|here|of)\b"
    r"|的?(?:坐标|位置|边界框|框)|[是为在位于]+|[\s:：,，.。\-–—=>→*_`#|(（\[])+$",
    re.I,
)
_LEADING = re.compile(
    r"^(?:\s*(?:[-*+•>#|]+|\d{1,3}[.)]\s)\s*)+|^[\s,，;.。:：)\]]+|^(?:and|or|the|a|an|和|与)\s+", re.I
)
_IN_PICTURE = re.compile(rf"^(?:in|on|from)?\s*(?:the\s+)?(?:{_PICTURE.pattern})\s*[,:，：]?\s*", re.I)
_SENTENCE_END = re.compile(r"[.!?;。！？](?:\s+|$)")


def find_boxes(answer: str, pictures: int = 1, asked: str = "") -> tuple[Box, ...]:
    """Every box in `answer`, in order. `pictures` is how many the turn has, `asked` the question (what asks
    for places lets plain brackets count). The box markers may still be there or be gone. Empty without
    pictures."""
    if pictures < 1 or not re.search(r"\d", answer):
        return ()
    reading = _Reading(answer, pictures, bool(_CUE.search(asked)))
    found: list[Box] = []
    for match in _BOX.finditer(answer):
        span = _widened(answer, *match.span())
        evidence = reading.evidence(span, span[0] < match.start())
        box = _judged([float(n) for n in match.groups() if n is not None], evidence)
        if box is not None:
            found.append(Box(box, reading.label(span, found), span, reading.picture(span)))
    return tuple(found)


def to_pixels(box: Sequence[float], size: Size) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in whole pixels around the box, at least one each way, for a picture of
    (width, height). `size` is that of the upright picture (`Picture.original_size`)."""
    (width, height), (left, top, right, bottom) = size, (round(v, 6) for v in box)
    x1, y1 = min(floor(left * width / SCALE), width - 1), min(floor(top * height / SCALE), height - 1)
    x2, y2 = ceil(right * width / SCALE), ceil(bottom * height / SCALE)
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
    names = list(dict.fromkeys(b.label or "object" for b in boxes))
    annotations = []
    for number, box in enumerate(boxes, 1):
        x1, y1, x2, y2 = to_pixels(box.box, pictures[box.picture][1])
        annotations.append(
            {
                "id": number,
                "image_id": box.picture + 1,
                "category_id": names.index(box.label or "object") + 1,
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
        "categories": [{"id": i, "name": name} for i, name in enumerate(names, 1)],
        "annotations": annotations,
    }


def _closed_spans(answer: str) -> list[tuple[int, int]]:
    """Where no box can stand: code in a language, inline code that is more than a box, formulas."""
    closed = []
    for fence in _FENCE.finditer(answer):
        plain = fence[2].lower() in ("", "json", "text", "plaintext")
        keyed = _KEY_ANYWHERE.search(fence[3])
        only_boxes = not _BOX.sub("", fence[3]).strip(" \t\n[](),{}")
        if not (plain and (keyed or only_boxes)):
            closed.append(fence.span())
    closed += [
        m.span()
        for m in _INLINE_CODE.finditer(answer)
        if "\n" not in m[0] and _BOX.sub("", m[2]).strip(" []()") and not _KEY_ANYWHERE.search(m[2])
    ]
    return closed + [m.span() for m in _MATHS.finditer(answer)]


def _widened(answer: str, start: int, end: int) -> tuple[int, int]:
    """With the brackets around it that hold it alone: [[a,b,c,d]] is one box with two pairs of brackets."""
    pairs = {"[": "]", "(": ")", "{": "}"}
    while start > 0 and end < len(answer) and pairs.get(answer[start - 1]) == answer[end]:
        start, end = start - 1, end + 1
    return start, end


class _Reading:
    """One answer as it is read from left to right, with what is asked of it more than once worked out
    once."""

    def __init__(self, answer: str, pictures: int, cued: bool) -> None:
        self.answer = answer
        self.pictures = pictures
        self.cued = cued
        self.closed = _closed_spans(answer)
        self.marked = [m.span(1) for m in _MARKED.finditer(answer)]
        self.bare = not _BOX.sub("", answer).strip(" \t\n[](),;.<>|")
        self.named = list(_named_pictures(answer)) if pictures > 1 else []
        self.cued_lines: dict[int, bool] = {}
        self.labels: dict[tuple[int, int], str] = {}
        self.last_end, self.keyed, self.listed = 0, False, False

    def evidence(self, span: tuple[int, int], doubled: bool) -> str:
        """ "sure" by its key, "likely" by its brackets or the words around it, or ""."""
        start, end = span
        goes_on = re.fullmatch(r"\s*,\s*", self.answer[self.last_end : start][:50]) is not None
        self.keyed = bool(_KEY.search(self.answer, max(0, start - 60), start)) or (goes_on and self.keyed)
        self.listed = self._listed(start, end) or (goes_on and self.listed)
        self.last_end = end
        if any(a <= start < b for a, b in self.closed):
            return ""
        if self.keyed:
            return "sure"
        if doubled or self.listed or any(a <= start and end <= b for a, b in self.marked):
            return "likely"
        if _is_no_list(self.answer, start, end):
            return ""
        return "likely" if self.cued or self.bare or self._cued_line(start, end) else ""

    def _listed(self, start: int, end: int) -> bool:
        """The first of [[a,b,c,d], [e,f,g,h]]."""
        return (
            self.answer[:start].endswith("[")
            and self.answer[end : end + 1] == ","
            and self.answer[start] == "["
        )

    def _cued_line(self, start: int, end: int) -> bool:
        first = self.answer.rfind("\n", 0, start) + 1
        if first not in self.cued_lines:
            last = self.answer.find("\n", end)
            line = self.answer[first : last if last >= 0 else len(self.answer)]
            self.cued_lines[first] = bool(_CUE.search(line))
        return self.cued_lines[first]

    def label(self, span: tuple[int, int], found: Sequence[Box]) -> str:
        start, end = span
        if self.keyed:
            braces = (self.answer.rfind("{", 0, start), self.answer.find("}", end))
            if braces not in self.labels:
                self.labels[braces] = _label_of_object(self.answer, *braces)
            return self.labels[braces]
        begin = max(self.answer.rfind("\n", 0, start) + 1, found[-1].span[1] if found else 0)
        between = self.answer[begin:start]
        if (
            found
            and begin == found[-1].span[1]
            and re.fullmatch(r"(?:[\s,;和与]|and\b)*[\[(]*", between[:80])
        ):
            return found[-1].label  # "two cats at [..] and [..]"
        return _clean(between) or _clean(self._after(end))

    def _after(self, end: int) -> str:
        after = self.answer[end : end + 200].split("\n", 1)[0]
        following = _BOX.search(after)
        return _SENTENCE_END.split(after[: following.start()] if following else after)[0]

    def picture(self, span: tuple[int, int]) -> int:
        """The one that its object names, else the one that was named last before it, else the first."""
        if self.pictures == 1:
            return 0
        start, end = span
        opening = self.answer.rfind("{", 0, start)
        inside = self.answer[opening : end + 200].split("}", 1)[0] if opening >= 0 else ""
        own = _PICTURE_KEY.search(inside) if len(inside) > start - opening else None
        last = next((n for at, n in reversed(self.named) if at <= start), 1)
        number = int(own[1]) if own else last
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


def _label_of_object(answer: str, opening: int, closing: int) -> str:
    """The label within the same braces; works on JSON that is still coming or is broken."""
    inside = answer[max(opening, 0) : closing if closing >= 0 else len(answer)]
    match = _LABEL.search(inside)
    if not match:
        return ""
    try:
        return str(json.loads(f'"{match[1]}"'))
    except ValueError:
        return match[1]


def _clean(text: str) -> str:
    """A label out of the words before or after a box: without list marks, Markdown, markers and "is located
    at"."""
    text = re.sub(r"<\|[a-z_]+\|>|[*_`]+", "", text)
    text = _SENTENCE_END.split(text.rstrip(" .:："))[-1]
    previous = None
    while text != previous:
        previous = text
        text = _IN_PICTURE.sub("", _LEADING.sub("", _TRAILING.sub("", text)).strip())
    return text if len(text) <= 60 else ""


def _named_pictures(text: str) -> Iterator[tuple[int, int]]:
    """(where it is said, number from 1)"""
    for match in _PICTURE.finditer(text):
        word = next(g for g in match.groups() if g)
        yield match.start(), _ORDINALS.get(word.lower()) or (int(word) if word.isdecimal() else 1)
