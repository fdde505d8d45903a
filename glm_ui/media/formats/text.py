"""Markdown out of cells and lines. No library that opens archives enters here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

MAX_PADDED = 100_000
"""Cells of a table whose short rows are filled up; in a larger one they stay short, as Markdown allows."""


def cell(value: object) -> str:
    """One cell of a Markdown table: one line, bars escaped."""
    return " ".join(str("" if value is None else value).split()).replace("|", "\\|")


def table(rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first row is its head, short rows are filled up, empty columns at the end left
    out."""
    cells = [_trimmed([cell(v) for v in row]) for row in rows]
    width = max(map(len, cells), default=0)
    if not width:
        return ""
    filled = width if width * len(cells) <= MAX_PADDED else 0
    head, *body = [row + [""] * ((filled if at else width) - len(row)) for at, row in enumerate(cells)]
    return "\n".join([_line(head), "|" + " --- |" * width, *map(_line, body)])


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |"


def csv_table(text: str, tabs: bool, max_rows: int) -> tuple[str, int]:
    """(Markdown table of the first `max_rows` rows, rows in all). The delimiter is sniffed among , ; tab and |."""
    delimiter = "\t" if tabs else _delimiter(text[:8192])
    old = csv.field_size_limit(len(text) + 1)
    kept: list[list[str]] = []
    count = 0
    try:
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            if any(row):
                count += 1
                if len(kept) < max_rows:
                    kept.append(row)
    except csv.Error:
        lines = text.splitlines()
        kept, count = [line.split(delimiter) for line in lines[:max_rows]], len(lines)
    finally:
        csv.field_size_limit(old)
    return table(kept), count


def _delimiter(sample: str) -> str:
    lines = [line for line in sample.splitlines()[:5] if line]
    return max(",;\t|", key=lambda d: min((line.count(d) for line in lines), default=0))


def fenced(text: str, language: str) -> str:
    """A code fence that its content cannot close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
