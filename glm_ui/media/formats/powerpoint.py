"""A presentation as Markdown: each slide's texts in its own order, tables, charts, diagrams, descriptions of pictures,
notes and comments. Hidden slides are sent and marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glm_ui.languages import listed, say
from glm_ui.media.formats.office_drawings import description, drawn, formula
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

_SHAPES = ("sp", "graphicFrame", "pic", "cxnSp")
_NOT_SAID = frozenset(("sldNum", "sldImg"))
"""Placeholders that hold no words of the author."""


@dataclass(slots=True)
class _Slide:
    parts: Parts
    relations: Mapping[str, Relation]
    title: str = ""
    pictures: int = 0
    blocks: list[str] = field(default_factory=list)


def read_slides(parts: Parts) -> tuple[str, tuple[str, ...], int]:
    """(Markdown, notes, number of slides). ValueError where no presentation is in it."""
    main = next(iter(parts.related("", "officeDocument")), "ppt/presentation.xml")
    root = parts.xml(main)
    if root is None:
        raise ValueError(main)
    relations = parts.relations(main)
    texts: list[str] = []
    hidden: list[int] = []
    pictures = 0
    order = dict.fromkeys(
        relations[id].target for row in within(root, "sldId") if (id := relation_id(row)) in relations
    )
    for name in order:
        slide = parts.xml(name)
        if slide is None:
            continue
        number = len(texts) + 1
        if slide.get("show") in ("0", "false"):
            hidden.append(number)
        read = _read(slide, parts, name)
        pictures += read.pictures
        mark = " (hidden)" if number in hidden[-1:] else ""
        heading = f"## Slide {number}{mark}" + (f": {read.title}" if read.title else "")
        texts.append("\n\n".join([heading, *read.blocks]))
    notes = []
    if hidden:
        notes.append(say("Hidden slides are sent too: {numbers}.", numbers=listed(hidden)))
    if pictures:
        notes.append(say("Its pictures are left out: {pictures}.", pictures=pictures))
    return "\n\n".join(texts), tuple(notes), len(texts)


def _read(root: Any, parts: Parts, name: str) -> _Slide:
    slide = _Slide(parts, parts.relations(name))
    for shape in outermost(root, _SHAPES):
        _WAYS.get(local(shape), _text_shape)(shape, slide)
    for notes in parts.related(name, "notesSlide"):
        for shape in outermost(parts.xml(notes), ("sp",)):
            if attribute(child(shape, "nvSpPr", "nvPr", "ph"), "type") == "body" and (
                said := "\n".join(_lines(shape))
            ):
                slide.blocks.append(f"Notes: {said}")
    for comments in parts.related(name, "comments"):
        for comment in outermost(parts.xml(comments), ("cm",)):
            if said := " ".join("".join(t.itertext()).strip() for t in _texts_of(comment)).strip():
                slide.blocks.append(f"Comment: {said}")
    return slide


def _texts_of(comment: Any) -> Iterator[Any]:
    """Older comments hold `text`, newer ones paragraphs of runs."""
    yield from within(comment, "text")
    yield from within(comment, "t")


def _text_shape(shape: Any, slide: _Slide) -> None:
    kind = attribute(child(shape, "nvSpPr", "nvPr", "ph"), "type")
    lines = list(_lines(shape))
    if kind in _NOT_SAID:
        return
    if kind in ("title", "ctrTitle") and not slide.title:
        slide.title = " ".join(" ".join(lines).split())
    elif lines:
        slide.blocks.append(
            "\n".join(lines if kind == "subTitle" and len(lines) == 1 else map(_bullet, lines))
        )
    if described := description(
        child(shape, "nvSpPr", "cNvPr") if child(shape, "nvSpPr") is not None else shape
    ):
        slide.blocks.append(f"[Picture: {described}]")


def _bullet(line: str) -> str:
    text = line.lstrip("\t")
    return "  " * (len(line) - len(text)) + "- " + text


def _lines(shape: Any) -> Iterator[str]:
    """Paragraphs that hold something; tabs at the start tell the level."""
    for paragraph in outermost(shape, ("p",)):
        text = " ".join(_paragraph(paragraph).split())
        level = attribute(child(paragraph, "pPr"), "lvl", "0")
        if text:
            yield "\t" * (min(int(level), 8) if level.isdigit() else 0) + text


def _paragraph(node: Any) -> str:
    name = local(node)
    if name == "t":
        return node.text or ""
    if name == "br":
        return " "
    if name == "oMath":
        return f"${formula(node)}$"
    choices = node[:1] if name == "AlternateContent" else node
    return "".join(_paragraph(c) for c in choices if not local(c).endswith("Pr"))


def _frame(frame: Any, slide: _Slide) -> None:
    for grid in outermost(frame, ("tbl",)):
        rows = [[_cell(c) for c in row if local(c) == "tc"] for row in grid if local(row) == "tr"]
        slide.blocks.append(table(rows))
    if text := drawn(frame, slide.relations, slide.parts):
        slide.blocks.append(text)


def _cell(cell: Any) -> str:
    """A merged cell is written once."""
    is_covered = cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true")
    return "" if is_covered else " ".join(line.strip() for line in _lines(cell))


def _picture(picture: Any, slide: _Slide) -> None:
    slide.pictures += 1
    if text := drawn(picture, slide.relations, slide.parts):
        slide.blocks.append(text)


_WAYS: Mapping[str, Callable[[Any, _Slide], None]] = {"graphicFrame": _frame, "pic": _picture}
