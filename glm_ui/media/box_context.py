"""What stands around a box in an answer: code and formulas that can hold none, the words that name it, the picture
that it is on. Everything here takes time in proportion to the text, because anybody can write an answer's text. Which
numbers are a box is decided in `grounding`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

Span = tuple[int, int]

LONGEST_LABEL = 60
"""Characters of a label that is taken out of a sentence; more is no name."""
LONGEST_KEYED_LABEL = 300
LONGEST_SENTENCE = 400
"""Characters of a sentence that a label is looked for in."""
ROUNDS = 8
"""How often what is no name is taken off both ends of a sentence; ordinary ones need two or three."""

_KEY_ANYWHERE = re.compile(r"[\"'](?:bbox_2d|bbox|bounding_box)[\"']")
_LABEL_KEYS = ("label", "name", "class", "category", "object", "text", "caption", "description")
_LABEL = re.compile(rf"[\"'](?:{'|'.join(_LABEL_KEYS)})[\"']\s*+:\s*+[\"']((?:[^\"'\\]|\\.)*+)[\"']", re.I)
_FENCE = re.compile(r"^(`{3,}+|~{3,}+)([^\n]*+)", re.M)
_LANGUAGE = re.compile(r"[ \t]*+([\w+-]*+)")
_BACKTICKS = re.compile(r"`++")
_FORMULA = re.compile(r"\$\$|\\\[|\\\(|\$[^$\n]++\$")
_FORMULA_ENDS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_PICTURE = re.compile(
    r"\b(?:picture|image|photo|figure|frame|page)\s*+(?:no\.?\s*+|#\s*+)?(\d{1,3})\b"
    r"|\b(first|second|third|fourth|fifth)\s++(?:picture|image|photo|one)\b"
    r"|第\s*+([一二三四五\d]{1,3})\s*+(?:张|幅|个)?\s*+(?:图|照片|页)"
    r"|图片?\s*+(\d{1,3})",
    re.I,
)
_PICTURE_KEY = re.compile(r"[\"'](?:image|picture|image_id|page)[\"']\s*+:\s*+[\"']?(\d{1,3})")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_ORDINALS |= {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
# No two alternatives can begin at the same place, so that a text can be cut in one way only and is read once.
_TRAILING = re.compile(
    r"(?:\b(?:is|are|was|can be|located|found|detected|positioned|situated|at|in|by|with|the|its|bounding"
    r"|box(?:es)?|bbox(?:_2d)?|coordinates?|position|region|location|here|of)\b"
    r"|的?(?:坐标|位置|边界框|框)|[是为在位于]|[\s:：,，.。\-–—=>→*_`#|(（\[])++",
    re.I,
)
_LEADING = re.compile(
    r"^(?:\s*+(?:[-*+•>#|]++|\d{1,3}[.)]\s)\s*+)++|^[\s,，;.。:：)\]]++|^(?:and|or|the|a|an|和|与)\s++", re.I
)
_IN_PICTURE = re.compile(rf"^(?:in|on|from)?\s*+(?:the\s++)?(?:{_PICTURE.pattern})\s*+[,:，：]?\s*+", re.I)
SENTENCE_END = re.compile(r"[.!?;。！？](?:\s++|$)")


def between(text: str, opening: str, closing: str) -> Iterator[Span]:
    """(start, end) of the text between each `opening` and the next `closing`."""
    end = 0
    while (start := text.find(opening, end)) >= 0:
        start += len(opening)
        stop = text.find(closing, start)
        if stop < 0:
            return
        yield start, stop
        end = stop + len(closing)


class Spans:
    """Which part of a text a position lies in; the parts may overlap."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted(spans):
            if self.ends and start < self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def hold(self, start: int, end: int) -> bool:
        """Whether one of them holds all of `start` to `end`."""
        i = bisect_right(self.starts, start) - 1
        return i >= 0 and end <= self.ends[i]


class LastBefore:
    """Finds the last `mark` before a position. Each position must be at or after the one before: the text is read
    once."""

    def __init__(self, text: str, mark: str) -> None:
        self.text, self.mark, self.read, self.place = text, mark, 0, -1

    def __call__(self, position: int) -> int:
        self.place = max(self.place, self.text.rfind(self.mark, self.read, position))
        self.read = max(self.read, position)
        return self.place


class NextAfter:
    """Finds the first `mark` at or after a position, else the end of the text. Each position must be at or after
    the one before."""

    def __init__(self, text: str, mark: str) -> None:
        self.text, self.mark, self.place = text, mark, -1

    def __call__(self, position: int) -> int:
        if self.place < position:
            found = self.text.find(self.mark, position)
            self.place = found if found >= 0 else len(self.text)
        return self.place


def closed_spans(text: str, without_boxes: Callable[[str], str]) -> Spans:
    """The spans that cannot hold a box: code in a language, inline code that is more than a box, formulas."""

    def keeps_out(code: str, brackets: str) -> bool:
        return not _KEY_ANYWHERE.search(code) and bool(without_boxes(code).strip(brackets))

    closed = [
        (start, end)
        for start, end, language, body in _fences(text)
        if language.lower() not in ("", "json", "text", "plaintext")
        or keeps_out(text[slice(*body)], " \t\n[](),{}")
    ]
    closed += [
        (start, end)
        for start, end, (first, last) in _inline_code(text)
        if keeps_out(text[first:last], " []()")
    ]
    return Spans([*closed, *_formulas(text)])


