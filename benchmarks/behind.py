"""Where a peer is ahead of the app, found in the figures of the last runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.columns import GATEWAY, GROWTH, PAGE, READERS, Column, Figures

OURS = "GLM UI"
AHEAD = 0.95
"""A peer whose figure is at most this share of ours is ahead: runs of one side differ by more."""
SECTIONS: Mapping[str, tuple[str, tuple[Column, ...]]] = {
    "page": ("{}", PAGE),
    "growth": ("{} tokens at once, one after the other", GROWTH),
    "concurrency": ("{} readers of one process", READERS),
    "gateway": ("the gateway, {}", GATEWAY),
}
"""section of the results -> how a work of it is called, and its columns"""


def behind(found: Mapping[str, Mapping[str, Figures]]) -> Iterator[list[str]]:
    """Work, figure, ours, the peer's, and the peer, for each figure in which one is ahead."""
    for section, (named, columns) in SECTIONS.items():
        rows = {_work_and_app(section, key): row for key, row in found.get(section, {}).items()}
        for (work, app), theirs in rows.items():
            ours = rows.get((work, OURS))
            if ours is None or app == OURS or app == "bytes copied":
                continue
            for column in columns:
                if _is_ahead(theirs.get(column.figure), ours.get(column.figure)):
                    yield [named.format(work), column.head, column.said(ours), column.said(theirs), app]


def _work_and_app(section: str, key: str) -> tuple[str, str]:
    first, _, second = key.partition(", " if section == "gateway" else " | ")
    return (second, first) if section == "gateway" else (first, second)


def _is_ahead(theirs: float | None, ours: float | None) -> bool:
    return theirs is not None and ours is not None and theirs < AHEAD * ours
