"""Passes a reply of chat completions on to a client of the same protocol. A frame whose words are what is to be said
keeps the bytes of its choices; another is written anew, with the members in it that nobody here reads. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson

from glm_ui.events import Done, Frame, StreamEvent
from glm_ui.gateway.asked import Reply
from glm_ui.gateway.chat.reply import DONE, ChatWriter
from glm_ui.gateway.envelope import Envelope
from glm_ui.gateway.problems import Problem
from glm_ui.gateway.usage import counts_in

TOLD_OTHERWISE: Final = (
    "reasoning",
    "reasoning_details",
    "thinking_blocks",
    "refusal",
    "function_call",
)
"""Members of a delta that clients get under another name, or at another time."""
CHUNK: Final = "chat.completion.chunk"
MOST: Final = 64
"""Members that are kept until the end of a reply; a server that sends ever new ones is not followed."""
Said = tuple[int, Mapping[str, Any], str | None, dict[str, Any] | None]
"""Number of the choice, its delta, finish reason and probabilities."""
NONE: Final[Mapping[Any, Any]] = {}


class ChatRelay(ChatWriter):
    """A `Writer` of a relayed reply. `add` gives nothing; `relay` and `end` give what was added."""

    def __init__(
        self,
        reply: Reply,
        *,
        usage: bool = False,
        one_call: bool = False,
        mode: str = "separate",
        index: int = 0,
        said: list[Said] | None = None,
    ) -> None:
        self._said: list[Said] = [] if said is None else said
        self._more: dict[str, Any] = {}
        """Members beside the choices, as they came last."""
        self._at_end: dict[int, dict[str, Any]] = {}
        """Members beside the finish reason of a choice."""
        self._counts: Mapping[str, Any] = {}
        super().__init__(reply, usage=usage, one_call=one_call, mode=mode, index=index)
        self._another = partial(ChatRelay, reply, one_call=one_call, mode=mode, said=self._said)
        self._envelope = Envelope(super()._shell(CHUNK))
        self._begun = b""

    def start(self) -> bytes:
        return super()._chunk({"role": "assistant", "content": ""})

    def add(self, event: StreamEvent) -> bytes:
        self._begun += super().add(event)
        return b""

    def relay(self, came: Frame) -> bytes:
        chunk, unread = came.content, came.unread
        if "choices" not in chunk:
            return self._anew({})
        self._look(chunk, unread)
        choices = chunk["choices"]
        if not self._said and not any(len(path) > 1 for path in unread):
            return b""
        if came.data and self._is_said(choices):
            kept = self._envelope.around(came.data, chunk, self._more)
            if kept is not None:
                begun, self._begun = self._begun, b""
                self._said.clear()
                return begun + kept
        return self._anew(unread)

    def end(self, done: Done, stop_word: str | None = None) -> bytes:
        self.finish(done)
        frames = self._anew({})
        if self._with_usage:
            last = {**self._shell(CHUNK), "choices": [], "usage": self._usage()}
            frames += b"data: " + orjson.dumps(last) + b"\n\n"
        return frames + DONE

    def fail(self, problem: Problem) -> bytes:
        return self._anew({}) + super().fail(problem)

    def _chunk(
        self, delta: Mapping[str, Any], finish: str | None = None, logprobs: dict[str, Any] | None = None
    ) -> bytes:
        self._said.append((self._index, delta, finish, logprobs))
        return b""

    def _shell(self, kind: str) -> dict[str, Any]:
        return {**super()._shell(kind), **self._more}

    def _usage(self) -> dict[str, Any]:
        return _merged(self._counts, super()._usage())

    def _look(self, chunk: Mapping[str, Any], unread: Mapping[tuple[str | int, ...], Any]) -> None:
        """What a later chunk of ours needs of this frame."""
        if unread or self._more:
            more = {str(path[0]): value for path, value in unread.items() if len(path) == 1}
            ends = not chunk["choices"] or any(c.get("finish_reason") for c in chunk["choices"])
            self._more = {**self._more, **more} if ends and len(self._more) < MOST else more
        usage = chunk.get("usage")
        if usage and isinstance(usage, Mapping):
            self._counts = counts_in(usage)

    def _is_said(self, choices: Sequence[Mapping[str, Any]]) -> bool:
        """Whether these choices, and no others, say what was added."""
        said = self._said
        if len(choices) == 1:
            if len(said) == 1 and not said[0][2] and not said[0][3] and _is_plain(choices[0], said[0]):
                return True  # nearly every chunk
            number = choices[0].get("index")
            return all(one[0] == number for one in said) and _says(choices[0], said)
        if {one[0] for one in said} - {choice.get("index") for choice in choices}:
            return False
        return all(_says(c, [one for one in said if one[0] == c.get("index")]) for c in choices)

    def _anew(self, unread: Mapping[tuple[str | int, ...], Any]) -> bytes:
        """What was added, in chunks of our own."""
        said, begun = list(self._said), self._begun
        self._said.clear()
        self._begun = b""
        for path, value in unread.items():
            if len(path) == 2 and len(self._at_end) < MOST:
                members = self._at_end.setdefault(int(path[0]), {})
                if len(members) < MOST:
                    members[str(path[1])] = value
        for number, more in _by_choice(unread).items():
            place = next((n for n, one in enumerate(said) if one[0] == number), None)
            if place is None or "tool_calls" in more:
                said.append((number, more, None, None))
            else:
                _, delta, finish, weights = said[place]
                said[place] = (number, {**more, **delta}, finish, weights)
        return begun + b"".join(map(self._written, said))

    def _written(self, one: Said) -> bytes:
        number, delta, finish, weights = one
        choice = {"index": number, "delta": delta, "finish_reason": finish, "logprobs": weights}
        choice |= self._at_end.pop(number, {})
        return b"data: " + orjson.dumps({**self._shell(CHUNK), "choices": [choice]}) + b"\n\n"


def _by_choice(unread: Mapping[tuple[str | int, ...], Any]) -> dict[int, dict[str, Any]]:
    """Number of a choice -> the members of its delta that nobody reads."""
    found: dict[int, dict[str, Any]] = {}
    for path, value in unread.items():
        if len(path) == 3:
            found.setdefault(int(path[0]), {})[str(path[2])] = value
        elif len(path) == 5:
            calls = found.setdefault(int(path[0]), {}).setdefault("tool_calls", [])
            calls.append({"index": path[3], str(path[4]): value})
    return found


def _is_plain(choice: Mapping[str, Any], said: Said) -> bool:
    """Whether the choice says this one text, and nothing else but a role."""
    number, own, _, _ = said
    delta = choice.get("delta")
    if type(delta) is not dict or len(delta) - ("role" in delta) != 1 or "message" in choice:
        return False
    if len(own) != 1:
        return False
    [(name, text)] = own.items()
    return (
        (name == "content" or name == "reasoning_content")
        and delta.get(name) == text
        and choice.get("index") == number
        and choice.get("finish_reason") is None
        and not choice.get("logprobs")
    )


def _says(choice: Mapping[str, Any], said: Sequence[Said]) -> bool:
    """Whether the choice says just this, in words that clients take."""
    delta = choice.get("delta")
    if choice.get("finish_reason") is not None or not isinstance(delta, dict) or "message" in choice:
        return False
    text = thinking = ""
    calls: list[Mapping[str, Any]] = []
    weights: Any = None
    for _, own, finish, own_weights in said:
        if finish is not None or "reasoning_details" in own:
            return False
        text += own.get("content", "")
        thinking += own.get("reasoning_content", "")
        calls += own.get("tool_calls", ())
        weights = weights or own_weights
    return (
        (delta.get("content") or "") == text
        and (delta.get("reasoning_content") or "") == thinking
        and not any(map(delta.get, TOLD_OTHERWISE))
        and (
            (not calls and not delta.get("tool_calls")) or _are_the_same(delta.get("tool_calls") or (), calls)
        )
        and _weights(choice.get("logprobs")) == _weights(weights)
    )


def _weights(said: Any) -> Any:
    """The probabilities; themselves in another form than the one of today."""
    if not said:
        return []
    if not isinstance(said, Mapping) or not said.keys() <= {"content", "refusal"} or said.get("refusal"):
        return said
    return said["content"] or []


def _are_the_same(given: Iterable[Mapping[str, Any]], calls: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these pieces of calls, joined as clients join them, are those that are to be said."""
    wanted: dict[Any, list[Any]] = {}
    for call in calls:
        function = call.get("function", NONE)
        before = wanted.setdefault(call["index"], [None, None, None, ""])
        for place, value in enumerate((call.get("id"), call.get("type"), function.get("name"))):
            before[place] = before[place] or value
        before[3] += function.get("arguments", "")
    found: dict[Any, list[Any]] = {}
    for call in given:
        if not isinstance(call, Mapping):
            return False
        function = call.get("function") or NONE
        if call.get("index") in found or type(call.get("index")) is not int:
            return False
        kind = call.get("type") if call.get("id") else None
        if not call.get("id") and call.get("type") not in (None, "function"):
            return False
        arguments = function.get("arguments")
        said = "" if arguments is None else arguments
        found[call["index"]] = [call.get("id"), kind, function.get("name"), said]
    return found == wanted


def _merged(given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Ours, and what else the server counts."""
    found = {**given, **own}
    for name, value in own.items():
        if isinstance(value, Mapping) and isinstance(given.get(name), Mapping):
            found[name] = {**given[name], **value}
    return found
