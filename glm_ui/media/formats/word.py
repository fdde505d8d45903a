"""A Word document as Markdown, as it reads with all changes accepted: body, tables, notes, comments, headers, footers.

What an element is not known for, its content is read all the same, so no text is lost to an unknown wrapper; only
`_SKIPPED` is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glm_ui.languages import say
from glm_ui.media.formats.charsets import decode
from glm_ui.media.formats.html import to_markdown
from glm_ui.media.formats.office_drawings import drawn, formula
from glm_ui.media.formats.office_parts import (
    Parts,
    Relation,
    attribute,
    child,
    local,
    outermost,
    relation_id,
    within,
)
from glm_ui.media.formats.text import table

_SKIPPED = frozenset(("del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rPr", "sectPr", "tblPr",
                      "tblGrid", "trPr", "tcPr", "sdtPr", "annotationRef", "footnoteRef", "endnoteRef"))  # fmt: skip
_DEEPEST = 100
"""Elements within elements whose structure is read; of what is deeper, the words alone."""
_MOST_OF_A_PAGE = 4_000_000
"""Characters of an embedded page."""
_SIGNS = {0xF0FE: "☑", 0xF0A8: "☐", 0xF06F: "☐", 0xF0FC: "✓", 0xF0FB: "✗", 0xF0E0: "→", 0xF0B7: "•"}
"""Characters of Wingdings and Symbol that texts have."""


@dataclass(slots=True)
class _Story:
    """One part being read. `aside` holds the blocks of drawings and text boxes until their paragraph ends."""

    parts: Parts
    relations: Mapping[str, Relation]
    headings: Mapping[str, int]
    lists: Mapping[tuple[str, str], bool]
    styled_lists: Mapping[str, tuple[str, str]]
    aside: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    depth: int = 0
    """Tables that are open."""
    nested: int = 0
    """Elements that are open."""

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def read_word(parts: Parts) -> tuple[str, tuple[str, ...]]:
    """(Markdown, notes). ValueError where no document is in it."""
    main = next(iter(parts.related("", "officeDocument")), "word/document.xml")
    root = parts.xml(main)
    body = child(root, "body")
    if body is None:
        raise ValueError(main)
    story = _story(parts, main)
    blocks = _blocks(body, story)
    for kind, label in (("header", "Header"), ("footer", "Footer")):
        texts = dict.fromkeys(" ".join(_part(parts, name, story)) for name in parts.related(main, kind))
        lines = [f"{label}: {text}" for text in texts if text.strip()]
        blocks = [*lines, *blocks] if kind == "header" else [*blocks, *lines]
    for kind, element, mark in (("footnotes", "footnote", "^"), ("endnotes", "endnote", "^e")):
        for name in parts.related(main, kind):
            blocks += _notes(parts, name, element, mark, story)
    for name in parts.related(main, "comments"):
        blocks += _comments(parts, name, story)
    return "\n\n".join(blocks), _said(story.counts)


def _said(counts: Mapping[str, int]) -> tuple[str, ...]:
    sentences = (
        ("del", "Tracked deletions are left out: {count}."),
        ("vanish", "Pieces of hidden text are sent too: {count}."),
        ("row", "Deleted rows of tables are left out: {count}."),
        ("picture", "Its pictures are left out: {count}."),
        ("altChunk", "Embedded documents are left out: {count}."),
    )
    return tuple(say(sentence, count=counts[key]) for key, sentence in sentences if counts.get(key))


def _story(parts: Parts, main: str) -> _Story:
    headings: dict[str, int] = {}
    styled: dict[str, tuple[str, str]] = {}
    for name in parts.related(main, "styles"):
        for style in within(parts.xml(name), "style"):
            id = attribute(style, "styleId")
            if level := _heading_level(style):
                headings[id] = level
            if (number := child(style, "pPr", "numPr")) is not None:
                styled[id] = _numbered(number)
            elif attribute(child(style, "name"), "val").lower().startswith("list bullet"):
                styled[id] = ("bullet", "0")
    lists: dict[tuple[str, str], bool] = {("bullet", "0"): True}
    for name in parts.related(main, "numbering"):
        lists |= _list_kinds(parts.xml(name))
    return _Story(parts, parts.relations(main), headings, lists, styled)


def _heading_level(style: Any) -> int:
    name = attribute(child(style, "name"), "val").lower()
    if name == "title":
        return 1
    outline = attribute(child(style, "pPr", "outlineLvl"), "val")
    level = name.removeprefix("heading ") if name.startswith("heading ") else ""
    if level.isdigit():
        return min(6, max(1, int(level)))
    return min(6, int(outline) + 1) if outline.isdigit() and int(outline) < 9 else 0


def _numbered(number: Any) -> tuple[str, str]:
    return attribute(child(number, "numId"), "val"), attribute(child(number, "ilvl"), "val", "0")


def _list_kinds(root: Any) -> dict[tuple[str, str], bool]:
    """(list, level) -> whether it has bullets."""
    abstract = {
        attribute(a, "abstractNumId"): {
            attribute(level, "ilvl"): attribute(child(level, "numFmt"), "val") == "bullet"
            for level in a
            if local(level) == "lvl"
        }
        for a in within(root, "abstractNum")
    }
    return {
        (attribute(num, "numId"), level): bullets
        for num in within(root, "num")
        for level, bullets in abstract.get(attribute(child(num, "abstractNumId"), "val"), {}).items()
    }


def _part(parts: Parts, name: str, story: _Story) -> list[str]:
    root = parts.xml(name)
    story.relations = parts.relations(name)
    return [] if root is None else _blocks(root, story)


def _notes(parts: Parts, name: str, element: str, mark: str, story: _Story) -> list[str]:
    story.relations = parts.relations(name)
    found = []
    for note in within(parts.xml(name), element):
        text = " ".join(_blocks(note, story))
        if text.strip() and attribute(note, "type") not in ("separator", "continuationSeparator"):
            found.append(f"[{mark}{attribute(note, 'id')}]: {text}")
    return found


def _comments(parts: Parts, name: str, story: _Story) -> list[str]:
    story.relations = parts.relations(name)
    found = []
    for comment in within(parts.xml(name), "comment"):
        text = " ".join(_blocks(comment, story))
        if text.strip():
            found.append(
                f"Comment {attribute(comment, 'id')} by {attribute(comment, 'author') or 'someone'}: {text}"
            )
    return found


def _blocks(element: Any, story: _Story) -> list[str]:
    """The paragraphs and tables of a body, cell, note or wrapper."""
    if story.nested > _DEEPEST:
        return [text] if (text := _words(element)) else []
    story.nested += 1
    found: list[str] = []
    for node in element:
        name = local(node)
        if name == "p":
            found += _paragraph(node, story)
        elif name == "tbl":
            found += [text] if (text := _table(node, story)) else []
        elif name == "AlternateContent":
            found += next((blocks for choice in node if (blocks := _blocks(choice, story))), [])
        elif name == "altChunk":
            found += _embedded(node, story)
        elif name in _SKIPPED:
            story.count(name)
        elif name in _INLINE:
            found += [text] if (text := _inline(node, story).strip()) else []
        else:
            found += _blocks(node, story)
    story.nested -= 1
    return found


def _words(element: Any) -> str:
    """The text of an element without its structure."""
    pieces = ((node.text or "") if local(node) == "t" else " " for node in element.iter("{*}t", "{*}p"))
    return " ".join("".join(pieces).split())


def _embedded(node: Any, story: _Story) -> list[str]:
    """A whole page or text that Word would take in when it opens the document."""
    target = story.relations.get(relation_id(node), Relation("", "", "")).target
    extension = target.rpartition(".")[2].lower()
    if extension not in ("html", "htm", "xhtml", "txt"):
        story.count("altChunk")
        return []
    text = decode(story.parts.data(target), _MOST_OF_A_PAGE).text
    text = text.strip() if extension == "txt" else to_markdown(text)
    return [text] if text else []


def _paragraph(node: Any, story: _Story) -> list[str]:
    properties = child(node, "pPr")
    style = attribute(child(properties, "pStyle"), "val")
    outer, story.aside = story.aside, []
    text = "".join(_inline(c, story) for c in node).strip()
    aside, story.aside = story.aside, outer
    if text:
        text = _prefix(properties, style, story) + text
    return [block for block in (text, *aside) if block]


def _prefix(properties: Any, style: str, story: _Story) -> str:
    if level := story.headings.get(style, 0):
        return "#" * level + " "
    number = child(properties, "numPr")
    list_id, depth = _numbered(number) if number is not None else story.styled_lists.get(style, ("", "0"))
    if list_id in ("", "0"):
        return ""
    indent = "  " * (min(int(depth), 8) if depth.isdigit() else 0)
    return indent + ("- " if story.lists.get((list_id, depth)) else "1. ")


def _inline(node: Any, story: _Story) -> str:
    name = local(node)
    if story.nested > _DEEPEST:
        return _words(node)
    if name in _INLINE:
        return _INLINE[name](node, story)
    if name in _SKIPPED:
        story.count("vanish" if child(node, "vanish") is not None else name)
        return ""
    if name in ("p", "tbl"):  # of a text box
        story.aside += _paragraph(node, story) if name == "p" else [_table(node, story)]
        return ""
    story.nested += 1
    text = "".join([_inline(c, story) for c in node])
    story.nested -= 1
    return text


def _form_field(node: Any, story: _Story) -> str:
    """What is ticked or chosen in a field of Word's older forms. What was typed stands in the text."""
    if (box := child(node, "checkBox")) is not None:
        state = next((s for name in ("checked", "default") if (s := child(box, name)) is not None), None)
        return "☑" if state is not None and attribute(state, "val", "1") in ("1", "true", "on") else "☐"
    if (options := child(node, "ddList")) is not None:
        entries = [attribute(entry, "val") for entry in within(options, "listEntry")]
        default = attribute(child(options, "default"), "val", "0")
        chosen = attribute(child(options, "result"), "val", default)
        at = int(chosen) if chosen.isdecimal() and len(chosen) < 9 else len(entries)
        return entries[at] if at < len(entries) else ""
    return ""


