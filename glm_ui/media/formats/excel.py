"""A workbook as Markdown tables: what cells show, the formula where no value is stored, comments. Hidden sheets are
sent and marked; what does not fit is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from glm_ui.errors import CannotSend
from glm_ui.media.formats.office_parts import Parts, Relation, attribute, outermost, relation_id, within
from glm_ui.media.formats.source import Source, opened, shown_name
from glm_ui.media.formats.text import table

MAX_ROWS = 5_000
"""Rows of one sheet that are sent."""
MAX_CELLS = 500_000
"""Rows times columns of one sheet."""
MAX_CHARS = 1_000_000
"""Characters of the cells of the whole workbook; cells may share one long text."""
MAX_VISITED = 20_000_000
"""Cells looked at, empty ones too."""
MAX_STRINGS = 32 << 20
"""Bytes of the workbook's shared texts, which are held as a list."""
_HIDDEN = {"hidden": " (hidden)", "veryHidden": " (very hidden)"}
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


@dataclass(slots=True)
class _Sheet:
    name: str
    state: str
    kind: str
    part: str


@dataclass(slots=True)
class _Cells:
    """Rows that hold something, as column number -> text."""

    rows: list[dict[int, str]] = field(default_factory=list)
    count: int = 0
    is_whole: bool = True


@dataclass(slots=True)
class _Room:
    chars: int = MAX_CHARS
    visits: int = MAX_VISITED


def read_sheets(source: Source, parts: Parts, shown: str) -> tuple[str, tuple[str, ...], int]:
    """(Markdown, notes, number of sheets)."""
    sheets = _sheets(parts)
    if parts.size("xl/sharedStrings.xml") > MAX_STRINGS:
        raise CannotSend(
            f"“{shown}” is too large to read.", "Its texts take too much memory.", "Send a part of it."
        )
    blocks, notes = [], [f"Hidden sheets are sent too: {len(hidden)}."] if (hidden := _hidden(sheets)) else []
    room = _Room()
    with opened(source) as file, opened(source) as again:
        values = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        formulas = None
        for sheet in sheets:
            heading = f"## Sheet: {' '.join(sheet.name.split())}{_HIDDEN.get(sheet.state, '')}"
            if sheet.kind != "worksheet" or sheet.name not in values.sheetnames:
                blocks.append(f"{heading}\n\n(a chart)")
                continue
            if formulas is None and parts.has(sheet.part, _FORMULA):
                formulas = openpyxl.load_workbook(again, read_only=True, keep_links=False)
            cells = _read(_rows(values[sheet.name], formulas and formulas[sheet.name]), room)
            text, said = _written(cells, shown_name(sheet.name))
            blocks.append("\n\n".join([heading, text or "(empty)", *_comments(parts, sheet.part)]))
            notes += said
        values.close()
    return "\n\n".join(blocks), tuple(notes), len(sheets)


def _hidden(sheets: Sequence[_Sheet]) -> list[_Sheet]:
    return [sheet for sheet in sheets if sheet.state in _HIDDEN]


def _sheets(parts: Parts) -> list[_Sheet]:
    main = next(iter(parts.related("", "officeDocument")), "xl/workbook.xml")
    root = parts.xml(main)
    if root is None:
        raise ValueError(main)
    relations = parts.relations(main)
    found = []
    for row in within(root, "sheet"):
        target = relations.get(relation_id(row), Relation("", "", ""))
        found.append(_Sheet(attribute(row, "name"), attribute(row, "state"), target.kind, target.target))
    return found


def _rows(values: Any, formulas: Any) -> Iterator[Sequence[object]]:
    """Values; where none is stored, the formula."""
    values.reset_dimensions()  # a sheet may declare a million empty columns
    if not formulas:
        yield from values.iter_rows(values_only=True)
        return
    formulas.reset_dimensions()
    for row, written in zip(
        values.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=False
    ):
        yield [_formula(f) if v is None else v for v, f in zip(row, written, strict=False)]


def _formula(cell: object) -> object:
    text = getattr(cell, "text", cell)  # an array formula is an object
    return text if isinstance(text, str) and text.startswith("=") else None


def _read(rows: Iterator[Sequence[object]], room: _Room) -> _Cells:
    cells = _Cells()
    for row in rows:
        room.visits -= len(row) + 1
        if room.visits < 0:
            cells.is_whole = False
            break
        held = {at: str(value) for at, value in enumerate(row) if value is not None and value != ""}
        if not held:
            continue
        cells.count += 1
        if len(cells.rows) < MAX_ROWS and room.chars > 0:
            room.chars -= sum(map(len, held.values()))
            cells.rows.append(held)
    return cells


def _written(cells: _Cells, name: str) -> tuple[str, list[str]]:
    """A table of the columns that hold something, and what is left out."""
    used = sorted({at for row in cells.rows for at in row})
    kept = used[: max(1, MAX_CELLS // max(1, len(cells.rows)))]
    notes = []
    if cells.count > len(cells.rows) or not cells.is_whole:
        of = f"{cells.count:,}" if cells.is_whole else f"more than {cells.count:,}"
        notes.append(f"Sheet “{name}”: {len(cells.rows):,} of {of} rows are sent.")
    if len(kept) < len(used):
        beyond = set(used[len(kept) :])
        lost = sum(at in beyond for row in cells.rows for at in row)
        notes.append(f"Sheet “{name}”: {lost:,} cells in {len(beyond):,} columns at its right are left out.")
    return table([[row.get(at) for at in kept] for row in cells.rows]), notes


def _comments(parts: Parts, name: str) -> list[str]:
    found = []
    for target in parts.related(name, "comments"):
        for comment in outermost(parts.xml(target), ("comment",)):
            text = " ".join("".join(t.text or "" for t in within(comment, "t")).split())
            found.append(f"Comment on {attribute(comment, 'ref')}: {text}")
    return found
