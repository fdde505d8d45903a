"""How many tokens a text, a picture or a request comes to, estimated without a tokenizer.

A count follows the way in which byte-pair vocabularies cut text before they look anything up: a word takes
the space before it along, digits go by threes, a run of punctuation takes the line break after it along. What
enters no vocabulary as a whole (long words, CJK) is a rate. No provider's usage, prices or network in here.

Nothing is exact, so whoever shows a figure marks it ≈. Against what providers reported in the recordings of
GLM (English, some code and sums; 896 tokens of thinking in five replies): the sum is 1.8 % low, the worst
reply 5.6 % low; whole output of seven replies 0 to 8 tokens low. `python -m pytest tests/test_tokens.py -k
recordings -s` prints it. No recording is in Chinese; that rate is only as good as public vocabularies of the
same size.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from math import ceil, floor, sqrt
from typing import NamedTuple, assert_never

import numpy as np
import numpy.typing as npt

from glm_ui.catalogue.route import Route
from glm_ui.messages import (
    Audio,
    ChatRequest,
    Document,
    Image,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Video,
)

PATCH = 28
"""Side of the square of pixels that becomes one visual token in GLM's vision models."""

LEAST_PIXELS = 112 * 112 // 2
MOST_PIXELS = 28 * 28 * 2 * 6144 // 2
"""Pixels to which a smaller picture is enlarged, and a larger one made smaller, before a model looks at it. The
preprocessor_config.json says 12,544 and 9,633,792, because the processor counts a still picture as two frames."""

MOST_ASPECT = 200
"""A longer side more than this many times the shorter one is refused by GLM's image processor."""

FRAME_TOKENS = 4
"""What a chat template adds around a request: its opening marks and the mark of the answer's role."""

MESSAGE_TOKENS = 1
"""The mark of a role."""

# Classes of characters. Upper and lower case are apart, so that camelCase counts as two words.
_NAMED = (
    r"(?P<lower>[a-zß-öø-ÿ]+)"
    r"|(?P<upper>[A-ZÀ-ÖØ-Þ]+)"
    r"|(?P<space>[^\S\r\n]+)"
    r"|(?P<mark>[!-/:-@\[-`{-~\u2010-\u2027\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]+)"
    r"|(?P<digit>\d+)"
    r"|(?P<newline>[\r\n]+)"
    r"|(?P<cjk>[\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+)"
    r"|(?P<letter>[^\W\d_a-zß-öø-ÿA-ZÀ-ÖØ-Þ\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+)"
)
_RUNS = re.compile(_NAMED + r"|(?P<symbol>.)", re.DOTALL)


class _Rate(NamedTuple):
    """Hundredths of a token of one run: `max(least, fixed + each * characters)`. Whole numbers, so that their sum is
    the same in any order."""

    least: int
    fixed: int
    each: int


_RATES: Mapping[str, _Rate] = {
    # A word of up to 11 small or 4 capital letters is mostly in the vocabulary; longer ones fall apart.
    "lower": _Rate(100, -175, 25),
    "upper": _Rate(100, 0, 25),
    "space": _Rate(0, 0, 0),
    "mark": _Rate(100, 50, 25),
    "digit": _Rate(0, 0, 0),
    "newline": _Rate(100, 0, 0),
    "cjk": _Rate(0, 0, 66),
    "letter": _Rate(100, 0, 40),
    "symbol": _Rate(0, 0, 200),
}
"""By the groups of `_RUNS`, in their order. Digits, spaces and newlines have rules of their own besides."""
_KINDS = tuple(_RATES)


@lru_cache(maxsize=4096)
def _cost(before: str, kind: str, length: int, after: str) -> int:
    """Hundredths of a token of one run, given the kinds of its neighbours ("" at either end)."""
    match kind:
        case "digit":
            return 100 * ceil(length / 3)
        case "space":
            # One space joins the word or the mark after it; before digits it stands alone.
            return 100 * ((after == "digit") + (length > 1 and after != "newline"))
        case "newline" if before == "mark":
            return 0
        case _:
            rate = _RATES[kind]
            return max(rate.least, rate.fixed + rate.each * length)


