"""Tools of the responses protocol as functions, which are all that GLM knows: a free-text tool takes one string, and a
tool in a namespace has its name before its own. `Tools.declared` has the way back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from glm_ui.gateway.fields import Object, mapping, needed_text, objects, text
from glm_ui.messages import ToolDefinition

INPUT: Final = "input"
FREE_TEXT: Final = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The whole input of the tool."}},
    "required": [INPUT],
}


@dataclass(frozen=True, slots=True)
class Declared:
    """How the client knows a tool."""

    name: str
    namespace: str = ""
    free_text: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """`definitions` for the model; `declared` has the client's side of each by the definition's name."""

    definitions: tuple[ToolDefinition, ...]
    declared: dict[str, Declared]

    def declared_as(self, name: str) -> Declared:
        return self.declared.get(name, Declared(name))


def read_tools(body: Object) -> Tools:
    """Tools of other types are those that OpenAI runs on its own servers; they are dropped. Raises BadInput."""
    found = list(_tools(objects(body, "tools"), "", "tools"))
    return Tools(tuple(tool for tool, _ in found), {tool.name: declared for tool, declared in found})


def flat_name(name: str, namespace: str) -> str:
    return f"{namespace}__{name}" if namespace else name


def _tools(said: Sequence[Object], space: str, at: str) -> Iterator[tuple[ToolDefinition, Declared]]:
    for i, tool in enumerate(said):
        where = f"{at}[{i}]."
        kind = text(tool, "type", where) or "function"
        if kind == "namespace":
            yield from _tools(
                objects(tool, "tools", where), needed_text(tool, "name", where), where + "tools"
            )
        elif kind in ("function", "custom"):
            name = needed_text(tool, "name", where)
            about = text(tool, "description", where) or ""
            free = kind == "custom"
            schema = FREE_TEXT if free else mapping(tool, "parameters", where) or {}
            if free:
                about += _grammar(mapping(tool, "format", where) or {})
            yield ToolDefinition(flat_name(name, space), about, schema), Declared(name, space, free)


def _grammar(form: Object) -> str:
    definition = form.get("definition")
    if not isinstance(definition, str):
        return ""
    return f"\n\nThe input must fit this {form.get('syntax', '')} grammar:\n{definition}"


def packed(free_text: str) -> str:
    """The arguments of a call of a free-text tool."""
    return orjson.dumps({INPUT: free_text}).decode()


def unpacked(arguments: str) -> str:
    """The free text in the arguments; themselves where the model wrote it without the object."""
    try:
        found = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments
    given = found.get(INPUT) if isinstance(found, dict) else None
    return given if isinstance(given, str) else arguments
