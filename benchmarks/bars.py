"""What each work may take at the most (`must`), what it should come to (`reach`), and what was found of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Found = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""section -> row -> figures"""
UNITS = {
    "s": (1.0, "{:.2f} s"),
    "ms": (1000.0, "{:.1f} ms"),
    "times": (1.0, "{:.2f} times"),
    "MB": (1.0, "{:+.0f} MB"),
    "errors": (1.0, "{:.0f} errors"),
    "readers": (1.0, "{:.0f} readers"),
}
"""unit -> (what a figure is multiplied with, how it is written)"""


@dataclass(frozen=True, slots=True)
class Bar:
    """`most` and `best` are the figures of `must` and `reach`, in seconds, times or MB. `of` gives what was found: a
    KeyError where it was not measured. Figures count down but those of `more`."""

    work: str
    unit: str
    most: float | None
    best: float | None
    of: Callable[[Found], float]
    more: bool = False
    why: str = ""

    @property
    def must(self) -> str:
        return self._said(self.most)

    @property
    def reach(self) -> str:
        return self._said(self.best)

    def _said(self, figure: float | None) -> str:
        if figure is None:
            return "–"
        by, form = UNITS[self.unit]
        return form.format(by * figure)

    def told(self, found: Found) -> str:
        try:
            return self._said(self.of(found))
        except KeyError:
            return "–"

    def verdict(self, found: Found) -> str:
        """Reached, met, missed or not measured, and why."""
        try:
            figure = self.of(found)
        except KeyError:
            return f"not measured. {self.why}".strip()
        if self._keeps(figure, self.best):
            return "reached"
        if self._keeps(figure, self.most):
            return "met"
        return f"{'not reached' if self.most is None else '**missed**'}. {self.why}".strip()

    def _keeps(self, figure: float, bar: float | None) -> bool:
        if bar is None:
            return False
        return figure >= bar if self.more else figure <= bar


def _row(section: str, row: str, name: str) -> Callable[[Found], float]:
    return lambda found: float(found[section][row][name])


def _ratio(section: str, row: str, other: str, name: str) -> Callable[[Found], float]:
    return lambda found: float(found[section][row][name]) / float(found[section][other][name])


def _times_naive(what: str) -> Callable[[Found], float]:
    return lambda found: float(found["files"][what]["naive"]) / float(found["files"][what]["ours"])


def _five(rate: int) -> Callable[[Found], float]:
    """Of the reply in sight until it is painted, of the others until they stand in the page's state."""
    row = f"5 at {rate} tokens/s"
    return lambda found: max(float(found["at once"][row][name]) for name in ("seen_most", "others_most"))


def _store(row: str) -> Callable[[Found], float]:
    """Kept in ms."""
    return lambda found: float(found["store"][f"10,000: {row}"]["median"]) / 1000


def _readers(found: Found) -> float:
    """The most readers of one process that were tried and all kept up."""
    tried = {
        int(row.split(" ")[0]): f for row, f in found["concurrency"].items() if row.endswith(" | GLM UI")
    }
    kept = [many for many, f in tried.items() if f["lag_p99"] < 1 and not f["errors"]]
    return float(max(kept, default=0))


def _uneven(found: Found) -> float:
    row = found["replicas"]["1000 readers on 4"]
    return float(max(row["spread"])) * int(row["replicas"]) / int(row["readers"])


def _grown(found: Found) -> float:
    return float(found["turns"]["day"]["late_mb"]) - float(found["turns"]["day"]["early_mb"])