def _alternate(node: Any, story: _Story) -> str:
    """Word writes a drawing twice, for newer and older readers."""
    for choice in node:
        before = len(story.aside)
        text = "".join(_inline(c, story) for c in choice)
        if text or len(story.aside) > before:
            return text
    return ""


def _drawing(node: Any, story: _Story) -> str:
    boxes = list(outermost(node, ("txbxContent",)))
    for box in boxes:
        story.aside += _blocks(box, story)
    if text := drawn(node, story.relations, story.parts):
        story.aside.append(text)
    elif not boxes:
        story.count("picture")
    return ""


def _symbol(node: Any, story: _Story) -> str:
    code = attribute(node, "char")
    try:
        value = int(code, 16)
    except ValueError:
        return ""
    return _SIGNS.get(value, "▪" if 0xE000 <= value <= 0xF8FF else chr(value) if value < 0xD800 else "")


_INLINE: Mapping[str, Callable[[Any, _Story], str]] = {
    "t": lambda node, story: node.text or "",
    "tab": lambda node, story: "\t",
    "br": lambda node, story: "\n",
    "cr": lambda node, story: "\n",
    "noBreakHyphen": lambda node, story: "\u2011",
    "sym": _symbol,
    "ffData": _form_field,
    "oMath": lambda node, story: f"${formula(node)}$",
    "drawing": _drawing,
    "pict": _drawing,
    "object": _drawing,
    "AlternateContent": _alternate,
    "footnoteReference": lambda node, story: f"[^{attribute(node, 'id')}]",
    "endnoteReference": lambda node, story: f"[^e{attribute(node, 'id')}]",
    "commentReference": lambda node, story: f"[Comment {attribute(node, 'id')}]",
}


