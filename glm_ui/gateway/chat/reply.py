"""Writes a reply in OpenAI's chat completions protocol, as chunks or as one object. Pure.

Official clients join every string of the deltas, so that role, name and id stand in the first one alone; and they parse
a call's arguments when the next call begins, so that calls which come interleaved are sent one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import orjson

from glm_ui.events import (
    Alternative,
    AnswerDelta,
    Done,
    FinishReason,
    Frame,
    Logprobs,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
)
from glm_ui.gateway import signatures
from glm_ui.gateway.asked import Reply
from glm_ui.gateway.blocks import Block, call_id
from glm_ui.gateway.problems import Problem
from glm_ui.gateway.usage import Count

FINISHES: Final[Mapping[FinishReason, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "filtered": "content_filter",
    "context_full": "length",
    "paused": "stop",
    "other": "stop",
}
THINK_MODES: Final[Mapping[str, tuple[str, str]]] = {
    "separate": ("", ""),
    "think": ("<think>", "</think>\n"),
    "thinking": ("<thinking>", "</thinking>\n"),
    "raw": ('<details type="reasoning" open>\n', "\n</details>\n"),
    "details": ('<details type="reasoning" open>\n', "\n</details>\n"),
    "strip": ("", ""),
}
"""`X-Think-Tags-Mode` -> what stands around thinking in the answer; `separate` has it in `reasoning_content`."""
TAIL: Final = b"}]}\n\n"
DONE: Final = b"data: [DONE]\n\n"


class ChatWriter:
    """A `Writer`."""

    def __init__(
        self,
        reply: Reply,
        *,
        usage: bool = False,
        one_call: bool = False,
        mode: str = "separate",
        index: int = 0,
    ) -> None:
        """`usage`: a last chunk tells the counts. `index`: which of several answers this is."""
        self._reply = reply
        self._with_usage = usage
        self._index = index
        self._others: dict[int, ChatWriter] = {}
        self._another: Callable[..., ChatWriter] = partial(ChatWriter, reply, one_call=one_call, mode=mode)
        self._one_call = one_call
        self._tags = THINK_MODES[mode]
        self._separate = not self._tags[0]
        self._in_thinking = False
        self.count = Count()
        self._thinking: list[str] = []
        self._details: list[Any] = []
        self._answer: list[str] = []
        self._logprobs: list[Any] = []
        """Streamed: those of the piece that comes next."""
        self._calls: dict[int, Block] = {}
        """As they came; the `index` of one counts from 0 without gaps, and is -1 before it was sent."""
        self._open: Block | None = None
        """The call that was begun last."""
        self._sent = 0
        self._taken = set(reply.taken)
        self._finish: str | None = None
        self._head = _envelope(self._shell("chat.completion.chunk"), index)

    def start(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def ping(self) -> bytes:
        return b": waiting\n\n"

    def relay(self, came: Frame) -> bytes:
        return b""

    def add(self, event: StreamEvent) -> bytes:
        self.count.see(event)
        match event:
            case ThinkingDelta(text=text):
                if event.takes_answer and not self._reply.streamed:
                    self._thinking += self._answer
                    self._answer = []
                return (self._think(text) if text else b"") + self._keep(event.opaque)
            case AnswerDelta(text=text):
                return self._say(self._closed_thinking() + text)
            case ToolCallDelta():
                return self._call(event)
            case Logprobs(tokens=tokens):
                self._logprobs += tokens
                return b""
            case Alternative(index=index, event=other):
                return self._add_to(index, other)
            case _:
                return b""

    def _add_to(self, index: int, event: StreamEvent) -> bytes:
        """A piece of another answer."""
        opening = b""
        if index not in self._others:
            self._others[index] = self._another(index=index)
            opening = self._others[index].start()
        writer = self._others[index]
        return opening + (writer.finish(event) if isinstance(event, Done) else writer.add(event))

    def end(self, done: Done, stop_word: str | None = None) -> bytes:
        frames = self.finish(done)
        if self._with_usage:
            last = {**self._shell("chat.completion.chunk"), "choices": [], "usage": self._usage()}
            frames += b"data: " + orjson.dumps(last) + b"\n\n"
        return frames + DONE

    def finish(self, done: Done) -> bytes:
        """The last chunk of this answer."""
        frames = self._say(self._closed_thinking())
        for call in self._calls.values():
            if call.index < 0 and call.name:
                frames += self._begin(call)
        self._finish = FINISHES[done.reason]
        if self._sent and self._finish == "stop":
            self._finish = "tool_calls"
        elif not self._sent and self._finish == "tool_calls":
            self._finish = "stop"
        if self._reply.streamed:
            frames += self._chunk({}, self._finish, self._weights())
        return frames

    def fail(self, problem: Problem) -> bytes:
        return b"data: " + orjson.dumps(problem.body("openai", self._reply.id)) + b"\n\n"

    def whole(self) -> dict[str, Any]:
        writers = [self, *(self._others[index] for index in sorted(self._others))]
        choices = [writer.choice() for writer in writers]
        return {**self._shell("chat.completion"), "choices": choices, "usage": self._usage()}

    def choice(self) -> dict[str, Any]:
        """This answer, whole."""
        said = "".join(self._answer)
        calls = [call for call in self._calls.values() if call.index >= 0]
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if calls and not said else said,
            "refusal": None,
            "annotations": [],
        }
        if self._thinking and self._separate:
            message["reasoning_content"] = "".join(self._thinking)
        if self._details:
            message["reasoning_details"] = self._details
        if calls:
            message["tool_calls"] = [_whole(call) for call in calls]
        choice = {"index": self._index, "message": message, "finish_reason": self._finish}
        choice["logprobs"] = self._weights()
        return choice

    def _think(self, text: str) -> bytes:
        if self._separate:
            if not self._reply.streamed:
                self._thinking.append(text)
                return b""
            return self._chunk({"reasoning_content": text})
        opening = "" if self._in_thinking else self._tags[0]
        self._in_thinking = True
        return self._say(opening + text)

    def _keep(self, opaque: Mapping[str, Any] | None) -> bytes:
        """What the provider needs back with its thinking: clients send `reasoning_details` back as they came."""
        details = signatures.details_of(opaque) if opaque and self._separate else []
        if not details:
            return b""
        if not self._reply.streamed:
            self._details += details
            return b""
        return self._chunk({"reasoning_details": details})

    def _closed_thinking(self) -> str:
        was, self._in_thinking = self._in_thinking, False
        return self._tags[1] if was else ""

    def _say(self, text: str) -> bytes:
        if not text:
            return b""
        if not self._reply.streamed:
            self._answer.append(text)
            return b""
        return self._chunk({"content": text}, logprobs=self._weights())

    def _weights(self) -> dict[str, Any] | None:
        """The probabilities that were not sent yet, as `logprobs`."""
        tokens, self._logprobs = self._logprobs, []
        return {"content": tokens, "refusal": None} if tokens else None

    def _call(self, event: ToolCallDelta) -> bytes:
        call = self._calls.get(event.index)
        if call is None:
            if self._one_call and self._calls:
                return b""
            call = self._calls[event.index] = Block("tool", event.index)
        call.id, call.name = call.id or event.id, call.name or event.name
        if event.arguments:
            call.pieces.append(event.arguments)
        if call.index >= 0:
            return self._arguments(call, event.arguments)
        return self._begin_waiting()

    def _begin_waiting(self) -> bytes:
        """Begins the calls that wait, in order, as long as the one before is whole."""
        frames = b""
        for call in self._calls.values():
            if call.index < 0:
                if not call.name or (self._open is not None and not self._open.is_whole):
                    break
                frames += self._say(self._closed_thinking()) + self._begin(call)
        return frames

    def _begin(self, call: Block) -> bytes:
        self._open = call
        call.id = call_id(call.id, self._taken)
        call.index, self._sent = self._sent, self._sent + 1
        first = {
            "index": call.index,
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        return self._chunk({"tool_calls": [first]}) + self._arguments(call, call.text)

    def _arguments(self, call: Block, text: str) -> bytes:
        if not text or not self._reply.streamed:
            return b""
        return self._chunk({"tool_calls": [{"index": call.index, "function": {"arguments": text}}]})

    def _chunk(
        self, delta: Mapping[str, Any], finish: str | None = None, logprobs: dict[str, Any] | None = None
    ) -> bytes:
        if not self._reply.streamed:
            return b""
        reason = b"null" if finish is None else orjson.dumps(finish)
        weights = b"null" if logprobs is None else orjson.dumps(logprobs)
        return b"".join(
            (self._head, orjson.dumps(delta), b',"finish_reason":', reason, b',"logprobs":', weights, TAIL)
        )

    def _shell(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self._reply.id.removeprefix('req_')}",
            "object": kind,
            "created": self._reply.created,
            "model": self._reply.model,
        }

    def _usage(self) -> dict[str, Any]:
        """Input here includes what was read from a cache, and output the thinking."""
        count = self.count
        return {
            "prompt_tokens": count.input,
            "completion_tokens": (output := count.output),
            "total_tokens": count.input + output,
            "prompt_tokens_details": {"cached_tokens": count.cached},
            "completion_tokens_details": {"reasoning_tokens": count.thinking},
        }


def _envelope(shell: Mapping[str, Any], index: int) -> bytes:
    """The fields before the delta in every chunk."""
    return b"data: " + orjson.dumps(shell)[:-1] + b',"choices":[{"index":%d,"delta":' % index


def _whole(call: Block) -> dict[str, Any]:
    arguments = call.text.strip() or "{}"
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
