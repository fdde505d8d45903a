"""The columns of the tables of docs/benchmarks.md, and how a figure is written. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """`figure` is the name of its number in results.json, where less is better; `said` writes it."""

    head: str
    figure: str
    said: Callable[[Figures], str]


def seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def milli(value: float | None) -> str:
    return "–" if value is None else f"{1000 * value:.0f} ms"


def _fine(value: float) -> str:
    """As milliseconds below a tenth of a second."""
    return milli(value) if value < 0.1 else seconds(value)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(head)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _milli(head: str, figure: str) -> Column:
    return Column(head, figure, lambda row: milli(row[figure]))


def _seconds(head: str, figure: str) -> Column:
    return Column(head, figure, lambda row: _fine(row[figure]))


_PAINTED = Column("all painted", "complete", lambda row: row["reached"] or seconds(row["complete"]))
_BYTES = Column("bytes", "bytes", lambda row: f"{row['bytes'] / 1000:.0f} kB")
PAGE = (
    _milli("Enter to wire", "wire"),
    _milli("first thinking", "first_thinking"),
    _PAINTED,
    _milli("lag at the end", "lag_last"),
    Column("main thread", "main", lambda row: f"{seconds(row['main'])} ({row['busy']:.0%})"),
    _milli("longest gap", "longest_gap"),
    Column("long tasks", "long_tasks", lambda row: f"{row['long_tasks']:.0f}"),
    _milli("server CPU", "server_cpu"),
    _BYTES,
)
GROWTH = (
    _PAINTED,
    _milli("server CPU", "server_cpu"),
    _milli("browser CPU", "browser_cpu"),
    _milli("main thread", "main"),
    _BYTES,
)
READERS = (
    _seconds("lag p50", "lag_p50"),
    _seconds("lag p99", "lag_p99"),
    _seconds("first token p50", "first_p50"),
    _seconds("first token p99", "first_p99"),
    Column("errors", "errors", lambda row: str(row["errors"])),
    Column(
        "server CPU for a session-second",
        "cpu_per_session_second",
        lambda row: f"{1000 * row['cpu_per_session_second']:.1f} ms",
    ),
    Column("memory grown by", "memory_mb", lambda row: f"{row['memory_mb']:.0f} MB"),
    Column("bytes a token", "bytes_per_token", lambda row: f"{row['bytes_per_token']:.0f}"),
)
GATEWAY = (
    Column("CPU a chunk", "microseconds", lambda row: f"{row['microseconds']:.0f} µs"),
    Column("first byte after the upstream's", "first_byte", lambda row: f"{1000 * row['first_byte']:.1f} ms"),
    Column("upstream left after the client", "left", lambda row: f"{1000 * row['left']:.0f} ms"),
    Column("memory grown over 10,000 chunks", "memory_mb", lambda row: f"{row['memory_mb']:.1f} MB"),
    _seconds("lag p50 of 200 streams", "lag_p50"),
    _seconds("lag p99 of 200 streams", "lag_p99"),
)