WHYS: Mapping[str, str] = {
    "a turn's set-up, CPU of the server":
        "Seven writes to the socket are two fifths of it, the request to the upstream a fifth.",
    "lag at the end, 1,000 tokens/s":
        "Two frames of 16.7 ms, the wait for a frame to fill, and drawing.",
    "ready to type on the first visit, against a bare Blocks page":
        "Our layout, styles and scripts take the browser about 0.2 s, after what the bare page needs too.",
    "start of the server to the end of the first answer":
        "Importing Gradio is more than half of it.",
    "ten photos of 12 MP, from drop to plan: times as fast as the naive way":
        "Both ways do the same with Pillow; our two processes share the two cores with the server.",
    "the same: lag p99":
        "Four replicas, nginx, Redis, the upstream and 1,000 readers take both cores whole.",
    "200 readers at 30 tokens/s, one process: lag p99":
        "The process has all of its core; how fast that is changes twofold on this shared host.",
    "the same: first token p99":
        "200 turns begin within a second, and each takes 7 to 8 ms of the one core.",
    "readers of one process under 1 s of lag p99, no error":
        "The process has all of its core; how fast that is changes twofold on this shared host.",
    "10,000 conversations: the first search, before their texts were read":
        "All texts, 115 MB as JSON, are read from the database once, from the moment the search box has the focus.",
    "10,000 conversations: one opens":
        "The page lays out and draws its turns.",
    "32,000 tokens at once, all painted":
        "Layout and style are half of it. It took 1.48 s the day before, when this host was faster.",
    "10,000 conversations: search finds one":
        "All texts, 115 MB as JSON, are looked through for what was typed.",
}  # fmt: skip
"""work -> why it misses its bar"""

_BARS = (
    Bar("a turn's set-up, CPU of the server", "ms", 0.003, 0.0015, _row("turns", "set-up", "median")),
    Bar("200 readers at 30 tokens/s, one process: lag p99", "s", 0.3, 0.1,
        _row("concurrency", "200 | GLM UI", "lag_p99")),
    Bar("the same: first token p99", "s", 0.25, 0.1, _row("concurrency", "200 | GLM UI", "first_p99")),
    Bar("readers of one process under 1 s of lag p99, no error", "readers", 400, 800, _readers, more=True),
    Bar("1,000 readers over 4 replicas", "errors", 0.0, None, _row("replicas", "1000 readers on 4", "errors")),
    Bar("the same: most readers of one replica, against an even share", "times", 1.25, None, _uneven),
    Bar("the same: lag p99", "s", None, 1.0, _row("replicas", "1000 readers on 4", "lag_p99")),
    Bar("a replica killed at 200 readers: first token again, slowest", "s", 5.0, None,
        _row("replicas", "killed", "again_first")),
    Bar("main thread at 100 tokens/s, Markdown against plain words", "times", 1.1, 1.05,
        _ratio("page", "100 tokens/s | GLM UI", "100 tokens/s of plain words | GLM UI", "main")),
    Bar("lag at the end, 1,000 tokens/s", "s", 0.06, 0.03, _row("page", "1,000 tokens/s | GLM UI", "lag_last")),
    Bar("five replies at once in one page, 30 tokens/s each: the longest lag of any", "s", 0.1, None, _five(30)),
    Bar("the same, 100 tokens/s each", "s", 0.1, None, _five(100)),
    Bar("32,000 tokens at once, all painted", "s", 1.5, 0.8, _row("growth", "32000 | GLM UI", "complete")),
    Bar("ready to type on the first visit, against a bare Blocks page", "times", 1.1, 1.0,
        _ratio("load", "GLM UI, first visit", "bare Blocks, first visit", "ready")),
    Bar("start of the server to the end of the first answer", "s", 3.0, 2.0, _row("turns", "start", "median")),
    Bar("ten photos of 12 MP, from drop to plan: times as fast as the naive way", "times", 2.0, 4.0,
        _times_naive("ten photos of 12 megapixels"), more=True),
    Bar("a PDF of 100 pages, the same", "times", 2.0, 4.0, _times_naive("a PDF of 100 pages"), more=True),
    Bar("a minute of 1080p, the same", "times", 2.0, 4.0, _times_naive("a minute of 1080p"), more=True),
    Bar("10,000 conversations: the list opens", "s", 0.15, 0.08, _store("the list opens")),
    Bar("10,000 conversations: search finds one", "s", 0.15, 0.08, _store("search finds one, typing included")),
    Bar("10,000 conversations: the first search, before their texts were read", "s", 0.15, 0.08,
        _store("search at once, before the texts were read")),
    Bar("10,000 conversations: one opens", "s", 0.15, 0.08, _store("one opens")),
    Bar("memory after 50,000 turns, against a tenth of them", "MB", 20.0, None, _grown),
)  # fmt: skip
BARS: tuple[Bar, ...] = tuple(replace(bar, why=WHYS.get(bar.work, "")) for bar in _BARS)
