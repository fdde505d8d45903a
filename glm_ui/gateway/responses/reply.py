"""Writes a reply in OpenAI's responses protocol, as a stream of events or as one object. Pure.

Thinking is an item with a summary, which is what clients show; its `encrypted_content` is what the provider needs back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from glm_ui.events import Done, Frame, StreamEvent
from glm_ui.gateway import signatures
from glm_ui.gateway.asked import Reply
from glm_ui.gateway.blocks import Began, Block, Blocks, Change, Grew
from glm_ui.gateway.problems import Problem
from glm_ui.gateway.responses.tools import Tools, unpacked
from glm_ui.gateway.usage import Count

INCOMPLETE: Final = {
    "length": "max_output_tokens",
    "context_full": "max_output_tokens",
    "filtered": "content_filter",
}
"""Finish reasons of a reply that is not whole -> the protocol's word."""
PREFIXES: Final = {"text": "msg_", "thinking": "rs_", "tool": "fc_"}
Event = tuple[str, dict[str, Any]]


class ResponseWriter:
    """A `Writer`. `summaries`: thinking is streamed as it comes, as the protocol does where it is asked for; else it
    stands in its item alone. `ends_complete`: Codex takes any other end than `response.completed` as a failure to be
    retried."""

    def __init__(
        self,
        reply: Reply,
        *,
        said: Mapping[str, Any],
        tools: Tools,
        summaries: bool = True,
        ends_complete: bool = False,
    ) -> None:
        """`said` is what the response repeats of the request."""
        self.count = Count()
        self._reply = reply
        self._said = said
        self._tools = tools
        self._summaries = summaries
        self._ends_complete = ends_complete
        one_call = said.get("parallel_tool_calls") is False
        self._blocks = Blocks(streamed=reply.streamed, taken=reply.taken, one_call=one_call)
        self._number = 0
        self._status = "in_progress"
        self._incomplete: str | None = None
        self._error: dict[str, Any] | None = None

    def start(self) -> bytes:
        response = self._response()
        return b"".join(
            self._frame(name, {"response": response}) for name in ("response.created", "response.in_progress")
        )

    def relay(self, came: Frame) -> bytes:
        return b""

    def ping(self) -> bytes:
        return b": waiting\n\n"

    def add(self, event: StreamEvent) -> bytes:
        self.count.see(event)
        return b"".join(map(self._written, self._blocks.add(event)))

    def end(self, done: Done, stop_word: str | None = None) -> bytes:
        frames = b"".join(map(self._written, self._blocks.close()))
        self._incomplete = INCOMPLETE.get(done.reason)
        self._status = "incomplete" if self._incomplete else "completed"
        name = "completed" if self._ends_complete else self._status
        return frames + self._frame(f"response.{name}", {"response": self._response()})

    def fail(self, problem: Problem) -> bytes:
        self._status = "failed"
        self._error = {"code": problem.kind.code or "server_error", "message": problem.message}
        return self._frame("response.failed", {"response": self._response()})

    def whole(self) -> dict[str, Any]:
        return self._response()

    def _frame(self, name: str, said: Mapping[str, Any]) -> bytes:
        event = orjson.dumps({"type": name, "sequence_number": self._number, **said})
        self._number += 1
        return b"event: %b\ndata: %b\n\n" % (name.encode(), event)

    def _written(self, change: Change) -> bytes:
        if not self._reply.streamed:
            return b""
        block = change.block
        if isinstance(change, Grew):
            events = self._grew(block, change.text)
        else:
            events = self._began(block) if isinstance(change, Began) else self._ended(block)
        return b"".join(self._frame(name, said) for name, said in events)

    def _began(self, block: Block) -> Iterator[Event]:
        yield "response.output_item.added", {"output_index": block.index, "item": self._item(block, False)}
        if block.kind == "text":
            yield "response.content_part.added", {**self._at(block), "part": _text_part("")}
        elif block.kind == "thinking" and self._summaries:
            yield (
                "response.reasoning_summary_part.added",
                {**self._at(block), "part": {"type": "summary_text", "text": ""}},
            )

    def _grew(self, block: Block, text: str) -> Iterator[Event]:
        at = self._at(block)
        if block.kind == "text":
            yield "response.output_text.delta", {**at, "delta": text, "logprobs": []}
        elif block.kind == "thinking":
            if self._summaries:
                yield "response.reasoning_summary_text.delta", {**at, "delta": text}
        elif not self._tools.declared_as(block.name).free_text:
            yield "response.function_call_arguments.delta", {**at, "delta": text}

    def _ended(self, block: Block) -> Iterator[Event]:
        at, item = self._at(block), self._item(block, True)
        if block.kind == "text":
            yield "response.output_text.done", {**at, "text": block.text, "logprobs": []}
            yield "response.content_part.done", {**at, "part": _text_part(block.text)}
        elif block.kind == "thinking":
            if self._summaries:
                yield "response.reasoning_summary_text.done", {**at, "text": block.text}
                part = {"type": "summary_text", "text": block.text}
                yield "response.reasoning_summary_part.done", {**at, "part": part}
        elif item["type"] == "custom_tool_call":
            yield "response.custom_tool_call_input.delta", {**at, "delta": item["input"]}
            yield "response.custom_tool_call_input.done", {**at, "input": item["input"]}
        else:
            said = {"name": item["name"], "arguments": item["arguments"]}
            yield "response.function_call_arguments.done", {**at, **said}
        yield "response.output_item.done", {"output_index": block.index, "item": item}

    def _at(self, block: Block) -> dict[str, Any]:
        """Where in the response a piece belongs."""
        place = {"text": {"content_index": 0}, "thinking": {"summary_index": 0}}.get(block.kind, {})
        return {"item_id": self._id(block), "output_index": block.index, **place}

    def _id(self, block: Block) -> str:
        free = block.kind == "tool" and self._tools.declared_as(block.name).free_text
        prefix = "ctc_" if free else PREFIXES[block.kind]
        return f"{prefix}{self._reply.id.removeprefix('req_')}{block.index:02d}"

    def _item(self, block: Block, ended: bool) -> dict[str, Any]:
        """The block as an item of the output; without its text before it has ended."""
        text = block.text if ended else ""
        status = "completed" if ended else "in_progress"
        shell: dict[str, Any] = {"id": self._id(block), "status": status}
        if block.kind == "text":
            content = [_text_part(text)] if ended else []
            return {**shell, "type": "message", "role": "assistant", "content": content}
        if block.kind == "thinking":
            summary = [{"type": "summary_text", "text": text}] if ended else []
            kept = {"encrypted_content": signatures.sealed(block.opaque)} if ended else {}
            return {**shell, "type": "reasoning", "summary": summary, **kept}
        declared = self._tools.declared_as(block.name)
        call = {**shell, "call_id": block.id, "name": declared.name}
        if declared.namespace:
            call["namespace"] = declared.namespace
        if declared.free_text:
            return {**call, "type": "custom_tool_call", "input": unpacked(text) if ended else ""}
        return {**call, "type": "function_call", "arguments": (text.strip() or "{}") if ended else ""}

    def _response(self) -> dict[str, Any]:
        over = self._status != "in_progress"
        reply = self._reply
        return {
            **DEFAULTS,
            **self._said,
            "id": f"resp_{reply.id.removeprefix('req_')}",
            "object": "response",
            "created_at": reply.created,
            "completed_at": int(time.time()) if self._status == "completed" else None,
            "status": self._status,
            "error": self._error,
            "incomplete_details": {"reason": self._incomplete} if self._incomplete else None,
            "model": reply.model,
            "output": [self._item(block, True) for block in self._blocks.all] if over else [],
            "usage": self._usage() if over else None,
        }

    def _usage(self) -> dict[str, Any]:
        count = self.count
        return {
            "input_tokens": count.input,
            "input_tokens_details": {"cached_tokens": count.cached},
            "output_tokens": (output := count.output),
            "output_tokens_details": {"reasoning_tokens": count.thinking},
            "total_tokens": count.input + output,
        }


DEFAULTS: Final[Mapping[str, Any]] = {
    "background": False,
    "frequency_penalty": 0.0,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": False,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
}
"""Members of a response that the request did not give."""


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
