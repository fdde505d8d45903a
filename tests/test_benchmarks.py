"""docs/benchmarks.md is what the benches found, and says truly what keeps its promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report, results
from benchmarks.bars import BARS, Bar

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
