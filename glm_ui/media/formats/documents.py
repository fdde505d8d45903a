"""Documents as text with their structure: headings, lists, tables as Markdown. PDF is in `pdf`.

Archives and markup that strangers wrote are opened here, so it is called through `worker.run`. No network:
nothing that a document points to is ever fetched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from glm_ui.accounting.tokens import estimate
from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.archive import TooMuch, bomb
from glm_ui.media.formats.charsets import Decoded, decode
from glm_ui.media.formats.kinds import Format, Source, shown_name, size_of
from glm_ui.media.formats.office_parts import open_parts
from glm_ui.media.formats.text import csv_table, fenced

MAX_BYTES = 50 << 20
MAX_CHARS = 1_000_000
"""Characters of a document that are sent."""
MAX_MARKUP = 4_000_000
"""Characters of a page or table that are read; much of them is markup."""
MAX_ROWS = 5_000
"""Rows of a CSV table that are sent."""


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
            say("“{name}” is too large to read.", name=shown),
            say(
                "It has {megabytes} MB; at most {most} MB are read.",
                megabytes=size_of(source) >> 20,
                most=MAX_BYTES >> 20,
            ),
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
            say("“{name}” is damaged.", name=shown),
            say("It cannot be read as {label}.", label=say(format.label)),
            "Choose a whole copy.",
        ) from e
    if not extract.text.strip():
        raise BadInput(
            say("“{name}” holds no text.", name=shown),
            "",
            "Send it as pictures (save it as PDF first), or another file.",
        )
    if len(extract.text) > MAX_CHARS + 200:  # what a fence around it takes
        note = say(_CUT, most=MAX_CHARS, count=len(extract.text))
        extract = replace(extract, text=extract.text[:MAX_CHARS], notes=(*extract.notes, note))
    return replace(extract, tokens=estimate(extract.text))


_CUT = "Cut after {most:,} of {count:,} characters."


def _docx(source: Source, format: Format, shown: str) -> Extract:
    from glm_ui.media.formats.word import read_word

    with open_parts(source, shown) as parts:
        return Extract(*read_word(parts))


def _pptx(source: Source, format: Format, shown: str) -> Extract:
    from glm_ui.media.formats.powerpoint import read_slides

    with open_parts(source, shown) as parts:
        text, notes, count = read_slides(parts)
    return Extract(text, notes, "slides", count)


def _xlsx(source: Source, format: Format, shown: str) -> Extract:
    from glm_ui.media.formats.excel import read_sheets

    with open_parts(source, shown) as parts:
        text, notes, count = read_sheets(source, parts, shown)
    return Extract(text, notes, "sheets", count)


def _html(source: Source, format: Format, shown: str) -> Extract:
    from glm_ui.media.formats.html import to_markdown

    read = _decoded(source, MAX_MARKUP)
    return Extract(to_markdown(read.text), _notes(read, MAX_MARKUP), encoding=read.encoding)


def _csv(source: Source, format: Format, shown: str) -> Extract:
    read = _decoded(source, MAX_MARKUP)
    first = read.text.split("\n", 1)[0]
    markdown, rows = csv_table(read.text, "\t" in first and "," not in first, MAX_ROWS)
    notes = _notes(read, MAX_MARKUP)
    if rows > MAX_ROWS:
        notes = (*notes, say("Cut after {most:,} of {rows:,} rows.", most=MAX_ROWS, rows=rows))
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
    notes = [] if read.encoding == "UTF-8" else [say("Read as {encoding}.", encoding=read.encoding)]
    if read.damaged:
        notes.append(
            say("Characters that could not be read and are shown as �: {damaged:,}.", damaged=read.damaged)
        )
    if read.length > most:
        cut = _CUT if most == MAX_CHARS else "Read up to {most:,} of {count:,} characters."
        notes.append(say(cut, most=most, count=read.length))
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
