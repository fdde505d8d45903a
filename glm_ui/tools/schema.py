"""A tool's JSON Schema on its way to a model, and the model's arguments on their way to the tool. Both come
from outside. Pure and bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from glm_ui.tools.tool import ToolFailed

MOST_BYTES: Final = 64_000
MOST_DEPTH: Final = 24
MOST_NODES: Final = 4_000
LONGEST_REFERENCE: Final = 500
LONGEST_ARGUMENTS: Final = 1_000_000
EMPTY: Final[Mapping[str, Any]] = {"type": "object", "properties": {}}


class SchemaRefused(ValueError):
    """A schema that is not offered; the text says why."""


def inlined(schema: Any) -> dict[str, Any]:
    """The schema with its local `$ref`s put in place: GLM writes nested objects as strings where it must look them up.
    A reference that leads into itself, or elsewhere, becomes a schema that takes anything. Raises SchemaRefused."""
    if not isinstance(schema, dict):
        raise SchemaRefused("its schema is no object")
    if schema.get("type", "object") != "object":
        raise SchemaRefused("its schema is not that of an object")
    walk = _Inlining(schema)
    made = walk.of(schema, 0, ())
    made.pop("$defs", None)
    made.pop("definitions", None)
    try:
        size = len(orjson.dumps(made))
    except TypeError:  # an integer of any length, for one
        raise SchemaRefused("its schema is no JSON that others read") from None
    if size > MOST_BYTES:
        raise SchemaRefused("its schema is too long")
    return {**EMPTY, **made}


class _Inlining:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.nodes = 0

    def of(self, node: Any, depth: int, open_refs: tuple[str, ...]) -> Any:
        self.nodes += 1
        if depth > MOST_DEPTH or self.nodes > MOST_NODES:
            raise SchemaRefused("its schema is too deep or too large")
        if isinstance(node, list):
            return [self.of(each, depth + 1, open_refs) for each in node]
        if not isinstance(node, dict):
            return node
        ref = node.get("$ref")
        if isinstance(ref, str):
            found = None if ref in open_refs else self._find(ref)
            beside = {name: value for name, value in node.items() if name != "$ref"}
            if not isinstance(found, dict):
                return self.of(beside, depth + 1, open_refs)
            return self.of({**found, **beside}, depth + 1, (*open_refs, ref))
        return {str(name): self.of(value, depth + 1, open_refs) for name, value in node.items()}

    def _find(self, ref: str) -> Any:
        if not ref.startswith("#/") or len(ref) > LONGEST_REFERENCE:
            return None
        at: Any = self.root
        for step in ref[2:].split("/"):
            at = at.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(at, dict) else None
        return at


def arguments_of(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as an object that fits the schema's types as far as can be told. Raises ToolFailed: what cannot be
    read is never run with something else in its place."""
    if len(text) > LONGEST_ARGUMENTS:
        raise ToolFailed("The arguments of this call are too long.")
    try:
        value = orjson.loads(text) if text.strip() else {}
    except orjson.JSONDecodeError as wrong:
        raise ToolFailed(f"The arguments of this call are no JSON: {wrong}.") from None
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, dict):
        raise ToolFailed("The arguments of this call are no JSON object.")
    mended: dict[str, Any] = _mended(value, schema, 0)
    required = schema.get("required")
    named = required if isinstance(required, list | tuple) else ()
    missing = [name for name in named if isinstance(name, str) and name not in mended]
    if missing:
        raise ToolFailed(f"Arguments are missing: {', '.join(missing[:20])}.")
    return mended


def _mended(value: Any, schema: Any, depth: int) -> Any:
    """Strings become what the schema wants in their place, where they are that in JSON."""
    if not isinstance(schema, dict) or depth > MOST_DEPTH:
        return value
    if isinstance(value, str) and (wanted := _types(schema)) and "string" not in wanted:
        parsed = _parsed(value)
        value = parsed if _is_one_of(parsed, wanted) else value
    if isinstance(value, dict):
        inner = schema.get("properties")
        inner = inner if isinstance(inner, dict) else {}
        return {name: _mended(each, inner.get(name), depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_mended(each, schema.get("items"), depth + 1) for each in value]
    return value


def _types(schema: dict[str, Any]) -> set[str]:
    """The types that it takes; none where that is not known."""
    said = schema.get("type")
    if isinstance(said, str):
        return {said}
    if isinstance(said, list):
        return {each for each in said if isinstance(each, str)}
    either = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(either, list):
        found = [_types(each) if isinstance(each, dict) else set() for each in either]
        return set().union(*found) if all(found) else set()
    return set()


_PYTHON: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def _is_one_of(value: Any, wanted: set[str]) -> bool:
    for name in wanted:
        if isinstance(value, bool) and name != "boolean":
            continue
        if isinstance(value, _PYTHON.get(name, ())):
            return True
    return False


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
