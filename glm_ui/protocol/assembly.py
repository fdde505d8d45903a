"""Puts one reply together from frames; the frame readers of both dialects write into it.

It knows thinking, answer, tool calls, usage and the end; it does not know any frame's field names. Each piece costs
time in its own length alone.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from glm_ui.errors import plain_text
from glm_ui.events import (
    AnswerDelta,
    Citation,
    Done,
    Logprobs,
    Note,
    Source,
    Sources,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)
from glm_ui.protocol.finish import finish_reason
from glm_ui.protocol.glm_text import GlmText
from glm_ui.protocol.json_text import is_shallow
from glm_ui.protocol.reasoning_details import ReasoningDetails
from glm_ui.protocol.sources import MOST_CITATIONS, Found, places_of

LEAD = "lead"
"""Key of `ThinkingDelta.opaque`: the blank text that was taken off the front of a thinking block. Z.ai's
preserved thinking and Anthropic's signatures want the thinking back byte for byte."""

LOST = "A piece of this reply could not be read, so some of it is missing."
SEVERAL = "The provider sent several answers at once; this is the first of them."
UNSENDABLE = "What the provider sent along with its thinking is nested too deeply to be sent back."

NOTHING_COUNTED = Usage()


class Call:
    """One tool call under way."""

    __slots__ = (
        "_begun",
        "_depth",
        "_in_string",
        "_looked",
        "_rest",
        "id",
        "index",
        "inline",
        "name",
        "pieces",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.inline = False
        """Whether it stood in the text of the answer."""
        self.pieces: list[str] = []
        """Of the arguments, as JSON text."""
        self._looked = 0
        self._begun = False
        self._depth = 0
        self._in_string = False
        self._rest = ""

    @property
    def is_whole(self) -> bool:
        """Whether every bracket and string of the arguments has been closed. Looks at each piece once."""
        text = self._rest + "".join(self.pieces[self._looked :])
        self._looked = len(self.pieces)
        self._begun = self._begun or bool(text.strip())
        self._rest = ""
        for mark in _JSON_MARKS.findall(text):
            if mark == "\\":
                self._rest = mark
            elif mark == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += _DEEPER.get(mark, 0)
        return self._begun and not self._depth and not self._in_string


_JSON_MARKS = re.compile(r'(\\.?|["{}\[\]])', re.S)
_DEEPER = {"{": 1, "[": 1, "}": -1, "]": -1}


class Assembly:
    """Collects the events of a reply in `out`; the caller drains `out` after each `feed`. `markup`: the answer may hold
    GLM's inline markup. `partial`: the unfinished answer that this reply continues. `continues_by_prompt`: a prompt
    asked the model to go on, so the reply is a message of its own. `verbatim`: no text is changed, nor held for being
    blank."""

    __slots__ = (
        "_answer_blank",
        "_call_at",
        "_keep_lead",
        "_pinned",
        "_pins",
        "_received",
        "_text",
        "_thinking_begun",
        "_thinking_blank",
        "_told",
        "_verbatim",
        "calls",
        "choice",
        "details",
        "failure",
        "finish",
        "found",
        "model",
        "out",
        "started",
        "why",
    )

    def __init__(
        self,
        *,
        markup: bool,
        partial: str | None = None,
        continues_by_prompt: bool = False,
        verbatim: bool = False,
    ) -> None:
        self.out: list[StreamEvent] = []
        self.started = False
        self.model: str | None = None
        self.finish = ""
        self.failure: Any = None
        self.why = ""
        """The provider's explanation of its refusal."""
        """What the frame that ended the reply says went wrong."""
        self.calls: list[Call] = []
        self.choice: Any = None
        """Index of the one alternative that is read, where a server sends several."""
        self.details = ReasoningDetails()
        self.found = Found()
        self._call_at: dict[Hashable, Call] = {}
        self._text = GlmText(partial or "", continues_by_prompt=continues_by_prompt) if markup else None
        self._keep_lead = partial is not None
        self._verbatim = verbatim
        self._answer_blank: list[str] | None = None if verbatim else []
        self._thinking_blank: dict[int, list[str]] = {}
        self._thinking_begun: set[int] = set()
        self._told: set[str] = set()
        self._received = 0
        """Characters of the answer, as they came."""
        self._pins: list[tuple[Citation, int]] = []
        """Citations whose text has not come yet, with where that ends."""
        self._pinned: set[tuple[str, int]] = set()

    def start(self, model: Any, response_id: Any) -> None:
        """The first frame. Anything but a text is not known."""
        self.started = True
        self.model = model if isinstance(model, str) and model else None
        self.out.append(
            Started(self.model, response_id if isinstance(response_id, str) and response_id else None)
        )

    def think(self, text: str, block: int = 0) -> None:
        """Thinking that came in a field of its own."""
        if self._verbatim and self._text is not None:
            self._text.thinking_seen = True
        if block in self._thinking_begun or self._verbatim:
            self.out.append(ThinkingDelta(text, block))
            return
        if text.isspace():
            self._thinking_blank.setdefault(block, []).append(text)
            return
        text = "".join(self._thinking_blank.pop(block, ())) + text
        bare = text.lstrip()
        if self._text is not None:
            self._text.thinking_seen = True
        self._thinking_begun.add(block)
        cut = _blank_lines(text, bare)
        self.out.append(ThinkingDelta(text[cut:], block, {LEAD: text[:cut]} if cut else None))

    def keep(self, opaque: Mapping[str, Any], block: int = 0) -> None:
        """Provider data that belongs to thinking block `block`."""
        if not is_shallow(opaque):
            self.tell(UNSENDABLE)
            return
        blank = "".join(self._thinking_blank.get(block, ()))
        self.out.append(ThinkingDelta("", block, {LEAD: blank, **opaque} if blank else opaque))

    def answer(self, text: str) -> None:
        """Answer text as it came, markup and all."""
        self._received += len(text)
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

    @property
    def parts_texts(self) -> bool:
        """Whether texts that follow each other are parted by blank lines."""
        return not self._verbatim

    def weigh(self, tokens: list[Mapping[str, Any]]) -> None:
        """How likely the tokens of the answer's next piece were."""
        if tokens and all(map(is_shallow, tokens)):
            self.out.append(Logprobs(tuple(tokens)))

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
        self.out.append(ToolCallDelta(call.index, call.id, call.name, arguments, call.inline))

    def use(self, usage: Usage) -> None:
        if usage != NOTHING_COUNTED:
            self.out.append(usage)

    def cite(self, sources: Iterable[Source]) -> None:
        """What a search of the provider's found."""
        if items := tuple(sources):
            self.out.append(Sources(items))

    def cite_here(self, citations: Iterable[Citation]) -> None:
        """What the text that ends here rests on."""
        for citation in citations:
            self._pin(citation, self._received)
        self._say_pinned()

    def cite_at(self, annotations: Any) -> None:
        """What places of the answer rest on; some servers say it before the text has come, and again at the end."""
        for citation, end in places_of(annotations):
            self._pin(citation, end)
        self._say_pinned()

    def _pin(self, citation: Citation, end: int) -> None:
        if len(self._pinned) < MOST_CITATIONS and (citation.url, end) not in self._pinned:
            self._pinned.add((citation.url, end))
            self._pins.append((citation, end))

    def _say_pinned(self, *, last: bool = False) -> None:
        """While markup is held back, nobody knows what of the text is answer."""
        if not self._pins or not (last or self._text is None or self._text.idle):
            return
        for citation, end in self._pins:
            if end <= self._received:
                self.out.append(replace(citation, back=self._received - end))
        self._pins = [(citation, end) for citation, end in self._pins if end > self._received]

    def tell(self, note: str) -> None:
        """Says something of the reply, once."""
        if note not in self._told:
            self._told.add(note)
            self.out.append(Note(note))

    def flush(self) -> None:
        """No more text will come; called once."""
        if self._text is not None:
            self._take(self._text.close())
        self._say_pinned(last=True)
        if details := self.details.whole():
            self.keep({"reasoning_details": details})

    def end(self) -> None:
        reason = finish_reason(self.finish, called_tools=bool(self.calls))
        self.out.append(
            Done(reason, self.finish, self.model, plain_text(self.why) if reason == "filtered" else "")
        )

    def _take(self, events: list[Any]) -> None:
        for event in events:
            if type(event) is AnswerDelta:
                self._say(event.text)
            elif type(event) is ThinkingDelta:
                if event.takes_answer:
                    self._answer_blank = None if self._verbatim else []
                    self._thinking_begun.add(0)
                    self.out.append(ThinkingDelta("", takes_answer=True))
                if event.text:
                    self.think(event.text)
            else:
                self.add_to_call(self._inline_call(event), event.arguments)

    def _inline_call(self, event: ToolCallDelta) -> Call:
        call = self.open_call(("inline", event.index))
        call.id, call.name, call.inline = event.id, event.name, True
        return call

    def _say(self, text: str) -> None:
        """Leading blank lines are GLM's habit, not the answer; blank text before the thinking is no answer
        yet."""
        if self._answer_blank is not None:
            if text.isspace():
                self._answer_blank.append(text)
                return
            text = "".join(self._answer_blank) + text
            bare = text.lstrip()
            self._answer_blank = None
            if not self._keep_lead:
                text = text[_blank_lines(text, bare) :]
        self.out.append(AnswerDelta(text))


def count_of(value: Any) -> int | None:
    """A token count as a server sent it; anything but a whole number is not known."""
    return value if type(value) is int else None


def cost_of(value: Any) -> float | None:
    return value if type(value) in (int, float) else None


def _blank_lines(text: str, bare: str) -> int:
    """How much of the front of `text` is blank lines; the first line keeps its indentation."""
    return text.rfind("\n", 0, len(text) - len(bare)) + 1