BULK = 4096
"""Characters from which a piece is counted by arrays, which takes an eighth of the time, mostly without the
interpreter's lock."""
SLICE = 64 * 1024
"""Characters that are counted by arrays at once: at most five milliseconds."""
_BEYOND = 0x40000
"""The first code point after the last plane that has letters; all from here on are symbols."""

_Codes = npt.NDArray[np.int64]


@cache
def _kind_table() -> npt.NDArray[np.uint8]:
    """The index in `_KINDS` of every code point up to `_BEYOND`. Made once, in a fiftieth of a second."""
    table = np.full(_BEYOND + 1, _KINDS.index("symbol"), np.uint8)
    for start in range(0, _BEYOND, 4096):
        for run in re.finditer(_NAMED, "".join(map(chr, range(start, start + 4096)))):
            table[start + run.start() : start + run.end()] = _KINDS.index(run.lastgroup or "symbol")
    return table


def _costs(before: _Codes, kinds: _Codes, lengths: _Codes, after: _Codes) -> int:
    """What `_cost` gives, summed over many runs. A run of no characters costs nothing."""
    least, fixed, each = np.array(list(_RATES.values())).T
    space, mark, digit, newline = (_KINDS.index(kind) for kind in ("space", "mark", "digit", "newline"))
    costs = np.maximum(least[kinds], fixed[kinds] + each[kinds] * lengths)
    costs[(lengths == 0) | ((kinds == newline) & (before == mark))] = 0
    digits, spaces = kinds == digit, kinds == space
    costs[digits] = 100 * ((lengths[digits] + 2) // 3)
    alone, wide = after == digit, (lengths > 1) & (after != newline)
    costs[spaces] = 100 * (alone[spaces].astype(np.int64) + wide[spaces])
    return int(costs.sum())


class TokenCounter:
    """Counts a text that comes in pieces; where the pieces are cut makes no difference. O(piece) for each."""

    __slots__ = ("_before", "_kind", "_length", "_settled")

    def __init__(self, text: str = "") -> None:
        self._settled = 0
        """Hundredths of a token of all runs but the last."""
        self._before = ""
        self._kind = ""
        self._length = 0
        if text:
            self.add(text)

    def add(self, text: str) -> None:
        if len(text) < BULK:
            self._add_runs(text)
            return
        for start in range(0, len(text), SLICE):
            self._add_bulk(text[start : start + SLICE])

    def _add_runs(self, text: str) -> None:
        before, held, length, settled = self._before, self._kind, self._length, self._settled
        for run in _RUNS.finditer(text):
            kind = run.lastgroup or "symbol"
            grown = len(run[0])
            if kind == held:
                length += grown
                continue
            if kind == "lower" and held == "upper":  # a capital belongs to the small letters that follow it
                length -= 1
                grown += 1
            if length:
                settled += _cost(before, held, length, kind)
                before = held
            held, length = kind, grown
        self._before, self._kind, self._length, self._settled = before, held, length, settled

    def _add_bulk(self, text: str) -> None:
        """As `_add_runs`, for all runs of the piece at once."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        of_each = _kind_table()[np.minimum(codes, _BEYOND)]
        starts = np.concatenate(([0], np.flatnonzero(of_each[1:] != of_each[:-1]) + 1))
        kinds, lengths = of_each[starts].astype(np.int64), np.diff(starts, append=len(codes))
        if self._kind:
            held = _KINDS.index(self._kind)
            if held == kinds[0]:
                lengths[0] += self._length
            else:
                kinds, lengths = np.insert(kinds, 0, held), np.insert(lengths, 0, self._length)
        lower, upper = _KINDS.index("lower"), _KINDS.index("upper")
        capitals = np.flatnonzero((kinds[:-1] == upper) & (kinds[1:] == lower))
        lengths[capitals] -= 1
        lengths[capitals + 1] += 1
        first = _KINDS.index(self._before) if self._before else -1
        before = np.insert(kinds, 0, first)
        self._settled += _costs(before[:-2], kinds[:-1], lengths[:-1], kinds[1:])
        self._before = _KINDS[before[-2]] if before[-2] >= 0 else ""
        self._kind, self._length = _KINDS[kinds[-1]], int(lengths[-1])

    @property
    def tokens(self) -> int:
        """Tokens so far, as an estimate."""
        tail = _cost(self._before, self._kind, self._length, "") if self._kind else 0
        return round((self._settled + tail) / 100)


class NoCounter(TokenCounter):
    """Counts nothing, for a text whose tokens nobody asks for."""

    __slots__ = ()

    def add(self, text: str) -> None:
        pass


LONG = 200
"""Characters from which looking a text up is cheaper than counting it."""
REMEMBERED = 50_000
_counts: dict[tuple[int, int], int] = {}


def estimate(text: str) -> int:
    """Tokens of `text`, as an estimate.

    A conversation's texts come again with every turn, and counting takes a second for a million tokens: what was
    counted is remembered, by hash and length, never the text itself.
    """
    if len(text) < LONG:
        return TokenCounter(text).tokens
    key = (hash(text), len(text))
    found = _counts.get(key)
    if found is None:
        if len(_counts) >= REMEMBERED:
            _counts.clear()
        found = _counts[key] = TokenCounter(text).tokens
    return found


def seen_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) in pixels at which GLM's vision models look at a picture of this size: both multiples of PATCH,
    at least LEAST_PIXELS and at most MOST_PIXELS together. It is `smart_resize` of Glm4vImageProcessor (transformers)
    for one picture, with the limits of GLM-4.1V's and GLM-4.5V's preprocessor_config.json."""
    if min(width, height) < PATCH:
        scale = PATCH / min(width, height)
        width, height = int(width * scale), int(height * scale)
    across, down = round(width / PATCH) * PATCH, round(height / PATCH) * PATCH
    if across * down > MOST_PIXELS:
        scale = sqrt(width * height / MOST_PIXELS)
        across, down = (max(PATCH, floor(side / scale / PATCH) * PATCH) for side in (width, height))
    elif across * down < LEAST_PIXELS:
        scale = sqrt(LEAST_PIXELS / (width * height))
        across, down = (ceil(side * scale / PATCH) * PATCH for side in (width, height))
    return across, down


def visual_tokens(width: int, height: int) -> int:
    """Tokens of a picture of `width` by `height` pixels: one for each square of PATCH pixels at the size that the
    model looks at. 0 if empty."""
    if width <= 0 or height <= 0:
        return 0
    across, down = seen_size(width, height)
    return (across // PATCH) * (down // PATCH)


def estimate_request(request: ChatRequest, route: Route | None = None) -> int:
    """Input tokens of `request`, as an estimate: texts, pictures and the template around them. Earlier thinking counts
    unless `route` is one whose provider is not sent it.

    Video and audio, and pictures or documents given as an address, are not known here and count nothing.
    """
    replays = route is None or bool(route.provider.replay_thinking)
    total = FRAME_TOKENS
    if request.system:
        total += MESSAGE_TOKENS + estimate(request.system)
    for tool in request.tools:
        total += estimate(tool.name) + estimate(tool.description) + estimate(json.dumps(tool.parameters))
    for message in request.messages:
        sent = (part for part in message.parts if replays or not isinstance(part, Thinking))
        total += MESSAGE_TOKENS + sum(_part_tokens(part) for part in sent)
    return total


def _part_tokens(part: Part) -> int:
    match part:
        case Text() | Thinking():
            return estimate(part.text)
        case ToolCall():
            return estimate(part.name) + estimate(part.arguments)
        case ToolResult():
            return estimate(part.content) + sum(_picture_tokens(image.data) for image in part.images)
        case Image():
            return _picture_tokens(part.data)
        case Video() | Audio() | Document():
            return 0
        case _:
            assert_never(part)


def _picture_tokens(data: bytes | None) -> int:
    if not data:
        return 0
    import PIL.Image  # only the header is read

    try:
        with PIL.Image.open(io.BytesIO(data)) as picture:
            return visual_tokens(*picture.size)
    except (OSError, ValueError, PIL.Image.DecompressionBombError):
        return 0
