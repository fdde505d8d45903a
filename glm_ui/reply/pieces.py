"""What a reply is made of while it grows: texts in pieces, thinking blocks, tool calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class Pieces:
    """A text that grows by pieces and is joined when it is read."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, text: str) -> None:
        if text:
            self._pieces.append(text)

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


@dataclass(slots=True)
class Block:
    text: Pieces = field(default_factory=Pieces)
    opaque: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    id: str = ""
    name: str = ""
    arguments: Pieces = field(default_factory=Pieces)


def says(text: str) -> bool:
    return bool(text) and not text.isspace()


def without_leading_blank_lines(text: str) -> str:
    """Without a pattern: one that repeats a group takes memory for each blank line."""
    said = len(text) - len(text.lstrip())
    line = max(text.rfind("\n", 0, said), text.rfind("\r", 0, said)) + 1
    return text[line:] if line or said < len(text) else ""
