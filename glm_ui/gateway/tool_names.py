"""Names of tools as GLM takes them: at most 64 of A-Z, a-z, 0-9, _ and -. Those of MCP servers are longer, and are
shortened on the way to the model, in the definitions and in the history alike, and restored on the way back. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from glm_ui.messages import ChatRequest, Message, Part, ToolCall

LONGEST: Final = 64
_TAKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def short(name: str) -> str:
    """The name, or for one that GLM does not take its beginning and a hash of it."""
    if _TAKEN.fullmatch(name):
        return name
    begin = re.sub(r"[^A-Za-z0-9_-]", "_", name[: LONGEST - 9])
    return f"{begin}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def shortened(request: ChatRequest) -> tuple[ChatRequest, Mapping[str, str]]:
    """The request with short names, and short name -> the client's, for those that differ."""
    long = {short(tool.name): tool.name for tool in request.tools if short(tool.name) != tool.name}
    calls = (p for message in request.messages for p in message.parts if isinstance(p, ToolCall) and p.name)
    if not long and all(_TAKEN.fullmatch(call.name) for call in calls):
        return request, {}
    return (
        replace(
            request,
            tools=tuple(replace(tool, name=short(tool.name)) for tool in request.tools),
            tool_choice=replace(
                request.tool_choice, name=request.tool_choice.name and short(request.tool_choice.name)
            ),
            messages=tuple(_shortened(message) for message in request.messages),
        ),
        long,
    )


def _shortened(message: Message) -> Message:
    return replace(message, parts=tuple(map(_with_short_name, message.parts)))


def _with_short_name(part: Part) -> Part:
    return replace(part, name=short(part.name)) if isinstance(part, ToolCall) and part.name else part
