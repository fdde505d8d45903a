"""What Office files draw besides text: charts as tables, diagrams as lists, pictures by their description, formulas in
one line. All take parsed XML and give Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from glm_ui.media.formats.office_parts import Parts, Relation, attribute, child, local, outermost, within
from glm_ui.media.formats.text import table

_FILE_NAME = re.compile(r"[^\n]{0,80}\.(png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)", re.I)


def drawn(element: Any, relations: Mapping[str, Relation], parts: Parts) -> str:
    """The chart, diagram or description of pictures in a drawing; "" for none."""
    blocks = []
    for node in outermost(element, ("chart", "relIds", "docPr", "cNvPr"), apart=("txbxContent", "txBody")):
        name = local(node)
        if name == "chart" and (target := relations.get(attribute(node, "id"))) is not None:
            blocks.append(chart(parts.xml(target.target)))
        elif name == "relIds" and (target := relations.get(attribute(node, "dm"))) is not None:
            blocks.append(diagram(parts.xml(target.target)))
        elif name in ("docPr", "cNvPr") and (described := description(node)):
            blocks.append(f"[Picture: {described}]")
    return "\n\n".join(dict.fromkeys(block for block in blocks if block))


def on_sheet(root: Any, relations: Mapping[str, Relation], parts: Parts) -> tuple[list[str], int]:
    """What lies on a worksheet: (text boxes, charts, diagrams and descriptions; pictures without any)."""
    blocks, silent = [], 0
    for shape in outermost(root, ("sp", "graphicFrame", "pic", "cxnSp")):
        lines = ("".join(t.text or "" for t in within(p, "t")) for p in outermost(shape, ("p",)))
        text = " ".join(" ".join(lines).split())
        seen = drawn(shape, relations, parts)
        blocks += [f"Text box: {text}"] if text else []
        blocks += [seen] if seen else []
        silent += local(shape) == "pic" and not seen
    return blocks, silent


def description(node: Any) -> str:
    """What a person wrote of a picture or shape; a file's name says nothing."""
    text = " ".join((node.get("descr") or "").split())
    return "" if _FILE_NAME.fullmatch(text) else text


def chart(root: Any) -> str:
    """A chart as a table: a row for each category, a column for each series."""
    if root is None:
        return ""
    title = " ".join("".join(t.itertext()).strip() for t in within(child(root, "chart", "title"), "t"))
    columns, names = [], [""]
    categories: dict[int, str] = {}
    for series in within(root, "ser"):
        names.append(" ".join(_points(child(series, "tx")).values()))
        categories |= _points(child(series, "cat")) or _points(child(series, "xVal"))
        columns.append(_points(child(series, "val")) or _points(child(series, "yVal")))
    rows = [
        [categories.get(at, ""), *(column.get(at, "") for column in columns)]
        for at in sorted({*categories, *(at for column in columns for at in column)})
    ]
    labels = [t for axis in ("catAx", "valAx", "dateAx") for a in within(root, axis) for t in _axis_title(a)]
    said = " ".join(["Chart:", title or "(without a title)", *(f"({label})" for label in labels)])
    return said + ("\n\n" + table([names, *rows]) if rows else "")


def _axis_title(axis: Any) -> list[str]:
    text = "".join("".join(t.itertext()) for t in within(child(axis, "title"), "t")).strip()
    return [text] if text else []


def _points(element: Any) -> dict[int, str]:
    found = {}
    for at, point in enumerate(within(element, "pt")):
        index = point.get("idx", "")
        found[int(index) if index.isdigit() and len(index) < 9 else at] = child_text(point, "v")
    if not found and element is not None:
        found = {0: text} if (text := child_text(element, "v")) else {}
    return found


def child_text(element: Any, name: str) -> str:
    found = child(element, name)
    return "" if found is None else "".join(found.itertext()).strip()


def diagram(root: Any) -> str:
    """The texts of a SmartArt diagram, in the order of its data."""
    lines = []
    for point in within(root, "pt"):
        text = "".join("".join(t.itertext()) for t in within(point, "t")).strip()
        if text:
            lines.append(f"- {text}")
    return "\n".join(["Diagram:", *lines]) if lines else ""


def formula(element: Any) -> str:
    """A formula of Office's own kind in one line, as in x^(2)/(a+b)."""
    return _MATHS.get(local(element), _inside)(element)


def _inside(element: Any) -> str:
    if local(element) == "t":
        return element.text or ""
    return "".join(formula(c) for c in element if not local(c).endswith("Pr"))


def _of(element: Any, name: str) -> str:
    found = child(element, name)
    return "" if found is None else _inside(found)


def _fraction(e: Any) -> str:
    return f"({_of(e, 'num')})/({_of(e, 'den')})"


def _root(e: Any) -> str:
    degree = _of(e, "deg")
    return f"root[{degree}]({_of(e, 'e')})" if degree else f"√({_of(e, 'e')})"


def _large(e: Any) -> str:
    sign = attribute(child(e, "naryPr", "chr"), "val", "∫")
    below, above = _of(e, "sub"), _of(e, "sup")
    return sign + (f"_({below})" if below else "") + (f"^({above})" if above else "") + f" {_of(e, 'e')}"


def _brackets(e: Any) -> str:
    pair = child(e, "dPr")
    begin = attribute(child(pair, "begChr"), "val", "(")
    end = attribute(child(pair, "endChr"), "val", ")")
    return begin + ", ".join(_inside(c) for c in e if local(c) == "e") + end


def _matrix(e: Any) -> str:
    return "[" + "; ".join(", ".join(_inside(c) for c in row) for row in e if local(row) == "mr") + "]"


_MATHS: Mapping[str, Callable[[Any], str]] = {
    "f": _fraction,
    "rad": _root,
    "nary": _large,
    "d": _brackets,
    "m": _matrix,
    "sSup": lambda e: f"{_of(e, 'e')}^({_of(e, 'sup')})",
    "sSub": lambda e: f"{_of(e, 'e')}_({_of(e, 'sub')})",
    "sSubSup": lambda e: f"{_of(e, 'e')}_({_of(e, 'sub')})^({_of(e, 'sup')})",
}
