"""JSON values as source code, files as a call that reads them. No wire words enter here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from glm_ui.inspection.snippets.request import Inlined


@dataclass(frozen=True, slots=True)
class Code:
    """An expression that is written unchanged."""

    text: str


def python(value: Any, indent: int = 0) -> str:
    match value:
        case Code(text):
            return text
        case Inlined(prefix, media):
            return (f"{prefix!r} + " if prefix else "") + f'base64_of("{media.name}")'
        case dict() if value:
            return _block("{", (f"{k!r}: {python(v, indent + 1)}" for k, v in value.items()), "}", indent, 4)
        case list() if value:
            return _block("[", (python(one, indent + 1) for one in value), "]", indent, 4)
    return repr(value)


def javascript(value: Any, indent: int = 0) -> str:
    match value:
        case Inlined(prefix, media):
            return (f"{json_text(prefix)} + " if prefix else "") + f'base64Of("{media.name}")'
        case dict() if value:
            items = (f"{json_text(k)}: {javascript(v, indent + 1)}" for k, v in value.items())
            return _block("{", items, "}", indent, 2)
        case list() if value:
            return _block("[", (javascript(one, indent + 1) for one in value), "]", indent, 2)
    return json_text(value)


def _block(start: str, items: Iterable[str], end: str, indent: int, step: int) -> str:
    inner = " " * step * (indent + 1)
    lines = "".join(f"{inner}{item},\n" for item in items)
    return f"{start}\n{lines}{' ' * step * indent}{end}"


def json_text(value: Any) -> str:
    return orjson.dumps(value).decode()
