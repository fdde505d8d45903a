"""Documents as text with their structure: headings, lists, tables as Markdown. PDF is in `pdf`.

Archives and markup that strangers wrote are opened here, so it is called through `worker.run`. No network:
nothing that a document points to is ever fetched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.archive import TooMuch, bomb, check_archive, open_archive
from glm_ui.media.charsets import Decoded, decode
from glm_ui.media.kinds import Format, Source, opened, shown_name, size_of
from glm_ui.media.text import csv_table, fenced, table
from glm_ui.tokens import estimate

MAX_BYTES = 50 << 20
MAX_CHARS = 1_000_000
"""Characters of a document that are sent."""
MAX_MARKUP = 4_000_000
"""Characters of a page or table that are read; much of them is markup."""
MAX_ROWS = 5_000
"""Rows of a table that are sent."""


@dataclass(frozen=True, slots=True)
class Extract:
    """`text` is Markdown; `unit` and `count` say what the document has (3 sheets, 12 slides), 0 when it has
    none."""

    text: str
    notes: tuple[str, ...] = ()
    unit: str = ""
    count: int = 0
    encoding: str = ""
    tokens: int = 0


def read_text(source: Source, format: Format, name: str) -> Extract:
    """The text of `source`, cut at MAX_CHARS with a note. BadInput when damaged, CannotSend when too
    large."""
    shown = shown_name(name)
    if size_of(source) > MAX_BYTES:
        raise CannotSend(
            f"“{shown}” is too large to read.",
            f"It has {size_of(source) >> 20} MB; at most {MAX_BYTES >> 20} are read.",
            "Send a part of it.",
        )
    try:
        extract = _READERS[format.key](source, format, shown)
    except (BadInput, CannotSend):
        raise
    except (MemoryError, TooMuch) as e:
        raise bomb(shown) from e
    except Exception as e:
        raise BadInput(
            f"“{shown}” is damaged.", f"It cannot be read as {format.label}.", "Choose a whole copy."
        ) from e
    if not extract.text.strip():
        raise BadInput(
            f"“{shown}” holds no text.", "", "Send it as pictures (save it as PDF first), or another file."
        )
    if len(extract.text) > MAX_CHARS + 200:  # what a fence around it takes
        note = f"Cut after {MAX_CHARS:,} of {len(extract.text):,} characters."
        extract = replace(extract, text=extract.text[:MAX_CHARS], notes=(*extract.notes, note))
    return replace(extract, tokens=estimate(extract.text))


def _check_archive(source: Source, shown: str) -> None:
    with open_archive(source) as archive:
        check_archive(archive, shown)


def _docx(source: Source, format: Format, shown: str) -> Extract:
    import docx
    from docx.table import Table

    _check_archive(source, shown)
    with opened(source) as file:
        document = docx.Document(file)
        blocks: list[str] = []
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                blocks.append(table([[c.text for c in row.cells] for row in block.rows]))
            elif block.text.strip():
                blocks.append(_paragraph(block))
    return Extract("\n\n".join(b for b in blocks if b))


def _paragraph(paragraph: Any) -> str:
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    text = str(paragraph.text).strip()
    if style == "Title":
        return "# " + text
    if style.startswith("Heading "):
        level = style.removeprefix("Heading ").strip()
        return "#" * min(6, int(level) if level.isdigit() else 2) + " " + text
    if style.startswith("List Number"):
        return "1. " + text
    return "- " + text if style.startswith("List") else text


def _pptx(source: Source, format: Format, shown: str) -> Extract:
    import pptx

    _check_archive(source, shown)
    with opened(source) as file:
        deck = pptx.Presentation(file)
        slides = [_slide(number, slide) for number, slide in enumerate(deck.slides, 1)]
    return Extract("\n\n".join(slides), unit="slides", count=len(slides))


def _slide(number: int, slide: Any) -> str:
    title = slide.shapes.title
    heading = title.text_frame.text.strip() if title is not None and title.has_text_frame else ""
    blocks = [f"## Slide {number}" + (f": {' '.join(heading.split())}" if heading else "")]
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if getattr(shape, "has_table", False):
            blocks.append(table([[c.text for c in row.cells] for row in shape.table.rows]))
        elif getattr(shape, "has_text_frame", False) and shape.text_frame.text.strip():
            lines = [
                "  " * p.level + "- " + p.text.strip() for p in shape.text_frame.paragraphs if p.text.strip()
            ]
            blocks.append("\n".join(lines))
    if (
        slide.has_notes_slide
        and (notes := slide.notes_slide.notes_text_frame) is not None
        and notes.text.strip()
    ):
        blocks.append("Notes: " + notes.text.strip())
    return "\n\n".join(b for b in blocks if b)


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < 20:  # a group
            yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _xlsx(source: Source, format: Format, shown: str) -> Extract:
    import openpyxl  # type: ignore[import-untyped]

    _check_archive(source, shown)
    blocks, notes, left = [], [], MAX_ROWS
    with opened(source) as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            rows, cut = _rows(sheet, left)
            left -= len(rows)
            blocks.append(f"## Sheet: {' '.join(sheet.title.split())}\n\n" + (table(rows) or "(empty)"))
            if cut:
                notes.append(f"Sheet “{shown_name(sheet.title)}” is cut after {len(rows)} rows.")
        count = len(book.worksheets)
        book.close()
    return Extract("\n\n".join(blocks), tuple(notes), "sheets", count)


def _rows(sheet: Any, most: int) -> tuple[list[tuple[object, ...]], bool]:
    """Rows that hold something, and whether more were there. A sheet may declare a million empty ones."""
    rows: list[tuple[object, ...]] = []
    for seen, row in enumerate(sheet.iter_rows(values_only=True)):
        if seen > 200_000:
            return rows, True
        if any(v is not None for v in row):
            if len(rows) >= most:
                return rows, True
            rows.append(row)
    return rows, False


def _html(source: Source, format: Format, shown: str) -> Extract:
    from glm_ui.media.html import to_markdown

    read = _decoded(source, MAX_MARKUP)
    return Extract(to_markdown(read.text), _notes(read, MAX_MARKUP), encoding=read.encoding)


def _csv(source: Source, format: Format, shown: str) -> Extract:
    read = _decoded(source, MAX_MARKUP)
    first = read.text.split("\n", 1)[0]
    markdown, rows = csv_table(read.text, "\t" in first and "," not in first, MAX_ROWS)
    notes = _notes(read, MAX_MARKUP)
    if rows > MAX_ROWS:
        notes = (*notes, f"Cut after {MAX_ROWS:,} of {rows:,} rows.")
    return Extract(markdown, notes, "rows", rows, read.encoding)


def _json(source: Source, format: Format, shown: str) -> Extract:
    read = _decoded(source)
    notes = _notes(read)
    if read.length <= MAX_CHARS and (flaw := _flaw(read.text)):
        notes = (*notes, flaw)
    return Extract(fenced(read.text, "json"), notes, encoding=read.encoding)


def _flaw(text: str) -> str:
    """What keeps a text from being JSON, or lines of JSON; "" for nothing."""
    try:
        json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        return "" if len(lines) > 1 and all(map(_is_json, lines[:50])) else "It is not valid JSON."
    except RecursionError:
        return "It is nested too deeply to be checked."
    return ""


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _plain(source: Source, format: Format, shown: str) -> Extract:
    read = _decoded(source)
    lines = read.text.count("\n") + 1
    return Extract(read.text.strip("\n"), _notes(read), "lines", lines, read.encoding)


def _code(source: Source, format: Format, shown: str) -> Extract:
    read = _decoded(source)
    lines = read.text.count("\n") + 1
    return Extract(fenced(read.text, format.fence), _notes(read), "lines", lines, read.encoding)


def _decoded(source: Source, most: int = MAX_CHARS) -> Decoded:
    return decode(source if isinstance(source, bytes) else source.read_bytes(), most)


def _notes(read: Decoded, most: int = MAX_CHARS) -> tuple[str, ...]:
    """What a person should know of how a text was read."""
    notes = [] if read.encoding == "UTF-8" else [f"Read as {read.encoding}."]
    if read.damaged:
        notes.append(f"Characters that could not be read and are shown as �: {read.damaged:,}.")
    if read.length > most:
        notes.append(f"Cut after {most:,} of {read.length:,} characters.")
    return tuple(notes)


Reader = Callable[[Source, Format, str], Extract]
_READERS: Mapping[str, Reader] = {
    "docx": _docx,
    "pptx": _pptx,
    "xlsx": _xlsx,
    "html": _html,
    "csv": _csv,
    "json": _json,
    "text": _plain,
    "markdown": _plain,
    "code": _code,
}
