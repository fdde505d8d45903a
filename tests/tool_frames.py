"""Replies that call tools, as frames of both dialects, and a tool that notes what it was asked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from glm_ui.tools.tool import Outcome, Running, Tool
from tests.upstream import anthropic_frames, openai_frames

Made = tuple[str, str, Any]
"""(id, name, arguments: a value, or a str of JSON as it is)"""


def text_of(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def openai_calls(calls: Sequence[Made], thinking: str = "", answer: str = "") -> list[dict[str, Any]]:
    frames = openai_frames(thinking, answer, finish=None)
    for index, (id, name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": text_of(arguments)}
        call = {"index": index, "id": id, "type": "function", "function": function}
        delta = {"role": "assistant", "tool_calls": [call]}
        frames.append({"id": "up-1", "model": "glm-4.6", "choices": [{"index": 0, "delta": delta}]})
    return [*frames, *openai_frames(finish="tool_calls")]


def anthropic_calls(calls: Sequence[Made], thinking: str = "", answer: str = "") -> list[dict[str, Any]]:
    frames = anthropic_frames(thinking, answer, finish=None)
    if thinking:
        signed = {"type": "signature_delta", "signature": "signed"}
        frames.insert(-1, {"type": "content_block_delta", "index": 0, "delta": signed})
    for index, (id, name, arguments) in enumerate(calls, 5):
        block = {"type": "tool_use", "id": id, "name": name, "input": {}}
        piece = {"type": "input_json_delta", "partial_json": text_of(arguments)}
        frames.append({"type": "content_block_start", "index": index, "content_block": block})
        frames.append({"type": "content_block_delta", "index": index, "delta": piece})
        frames.append({"type": "content_block_stop", "index": index})
    return [*frames, *anthropic_frames(finish="tool_use")[1:]]


def called(
    provider: str, calls: Sequence[Made], thinking: str = "", answer: str = ""
) -> list[dict[str, Any]]:
    return (anthropic_calls if provider.endswith("anthropic") else openai_calls)(calls, thinking, answer)


def results_in(body: dict[str, Any]) -> dict[str, Any]:
    """id -> content of every tool result of a request of either dialect."""
    found = {m["tool_call_id"]: m["content"] for m in body["messages"] if m["role"] == "tool"}
    for message in body["messages"]:
        if isinstance(message["content"], list):
            for block in message["content"]:
                if block["type"] == "tool_result":
                    found[block["tool_use_id"]] = block["content"]
    return found


def tool(
    name: str = "look",
    run: Callable[[dict[str, Any], Running], Awaitable[Outcome]] | None = None,
    *,
    server: str = "shelf",
    trusted: bool = True,
    writes: bool = False,
    **more: Any,
) -> Tool:
    """One that says "seen" unless `run` does something else."""

    async def seen(_: dict[str, Any], __: Running) -> Outcome:
        return Outcome("seen")

    fields: dict[str, Any] = {"open_world": False, "parameters": {"type": "object"}, **more}
    return Tool(
        server,
        name,
        "Looks.",
        fields.pop("parameters"),
        run or seen,
        writes=writes,
        trusted=trusted,
        **fields,
    )
