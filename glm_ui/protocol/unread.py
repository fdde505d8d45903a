"""What of a frame no event tells: the members that the readers of both dialects do not look at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from glm_ui.events import Frame
from glm_ui.protocol.json_text import is_shallow

Path = tuple[str | int, ...]
CHUNK: Final = frozenset({"id", "object", "created", "model", "choices", "usage"})
CHOICE: Final = frozenset({"index", "delta", "message", "finish_reason", "logprobs", "error"})
DELTA: Final = frozenset(
    {
        "role",
        "content",
        "reasoning_content",
        "tool_calls",
        "refusal",
        "function_call",
        "reasoning",
        "reasoning_details",
        "thinking_blocks",
    }
)
CALL: Final = frozenset({"index", "id", "type", "function"})
DELTAS: Final[Mapping[str, frozenset[str]]] = {
    "text_delta": frozenset({"type", "text"}),
    "thinking_delta": frozenset({"type", "thinking"}),
    "input_json_delta": frozenset({"type", "partial_json"}),
    "signature_delta": frozenset({"type", "signature"}),
}
"""Type of an Anthropic delta -> the members that are read. Of another type, none is."""
PARTS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "message_start": (
        "message",
        frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"}),
    ),
    "content_block_start": (
        "content_block",
        frozenset({"type", "text", "thinking", "signature", "id", "name", "input", "data"}),
    ),
    "message_delta": ("delta", frozenset({"stop_reason", "stop_sequence", "type", "text"})),
}
"""Type of any other event -> the part of it that a client reads, and the members of that which are read."""


def frame_of(data: bytes, frame: Mapping[str, Any]) -> Frame:
    """Raises TypeError and the like where a member is not what its name says."""
    if "choices" in frame:
        return _shown(data, frame, _of_chunk(frame))
    if type(frame.get("index", 0)) is not int:
        raise TypeError
    return _shown(data, frame, _of_event(frame), frame["type"] == "content_block_stop")


def _shown(data: bytes, frame: Mapping[str, Any], unread: dict[Path, Any], ends: bool = False) -> Frame:
    """Without members that are nested so deeply that no key could be found in them."""
    if not unread:
        return Frame(data, frame, unread, ends)
    shallow = {path: value for path, value in unread.items() if is_shallow(value)}
    return Frame(data if len(shallow) == len(unread) else b"", frame, shallow, ends)


def _of_chunk(frame: Mapping[str, Any]) -> dict[Path, Any]:
    found: dict[Path, Any] = {}
    if not frame.keys() <= CHUNK:
        found |= {(name,): frame[name] for name in frame if name not in CHUNK}
    for choice in frame["choices"] or ():
        index = choice.get("index")
        if type(index) is not int:
            continue
        if not choice.keys() <= CHOICE:
            found |= {(index, name): choice[name] for name in choice if name not in CHOICE}
        delta = choice.get("delta") or {}
        if not delta.keys() <= DELTA:
            found |= {(index, "delta", name): delta[name] for name in delta if name not in DELTA}
        for call in delta.get("tool_calls") or ():
            if isinstance(call, dict) and not call.keys() <= CALL:
                place = (index, "delta", "tool_calls", call.get("index") or 0)
                found |= {(*place, name): call[name] for name in call if name not in CALL}
    return found


def _of_event(frame: Mapping[str, Any]) -> dict[Path, Any]:
    kind = frame["type"]
    if kind == "content_block_delta":
        delta = frame.get("delta") or {}
        known = DELTAS.get(str(delta.get("type")), frozenset({"type"}))
        if delta.keys() <= known:
            return {}
        return {(frame.get("index") or 0, "delta", name): delta[name] for name in delta if name not in known}
    if kind not in PARTS:
        return {}
    part, known = PARTS[kind]
    said = frame.get(part) or {}
    return {(part, name): said[name] for name in said if name not in known}
