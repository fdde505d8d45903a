"""Text out of files: encodings told, Markdown written. No library that opens archives enters here."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence

from glm_ui.media.kinds import utf16_by_pattern

MAX_CELL = 2_000
MAX_COLUMNS = 100


def decoded(data: bytes) -> tuple[str, str]:
    """(text, name of the encoding): marks first, then UTF-8, UTF-16 by its NULs, GB 18030 when it reads as
    Chinese, else Windows-1252. Never fails; line ends become LF."""
    text, encoding = _decoded(data)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), encoding


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding
    if b"\0" in data[:4096] and (encoding := utf16_by_pattern(data[:4096])):
        return data.decode(encoding, "replace"), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as e:
        if e.end >= len(data) - 3 and len(data) - e.start < 4 and e.start > 16:
            return data[: e.start].decode("utf-8"), "utf-8"  # only the last character is cut
    if _reads_as_chinese(data):
        return data.decode("gb18030"), "gb18030"
    return data.decode("cp1252", "replace"), "cp1252"


def _reads_as_chinese(data: bytes) -> bool:
    """Strictly valid, and nearly all of it in the old GB 2312 set: "naïve" in Latin-1 is valid GB 18030
    too."""
    try:
        beyond = [
            c
            for c in data[: 1 << 20].decode("gb18030", "strict" if len(data) <= 1 << 20 else "ignore")
            if c > "\x7f"
        ]
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    common = sum(1 for c in beyond if _in_gb2312(c))
    return bool(beyond) and common >= 0.8 * len(beyond)


def _in_gb2312(char: str) -> bool:
    try:
        return len(char.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def cell(value: object) -> str:
    """One cell of a Markdown table: one line, bars escaped."""
    flat = " ".join(str("" if value is None else value).split())
    return (flat if len(flat) <= MAX_CELL else flat[: MAX_CELL - 1] + "…").replace("|", "\\|")


def table(rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first row is its head, short rows are filled up, empty columns at the end left
    out."""
    cells = [[cell(v) for v in row[:MAX_COLUMNS]] for row in rows]
    width = max((max((i + 1 for i, v in enumerate(row) if v), default=0) for row in cells), default=0)
    if not width:
        return ""
    lines = ["| " + " | ".join((row + [""] * width)[:width]) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def csv_table(text: str, tabs: bool, max_rows: int) -> tuple[str, int]:
    """(Markdown table, rows in all). The delimiter is sniffed among , ; tab and |."""
    sample = text[:8192]
    delimiter = (
        "\t"
        if tabs
        else max(
            ",;\t|", key=lambda d: min((line.count(d) for line in sample.splitlines()[:5] if line), default=0)
        )
    )
    old = csv.field_size_limit(1 << 20)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    except csv.Error:
        rows = [line.split(delimiter) for line in text.splitlines()]
    finally:
        csv.field_size_limit(old)
    return table(rows[:max_rows]), len(rows)


def fenced(text: str, language: str) -> str:
    """A code fence that its content cannot close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
