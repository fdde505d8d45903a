"""A workbook as Markdown tables: what cells show, the formula where no value is stored, comments, and what lies on the
sheets. Hidden sheets are sent and marked, hidden rows and columns sent and counted, and so is what does not fit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import accumulate
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from glm_ui.errors import CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.office_drawings import on_sheet
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
_HIDDEN_TAG = re.compile(
    rb"<(?:\w{1,20}:)?(?:row|col)\s[^<>]{0,800}?hidden=[\"'](?:1|true)[\"'][^<>]{0,100}>"
)
_NUMBER = {name: re.compile(rb"\s%b=[\"'](\d{1,7})[\"']" % name) for name in (b"r", b"min", b"max")}


@dataclass(slots=True)
class _Sheet:
    name: str
    state: str
    kind: str
    part: str


@dataclass(slots=True)
class _Cells:
    """Rows that hold something, as column number -> text; `numbers` are theirs on the sheet, from 1."""

    rows: list[dict[int, str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
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
            say("“{name}” is too large to read.", name=shown),
            "Its texts take too much memory.",
            "Send a part of it.",
        )
    blocks, notes = (
        [],
        [say("Hidden sheets are sent too: {count}.", count=len(hidden))]
        if (hidden := _hidden(sheets))
        else [],
    )
    room, pictures = _Room(), 0
    with opened(source) as file, opened(source) as again:
        values = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        formulas = None
        for sheet in sheets:
            heading = f"## Sheet: {' '.join(sheet.name.split())}{_HIDDEN.get(sheet.state, '')}"
            drawings = [on_sheet(parts.xml(name), parts.relations(name), parts)
                        for name in parts.related(sheet.part, "drawing")]  # fmt: skip
            lying = [block for found, _ in drawings for block in found]
            pictures += sum(silent for _, silent in drawings)
            if sheet.kind != "worksheet" or sheet.name not in values.sheetnames:
                blocks.append("\n\n".join([heading, "(a chart)", *lying]))
                continue
            if formulas is None and parts.has(sheet.part, _FORMULA):
                formulas = openpyxl.load_workbook(again, read_only=True, keep_links=False)
            cells = _read(_rows(values[sheet.name], formulas and formulas[sheet.name]), room)
            text, said = _written(cells, shown_name(sheet.name))
            blocks.append("\n\n".join([heading, text or "(empty)", *lying, *_comments(parts, sheet.part)]))
            notes += said + _hidden_cells(cells, parts.found(sheet.part, _HIDDEN_TAG), shown_name(sheet.name))
        values.close()
    if pictures:
        notes.append(say("Its pictures are left out: {pictures}.", pictures=pictures))
    return "\n\n".join(blocks), tuple(notes), len(sheets)


_ROWS = "Sheet “{name}”: {count:,} of {all:,} rows are sent."


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


def _rows(values: Any, formulas: Any) -> Iterator[Sequence[Any]]:
    """Cells with their values; where none is stored, the formula."""
    values.reset_dimensions()  # a sheet may declare a million empty columns
    if not formulas:
        yield from values.iter_rows()
        return
    formulas.reset_dimensions()
    for row, written in zip(values.iter_rows(), formulas.iter_rows(values_only=True), strict=False):
        yield [_Formula(_formula(f)) if c.value is None else c for c, f in zip(row, written, strict=False)]


@dataclass(slots=True)
class _Formula:
    value: object


def _shown(cell: Any) -> object:
    """A share with its sign, a day without a time of day; every digit that is stored."""
    value = cell.value
    if isinstance(value, float | int) and not isinstance(value, bool) and "%" in (cell.number_format or ""):
        return f"{value * 100:.12g}%"
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value


def _formula(cell: object) -> object:
    text = getattr(cell, "text", cell)  # an array formula is an object
    return text if isinstance(text, str) and text.startswith("=") else None


def _read(rows: Iterator[Sequence[Any]], room: _Room) -> _Cells:
    cells = _Cells()
    for number, row in enumerate(rows, 1):
        room.visits -= len(row) + 1
        if room.visits < 0:
            cells.is_whole = False
            break
        held = {at: cell for at, cell in enumerate(row) if cell.value is not None and cell.value != ""}
        if not held:
            continue
        cells.count += 1
        if len(cells.rows) < MAX_ROWS and room.chars > 0:
            shown = {at: str(_shown(cell)) for at, cell in held.items()}
            room.chars -= sum(map(len, shown.values()))
            cells.rows.append(shown)
            cells.numbers.append(number)
    return cells


def _written(cells: _Cells, name: str) -> tuple[str, list[str]]:
    """A table of the columns that hold something, and what is left out."""
    used = sorted({at for row in cells.rows for at in row})
    kept = used[: max(1, MAX_CELLS // max(1, len(cells.rows)))]
    notes = []
    if cells.count > len(cells.rows) or not cells.is_whole:
        sentence = (
            _ROWS if cells.is_whole else "Sheet “{name}”: {count:,} of more than {all:,} rows are sent."
        )
        notes.append(say(sentence, name=name, count=len(cells.rows), all=cells.count))
    if len(kept) < len(used):
        beyond = set(used[len(kept) :])
        lost = sum(at in beyond for row in cells.rows for at in row)
        notes.append(
            say(
                "Sheet “{name}”: {lost:,} cells in {count:,} columns at its right are left out.",
                name=name,
                lost=lost,
                count=len(beyond),
            )
        )
    return table([[row.get(at) for at in kept] for row in cells.rows]), notes


def _hidden_cells(cells: _Cells, tags: Iterator[bytes], name: str) -> list[str]:
    """How many of the rows and columns that are sent are hidden on the sheet."""
    numbers, used = set(cells.numbers), {at + 1 for row in cells.rows for at in row}
    rows: set[int] = set()
    begins = Counter[int]()  # less those that end
    for tag in tags:
        found = {key: int(match[1]) for key, pattern in _NUMBER.items() if (match := pattern.search(tag))}
        if found.get(b"r") in numbers:
            rows.add(found[b"r"])
        begins[found.get(b"min", 0)] += 1
        begins[found.get(b"max", -1) + 1] -= 1
    places = sorted({*begins, *used})
    depth = dict(zip(places, accumulate(begins[at] for at in places), strict=True))
    hidden = {
        "Sheet “{name}”: hidden rows are sent too: {count:,}.": len(rows),
        "Sheet “{name}”: hidden columns are sent too: {count:,}.": sum(depth[at] > 0 for at in used),
    }
    return [say(sentence, name=name, count=count) for sentence, count in hidden.items() if count]


def _comments(parts: Parts, name: str) -> list[str]:
    found = []
    for target in parts.related(name, "comments"):
        for comment in outermost(parts.xml(target), ("comment",)):
            text = " ".join("".join(t.text or "" for t in within(comment, "t")).split())
            found.append(f"Comment on {attribute(comment, 'ref')}: {text}")
    return found