def _fences(text: str) -> Iterator[tuple[int, int, str, Span]]:
    """(start, end, language, span of the code) of each fenced block; one that is not closed reaches to the end."""
    opened: re.Match[str] | None = None
    for line in _FENCE.finditer(text):
        if opened is None:
            opened = line if line.end() < len(text) else None
        elif line[1] == opened[1] and not line[2].strip(" \t"):
            yield _fence(opened, line.start(), line.end())
            opened = None
    if opened is not None:
        yield _fence(opened, len(text), len(text))


def _fence(opened: re.Match[str], last: int, end: int) -> tuple[int, int, str, Span]:
    language = _LANGUAGE.match(opened[2])
    return opened.start(), end, language[1] if language else "", (opened.end() + 1, last)


def _inline_code(text: str) -> Iterator[tuple[int, int, Span]]:
    """(start, end, span of the code): a run of backticks, and the next run of the same length in its line. Of a run
    that nothing closes, its tail may open."""
    for runs in _runs_by_line(text):
        by_length: dict[int, list[int]] = {}
        for i, (start, end) in enumerate(runs):
            by_length.setdefault(end - start, []).append(i)
        i = 0
        while i < len(runs):
            start, end = runs[i]
            length, closing = _closing(by_length, i, end - start)
            if closing:
                yield end - length, runs[closing][1], (end, runs[closing][0])
            i = max(i, closing) + 1


def _closing(by_length: dict[int, list[int]], run: int, longest: int) -> tuple[int, int]:
    """(length, index of the run that closes), 0 where none does."""
    for length in range(longest, 0, -1):
        same = by_length.get(length)
        if same and same[-1] > run:
            return length, same[bisect_right(same, run)]
    return 0, 0


def _runs_by_line(text: str) -> Iterator[list[Span]]:
    """The runs of backticks of each line that has some."""
    runs: list[Span] = []
    line_end = NextAfter(text, "\n")
    last = -1
    for run in _BACKTICKS.finditer(text):
        if runs and line_end(run.start()) != last:
            yield runs
            runs = []
        last = line_end(run.start())
        runs.append(run.span())
    if runs:
        yield runs


def _formulas(text: str) -> Iterator[Span]:
    at = 0
    never: set[str] = set()
    """Openings that no end comes after."""
    while found := _FORMULA.search(text, at):
        start, at = found.start(), found.end()
        ends = _FORMULA_ENDS.get(found[0])
        if ends is None:
            yield start, at
            continue
        stop = -1 if ends in never else text.find(ends, at)
        if stop >= 0:
            at = stop + len(ends)
            yield start, at
        else:
            never.add(ends)
            at = start + 1


class Objects:
    """What the JSON object around a box says of it. Works on JSON that is still coming or is broken. Boxes must be
    asked for from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.opening, self.closed = LastBefore(text, "{"), LastBefore(text, "}")
        self.closing, self.next_end = NextAfter(text, "}"), NextAfter(text, "}")

    @cached_property
    def _labels(self) -> tuple[list[int], list[re.Match[str]]]:
        found = list(_LABEL.finditer(self.text))
        return [m.start() for m in found], found

    @cached_property
    def _pictures(self) -> tuple[list[int], list[re.Match[str]]]:
        found = list(_PICTURE_KEY.finditer(self.text))
        return [m.start() for m in found], found

    def label(self, span: Span) -> str:
        opening = max(0, self.opening(span[0]))
        found = _first(self._labels, opening, self.closing(span[1]))
        return _unescaped(found[1])[:LONGEST_KEYED_LABEL] if found else ""

    def picture(self, span: Span) -> int | None:
        """The number that the object gives, from 1."""
        start, end = span
        opening = self.opening(start)
        if opening < 0 or self.closed(start) > opening:
            return None
        found = _first(self._pictures, opening, min(self.next_end(start), end + 200))
        return int(found[1]) if found else None


def _first(matches: tuple[list[int], list[re.Match[str]]], start: int, end: int) -> re.Match[str] | None:
    """The first of them within `start` and `end`."""
    starts, found = matches
    i = bisect_left(starts, start)
    return found[i] if i < len(found) and found[i].end() <= end else None


def _unescaped(written: str) -> str:
    try:
        return str(json.loads(f'"{written}"'))
    except ValueError:
        return written


def name_in(text: str) -> str:
    """A label out of the words before or after a box: without list marks, Markdown, markers and "is located at".
    "" where there is none of a label's length."""
    text = re.sub(r"<\|[a-z_]++\|>|[*_`]++", "", text)
    text = SENTENCE_END.split(text.rstrip(" .:："))[-1]
    if len(text) > LONGEST_SENTENCE:
        return ""
    for _ in range(ROUNDS):
        shorter = _IN_PICTURE.sub("", _LEADING.sub("", _without_trailing(text)).strip())
        if shorter == text:
            break
        text = shorter
    return text if len(text) <= LONGEST_LABEL else ""


def _without_trailing(text: str) -> str:
    last = next(iter(deque(_TRAILING.finditer(text), maxlen=1)), None)
    return text[: last.start()] if last and last.end() == len(text) else text


def named_pictures(text: str) -> tuple[Sequence[int], Sequence[int]]:
    """Where pictures are named, and the number of each from 1."""
    places, numbers = [], []
    for match in _PICTURE.finditer(text):
        word = next(g for g in match.groups() if g)
        places.append(match.start())
        numbers.append(_ORDINALS.get(word.lower()) or (int(word) if word.isdecimal() else 1))
    return places, numbers
