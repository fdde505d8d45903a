"""An HTML page as Markdown: headings, lists, tables, code; scripts, styles and what is hidden left out.
Nothing that the page points to is fetched, nothing in it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import Comment, Doctype, NavigableString, ProcessingInstruction, Tag

from glm_ui.media.text import fenced, table

_LEFT_OUT = re.compile("script|style|noscript|template|svg|head|iframe|object|canvas|math|select").fullmatch
_BLOCK = re.compile(
    "address|article|aside|blockquote|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|header|hr|li|main|nav|ol|p"
    "|section|ul|tr|body|html|details|summary"
).fullmatch
_NOT_TEXT = (Comment, Doctype, ProcessingInstruction)


def to_markdown(page: str) -> str:
    soup = BeautifulSoup(page, "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    pieces = "".join(_pieces(soup))
    text = re.sub(r"[ \t]+\n", "\n", re.sub(r"\n{3,}", "\n\n", pieces)).strip()
    return f"# {title}\n\n{text}" if title and title not in text[:500] else text


def _pieces(soup: Tag) -> Iterator[str]:
    """Walks with its own stack: a page may nest deeper than Python's."""
    stack: list[Tag | NavigableString | str] = [soup]
    while stack:
        node = stack.pop()
        if isinstance(node, str) and not isinstance(node, NavigableString):
            yield node
        elif isinstance(node, NavigableString):
            if not isinstance(node, _NOT_TEXT):
                yield re.sub(r"\s+", " ", node)
        elif _LEFT_OUT(node.name) or node.has_attr("hidden"):
            continue
        elif node.name == "table" and node.find("table") is None:
            rows = [
                [c.get_text(" ", strip=True) for c in r.find_all(["td", "th"])] for r in node.find_all("tr")
            ]
            yield f"\n\n{table(rows)}\n\n"
        elif node.name == "pre":
            yield f"\n\n{fenced(node.get_text(), '')}\n\n"
        else:
            before, after = _around(node)
            stack.append(after)
            stack.extend(reversed([c for c in node.children if isinstance(c, (Tag, NavigableString))]))
            stack.append(before)


def _around(node: Tag) -> tuple[str, str]:
    name = node.name
    if re.fullmatch(r"h[1-6]", name):
        return f"\n\n{'#' * int(name[1])} ", "\n\n"
    if name == "li":
        return ("\n1. " if node.parent is not None and node.parent.name == "ol" else "\n- "), ""
    if name == "br":
        return "\n", ""
    if name == "img":
        return (f"[{node['alt']}]" if node.get("alt") else ""), ""
    return ("\n\n", "\n\n") if _BLOCK(name) else ("", "")
