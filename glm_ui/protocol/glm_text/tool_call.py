"""One tool call as GLM writes it between its tags, or as JSON. No hold-back, no events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from glm_ui.protocol.json_text import write_json

CALL: Final = "<tool_call>"
CALL_END: Final = "</tool_call>"
ARG_KEY: Final = "<arg_key>"

ARG_END: Final = "</arg_value>"

# Bounded, because it is looked at again with each piece until it is certain that this is a call.
_CALL_NAME = re.compile(r"\s{0,128}([\w.:/\-]{0,128})\s{0,128}")
_ARG_MIDDLE = re.compile(r"</arg_key>\s*<arg_value>")


def can_be_call(text: str, at: int) -> bool:
    """Whether the text from `at` may be, or may become, the inside of a tool call: a JSON object, or a name
    and then an argument or the end."""
    name = _CALL_NAME.match(text, at)
    after = name.end() if name else at
    if after == len(text):
        return True
    if name and not name[1]:
        return text[after] == "{"
    rest = text[after : after + len(CALL_END)]
    return rest.startswith((ARG_KEY, CALL_END)) or ARG_KEY.startswith(rest) or CALL_END.startswith(rest)


def read_call(inside: str) -> tuple[str, str] | None:
    """Name and arguments (JSON text) of what stands between the tool call tags, or None if it is no call.

    GLM writes strings bare and everything else as JSON, and only the tool's schema could tell the string "5"
    from the number; here what reads as JSON is taken as JSON.
    """
    inside = inside.strip()
    if inside.startswith("{"):
        call = _json(inside)
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            return None
        arguments = call.get("arguments", call.get("parameters", {}))
        return call["name"], arguments if isinstance(arguments, str) else write_json(arguments)
    name = inside.partition(ARG_KEY)[0].strip()
    if not name:
        return None
    values = {key.strip(): _json(value, value) for key, value in _arguments(inside)}
    return name, write_json(values)


def _arguments(inside: str) -> Iterator[tuple[str, str]]:
    """Each key and value; the last value may lack its end."""
    at = 0
    while (key := inside.find(ARG_KEY, at)) >= 0 and (middle := _ARG_MIDDLE.search(inside, key)):
        end = inside.find(ARG_END, middle.end())
        at = len(inside) if end < 0 else end
        yield inside[key + len(ARG_KEY) : middle.start()], inside[middle.end() : at]


def _json(text: str, otherwise: Any = None) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return otherwise
