"""The tools of one turn, frozen for it: names on the wire to tools by a table, never by taking a name apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from glm_ui.messages import ToolDefinition
from glm_ui.tools.tool import BUILT_IN, Tool

LONGEST_NAME: Final = 64
"""Characters of a function's name that every provider takes: letters, digits, _ and -."""
MOST_TOOLS: Final = 128
"""Of one request, by Z.ai's documentation."""


class Toolbox:
    """Iterating gives the tools in a stable order, which keeps prompt caches warm."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in sorted(tools, key=lambda tool: tool.id)[:MOST_TOOLS]:
            self._tools[_wire_name(tool, self._tools)] = tool

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def find(self, wire_name: str) -> Tool | None:
        return self._tools.get(wire_name)

    def definitions(self) -> tuple[ToolDefinition, ...]:
        return tuple(tool.definition(name) for name, tool in self._tools.items())


def _wire_name(tool: Tool, taken: Mapping[str, Tool]) -> str:
    whole = tool.name if tool.server == BUILT_IN else f"{tool.server}__{tool.name}"
    name = re.sub(r"[^A-Za-z0-9_-]", "_", whole)
    if name == whole and len(name) <= LONGEST_NAME and name not in taken:
        return name
    mark = hashlib.sha256(tool.id.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9]}_{mark}"
