"""An HTML page as Markdown: headings, lists, tables, code; scripts, styles and what is hidden left out.
Nothing that the page points to is fetched, nothing in it runs. libxml2 reads it as a stream, so no tree is kept."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from glm_ui.media.formats.text import fenced, table

DEEPEST = 500
"""Elements that may be open at once. libxml2 looks through all of them for each end tag without a start, so a page that
nests deeper is read on as if it began anew."""
_PIECE = 4096

_LEFT_OUT = frozenset(
    ("script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "math", "select")
)
_BLOCK = frozenset(
    ("address", "article", "aside", "blockquote", "caption", "dd", "div", "dl", "dt", "fieldset", "figcaption",
     "figure", "footer", "form", "header", "hr", "main", "nav", "p", "section", "body", "html", "details", "summary")
)  # fmt: skip
_HEADINGS: Mapping[str, int] = {f"h{level}": level for level in range(1, 7)}


def to_markdown(page: str) -> str:
    """Linear in the length of the page, however it is nested."""
    writer = _Writer()
    parser = _parser(writer)
    for piece in _pieces(page):
        parser.feed(piece.encode("utf-8", "replace"))
        if len(writer.open) > DEEPEST:
            parser = _parser(writer)
            writer.begin_anew()
    with contextlib.suppress(etree.XMLSyntaxError):  # a text without any element
        parser.close()
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in writer.text().split("\n"))).strip()
    title = " ".join("".join(writer.title).split())
    return f"# {title}\n\n{text}" if title and title not in text[:500] else text


def _parser(writer: _Writer) -> Any:
    return etree.HTMLParser(target=writer, huge_tree=True, no_network=True, encoding="utf-8")


def _pieces(page: str) -> Iterator[str]:
    """Cut before a tag, so that the parser may be changed between any two."""
    start = 0
    while start < len(page):
        end = page.find("<", start + _PIECE)
        end = len(page) if end < 0 else end
        yield page[start:end]
        start = end


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[list[str]]] = []
        self.is_layout = False
        """Whether a table stands in it: then its cells go as text, one after the other."""

    @property
    def cell(self) -> list[str] | None:
        return self.rows[-1][-1] if not self.is_layout and self.rows and self.rows[-1] else None

    def written(self) -> list[list[str]]:
        return [[" ".join("".join(cell).split()) for cell in row] for row in self.rows]


class _Writer:
    """Takes the parser's events and writes Markdown."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.title: list[str] = []
        self._out: list[str] = []
        self._tables: list[_Table] = []
        self._lists: list[str] = []
        self._pre: list[str] | None = None
        self._hidden = 0
        """How many elements are open from the outermost hidden one on."""

    def text(self) -> str:
        while self._tables:
            self._end_table()
        return "".join(self._out)

    def begin_anew(self) -> None:
        self.open.clear()
        self._lists.clear()
        self._hidden = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.open.append(tag)
        if self._hidden or tag in _LEFT_OUT or tag == "head" or "hidden" in attributes:
            self._hidden += 1
        elif tag in _HEADINGS:
            self._put(f"\n\n{'#' * _HEADINGS[tag]} ")
        elif tag in _STARTS:
            _STARTS[tag](self, attributes)
        elif tag in _BLOCK:
            self._put("\n\n")

    def end(self, tag: str) -> None:
        if self.open:
            self.open.pop()
        if self._hidden:
            self._hidden -= 1
        elif tag in _ENDS:
            _ENDS[tag](self)
        elif tag in _BLOCK or tag in _HEADINGS:
            self._put("\n\n")

    def data(self, text: str) -> None:
        if self._hidden:
            if self.open[-1:] == ["title"]:
                self.title.append(text)
        elif self._pre is not None:
            self._pre.append(text)
        else:
            flat = re.sub(r"\s+", " ", text)
            last = self._place()[-1:]
            self._put(flat.lstrip() if last and last[0].endswith((" ", "\n")) else flat)

    def comment(self, text: str) -> None:
        pass

    def pi(self, target: str, data: str | None = None) -> None:
        pass

    def close(self) -> None:
        pass

    def _place(self) -> list[str]:
        cell = self._tables[-1].cell if self._tables else None
        return self._out if cell is None else cell

    def _put(self, text: str) -> None:
        if text:
            self._place().append(text)

    def _start_list(self, attributes: Mapping[str, str]) -> None:
        self._put("" if self._lists else "\n\n")
        self._lists.append("- ")

    def _start_numbered(self, attributes: Mapping[str, str]) -> None:
        self._start_list(attributes)
        self._lists[-1] = "1. "

    def _start_item(self, attributes: Mapping[str, str]) -> None:
        depth = max(1, min(len(self._lists), 8))
        self._put("\n" + "  " * (depth - 1) + (self._lists[-1] if self._lists else "- "))

    def _end_list(self) -> None:
        if self._lists:
            self._lists.pop()
        self._put("\n" if self._lists else "\n\n")

    def _start_break(self, attributes: Mapping[str, str]) -> None:
        if self._pre is not None:
            self._pre.append("\n")
        else:
            self._put("\n")

    def _start_picture(self, attributes: Mapping[str, str]) -> None:
        if described := attributes.get("alt", "").strip():
            self._put(f"[{described}]")

    def _start_pre(self, attributes: Mapping[str, str]) -> None:
        self._pre = [] if self._pre is None else self._pre

    def _end_pre(self) -> None:
        if self._pre is not None:
            written = "".join(self._pre)
            self._pre = None
            self._put(f"\n\n{fenced(written, '')}\n\n" if written.strip() else "")

    def _start_table(self, attributes: Mapping[str, str]) -> None:
        if self._tables and not self._tables[-1].is_layout:
            outer = self._tables[-1]
            outer.is_layout = True
            self._out.extend(f"{cell}\n\n" for row in outer.written() for cell in row if cell)
            outer.rows.clear()
        self._tables.append(_Table())

    def _end_table(self) -> None:
        if self._tables:
            self._out.append(f"\n\n{table(self._tables.pop().written())}\n\n")

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        if self._tables and not self._tables[-1].is_layout:
            self._tables[-1].rows.append([])
        else:
            self._put("\n\n")

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        if self._tables and not self._tables[-1].is_layout:
            rows = self._tables[-1].rows
            if not rows:
                rows.append([])
            rows[-1].append([])
        else:
            self._put("\n\n")


_STARTS = {
    "ul": _Writer._start_list, "ol": _Writer._start_numbered, "li": _Writer._start_item,
    "br": _Writer._start_break, "img": _Writer._start_picture, "pre": _Writer._start_pre,
    "table": _Writer._start_table, "tr": _Writer._start_row, "td": _Writer._start_cell, "th": _Writer._start_cell,
}  # fmt: skip
_ENDS = {
    "ul": _Writer._end_list, "ol": _Writer._end_list, "pre": _Writer._end_pre, "table": _Writer._end_table,
}  # fmt: skip
