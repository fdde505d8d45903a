"""docs/benchmarks.md is what the benches found, and says truly what keeps its promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report, results
from benchmarks.bars import BARS, Bar
from benchmarks.behind import behind

DOCS = Path(__file__).parent.parent / "docs"


def test_the_page_is_written_from_the_results() -> None:
    written = (DOCS / "benchmarks.md").read_text("utf-8")
    assert written.endswith(report.body(results.load())), "Run `python -m benchmarks report`."


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [(0.9, "reached"), (1.5, "met"), (2.5, "**missed**. Far."), (None, "not measured. Far.")],
)  # fmt: skip
def test_a_figure_is_held_against_its_bars(figure: float | None, verdict: str) -> None:
    bar = Bar("to walk", "s", 2.0, 1.0, lambda found: float(found["walk"]["home"]["took"]), why="Far.")
    found = {"walk": {"home": {"took": figure}}} if figure else {}
    assert bar.verdict(found) == verdict
    assert bar.told(found) == (f"{figure:.2f} s" if figure else "–")


def test_more_may_be_better() -> None:
    bar = Bar("files", "times", 2.0, 4.0, lambda found: float(found["files"]["ten"]["times"]), more=True)
    said = [bar.verdict({"files": {"ten": {"times": times}}}) for times in (1.9, 2.0, 4.0)]
    assert said == ["**missed**.", "met", "reached"]


def test_each_bar_that_is_missed_or_not_measured_says_why() -> None:
    found = results.load()
    assert [
        bar.work for bar in BARS if not bar.why and bar.verdict(found).startswith(("**missed", "not"))
    ] == []


def test_a_peer_that_is_ahead_is_listed_with_both_figures() -> None:
    figures = {
        "wire": 0.02,
        "first_thinking": 0.06,
        "complete": 0.3,
        "lag_last": 0.2,
        "main": 1.0,
        "busy": 0.5,
    }
    ours = figures | {"longest_gap": 0.1, "long_tasks": 2, "server_cpu": 0.1, "bytes": 1000, "reached": ""}
    theirs = ours | {"wire": 0.0195, "first_thinking": None, "long_tasks": 0, "bytes": 900, "main": 2.0}
    found = {"page": {"100 tokens/s | GLM UI": ours, "100 tokens/s | Peer": theirs, "alone | Peer": theirs}}
    assert list(behind(found)) == [
        ["100 tokens/s", "long tasks", "2", "0", "Peer"],
        ["100 tokens/s", "bytes", "1 kB", "1 kB", "Peer"],
    ]
    gateway = {"microseconds": 30.0, "first_byte": 0.002, "memory_mb": 1.0, "lag_p50": 0.01, "lag_p99": 0.09}
    copied = gateway | {"microseconds": 1.0}
    rows = {
        "GLM UI, passed on": gateway,
        "Portkey, passed on": gateway | {"lag_p99": 0.02},
        "bytes copied": copied,
    }
    assert list(behind({"gateway": rows})) == [
        ["the gateway, passed on", "lag p99 of 200 streams", "90 ms", "20 ms", "Portkey"]
    ]


def test_the_readers_that_keep_up_are_the_most_of_those_without_an_error() -> None:
    bar = next(bar for bar in BARS if bar.unit == "readers")
    rows = {
        f"{many} | GLM UI": {"lag_p99": lag, "errors": errors}
        for many, lag, errors in ((200, 0.3, 0), (400, 0.9, 0), (600, 0.95, 1), (800, 1.7, 0))
    }
    rows["900 | gr.ChatInterface"] = {"lag_p99": 0.1, "errors": 0}
    assert (bar.told({"concurrency": rows}), bar.verdict({"concurrency": rows})) == ("400 readers", "met")
