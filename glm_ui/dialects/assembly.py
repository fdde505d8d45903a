"""One reply as it is put together from frames: what both dialects' frame readers write into.

It knows thinking, answer, tool calls, usage and the end; it does not know any frame's field names.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import orjson

from glm_ui.dialects.finish import finish_reason
from glm_ui.events import AnswerDelta, Done, Started, StreamEvent, ThinkingDelta, ToolCallDelta, Usage
from glm_ui.glm_text import GlmText

LEAD = "lead"
"""Key of `ThinkingDelta.opaque`: the blank text that was taken off the front of a thinking block. Z.ai's
preserved thinking and Anthropic's signatures want the thinking back byte for byte."""


NOTHING_COUNTED = Usage()


class Call:
    """One tool call under way."""

    __slots__ = ("id", "index", "name", "pieces")

    def __init__(self, index: int) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.pieces: list[str] = []
        """Of the arguments, as JSON text."""

    @property
    def is_whole(self) -> bool:
        try:
            orjson.loads("".join(self.pieces))
        except orjson.JSONDecodeError:
            return False
        return True


class Assembly:
    """`out` gathers the events; whoever feeds takes them. `markup`: the answer may hold GLM's inline
    markup."""

    __slots__ = (
        "_answer_blank",
        "_call_at",
        "_keep_lead",
        "_text",
        "_thinking_begun",
        "_thinking_blank",
        "calls",
        "details",
        "finish",
        "model",
        "out",
        "started",
    )

    def __init__(self, *, markup: bool, keep_lead: bool) -> None:
        self.out: list[StreamEvent] = []
        self.started = False
        self.model: str | None = None
        self.finish = ""
        self.calls: list[Call] = []
        self.details: list[dict[str, Any]] = []
        self._call_at: dict[Hashable, Call] = {}
        self._text = GlmText() if markup else None
        self._keep_lead = keep_lead
        self._answer_blank: str | None = ""
        self._thinking_blank: dict[int, str] = {}
        self._thinking_begun: set[int] = set()

    def start(self, model: Any, response_id: Any) -> None:
        """The first frame. Anything but a text is not known."""
        self.started = True
        self.model = model if isinstance(model, str) and model else None
        self.out.append(
            Started(self.model, response_id if isinstance(response_id, str) and response_id else None)
        )

    def think(self, text: str, block: int = 0) -> None:
        """Thinking that came in a field of its own."""
        if block in self._thinking_begun:
            self.out.append(ThinkingDelta(text, block))
            return
        text = self._thinking_blank.pop(block, "") + text
        bare = text.lstrip()
        if not bare:
            self._thinking_blank[block] = text
            return
        if self._text is not None:
            self._text.thinking_seen = True
        self._thinking_begun.add(block)
        cut = _blank_lines(text, bare)
        self.out.append(ThinkingDelta(text[cut:], block, {LEAD: text[:cut]} if cut else None))

    def keep(self, opaque: Mapping[str, Any], block: int = 0) -> None:
        """Provider data that belongs to thinking block `block`."""
        blank = self._thinking_blank.get(block)
        self.out.append(ThinkingDelta("", block, {LEAD: blank, **opaque} if blank else opaque))

    def answer(self, text: str) -> None:
        """Answer text as it came, markup and all."""
        markup = self._text
        if markup is None:
            self._say(text)
        elif "<" in text or not markup.idle:
            self._take(markup.feed(text))
        elif self._answer_blank is None:
            markup.note_more(text)
            self.out.append(AnswerDelta(text))
        else:
            markup.note(text)
            self._say(text)

    def call(self, key: Hashable) -> Call | None:
        return self._call_at.get(key)

    def open_call(self, key: Hashable) -> Call:
        call = self._call_at[key] = Call(len(self.calls))
        self.calls.append(call)
        if self._text is not None:
            self._text.next_call = len(self.calls)
        return call

    def add_to_call(self, call: Call, arguments: str) -> None:
        if arguments:
            call.pieces.append(arguments)
        self.out.append(ToolCallDelta(call.index, call.id, call.name, arguments))

    def use(self, usage: Usage) -> None:
        if usage != NOTHING_COUNTED:
            self.out.append(usage)

    def flush(self) -> None:
        """No more text will come; called once."""
        if self._text is not None:
            self._take(self._text.close())
        if self.details:
            self.keep({"reasoning_details": self.details})

    def end(self) -> None:
        reason = finish_reason(self.finish, called_tools=bool(self.calls))
        self.out.append(Done(reason, self.finish, self.model))

    def _take(self, events: list[Any]) -> None:
        for event in events:
            if type(event) is AnswerDelta:
                self._say(event.text)
            elif type(event) is ThinkingDelta:
                if event.takes_answer:
                    self._answer_blank = ""
                    self._thinking_begun.add(0)
                    self.out.append(ThinkingDelta("", takes_answer=True))
                if event.text:
                    self.think(event.text)
            else:
                self.add_to_call(self._inline_call(event), event.arguments)

    def _inline_call(self, event: ToolCallDelta) -> Call:
        call = self.open_call(("inline", event.index))
        call.id, call.name = event.id, event.name
        return call

    def _say(self, text: str) -> None:
        """Leading blank lines are GLM's habit, not the answer; blank text before the thinking is no answer
        yet."""
        if self._answer_blank is not None:
            text = self._answer_blank + text
            bare = text.lstrip()
            if not bare:
                self._answer_blank = text
                return
            self._answer_blank = None
            if not self._keep_lead:
                text = text[_blank_lines(text, bare) :]
        self.out.append(AnswerDelta(text))


def count_of(value: Any) -> int | None:
    """A token count as a server sent it; anything but a whole number is not known."""
    return value if type(value) is int else None


def _blank_lines(text: str, bare: str) -> int:
    """How much of the front of `text` is blank lines; the first line keeps its indentation."""
    return text.rfind("\n", 0, len(text) - len(bare)) + 1