def _table(node: Any, story: _Story) -> str:
    """A merged cell is written once, in its first place; a table within a cell becomes text."""
    story.depth += 1
    rows = []
    for row in _through(node, "tr"):
        if child(row, "trPr", "del") is None:
            rows.append(_row(row, story))
        else:
            story.count("row")
    story.depth -= 1
    return "; ".join(", ".join(filter(None, row)) for row in rows) if story.depth else table(rows)


def _row(row: Any, story: _Story) -> list[str]:
    cells: list[str] = []
    for cell in _through(row, "tc"):
        properties = child(cell, "tcPr")
        text = " ".join(_blocks(cell, story))
        merged = child(properties, "vMerge")
        is_below = merged is not None and attribute(merged, "val") != "restart"
        span = attribute(child(properties, "gridSpan"), "val", "1")
        cells += ["" if is_below else text, *[""] * (min(int(span), 64) - 1 if span.isdigit() else 0)]
    return cells


def _through(node: Any, name: str) -> list[Any]:
    """The rows or cells of a table, through what wraps them, not into a table within."""
    found: list[Any] = []
    for inner in node:
        if local(inner) == name:
            found.append(inner)
        elif local(inner) not in _SKIPPED and local(inner) not in ("tbl", "tc", "p"):
            found += _through(inner, name)
    return found
