"""The incremental reader of GLM's inline markup: one answer's text in, events out. What is markup is told in
`glm_text` itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from glm_ui.events import AnswerDelta, ThinkingDelta, ToolCallDelta
from glm_ui.protocol.continuation import Seam
from glm_ui.protocol.glm_text.code_context import CodeContext
from glm_ui.protocol.glm_text.tags import (
    ANSWER_STOP,
    ANSWER_TAGS,
    BOX_BEGIN,
    BOX_END,
    CLOSERS,
    DETAILS_END,
    DETAILS_TAGS,
    OPENERS,
    PARTIAL,
    SUMMARY,
    SUMMARY_END,
    SUMMARY_TAGS,
    THINKING_STOP,
    details_at,
    tag_at,
)
from glm_ui.protocol.glm_text.tool_call import ARG_KEY, CALL, CALL_END, can_be_call, read_call

TextEvent = AnswerDelta | ThinkingDelta | ToolCallDelta

LINE_OR_TAG: Final = re.compile(r"[\n<]")


class GlmText:
    """One answer's text, behind the unfinished answer `partial` if it continues one. `continues_by_prompt`: a prompt
    asked for it, so that it is a message of its own, which may repeat the end of `partial`. The caller sets
    `thinking_seen` when thinking has come in a field of its own; `next_call` is the index that the next inline tool
    call gets. `idle`: nothing is held back and the answer has begun, so that text without "<" may skip `feed` and only
    be noted."""

    __slots__ = (
        "_answer_seen",
        "_box_open",
        "_call_parts",
        "_call_tail",
        "_code",
        "_continues_by_prompt",
        "_held",
        "_kind",
        "_last_call",
        "_line_start",
        "_literal",
        "_out",
        "_partial",
        "_pieces",
        "_seam",
        "_step",
        "idle",
        "next_call",
        "note_more",
        "thinking_seen",
    )

    def __init__(self, partial: str = "", *, continues_by_prompt: bool = False) -> None:
        self.thinking_seen = False
        self.next_call = 0
        self._partial = partial
        self._continues_by_prompt = continues_by_prompt
        self._held = ""
        self._call_parts: list[str] = []
        self._call_tail = ""
        self.idle = True
        self._code = CodeContext()
        self._go_on()
        self._step: Callable[[str, int, bool], int] = self._answer
        self._out: list[TextEvent] = []
        self._kind: type[AnswerDelta | ThinkingDelta] = AnswerDelta
        self._pieces: list[str] = []
        """Of the event under way, which is of `_kind`."""
        self._last_call = 0
        """Where in the text at hand the last `<tool_call>` begins that is worth a try."""
        self._answer_seen = False
        self._box_open = False
        self._literal = 0
        self._line_start = True

    def feed(self, text: str) -> list[TextEvent]:
        if self.idle and "<" not in text:
            if text:
                self.note(text)
            return [AnswerDelta(text)] if text else []
        if self._call_tail:
            self._call_parts.append(text)
            tail = self._call_tail + text
            if CALL_END not in tail:
                self._call_tail = tail[-len(CALL_END) :]
                return []
            text = self._whole_call()
        return self._run(self._held + text, final=False)

    def note(self, text: str) -> None:
        """Answer text that was given out without `feed`; `note_more` does for it once the answer has begun."""
        self.note_more(text)
        if not self._answer_seen and not text.isspace():
            self._answer_seen = True

    def _go_on(self) -> None:
        """What follows is the answer's first word: it stands behind the unfinished one, if there is one."""
        self.note_more: Callable[[str], object] = self._code.note
        if self._partial:
            self._code.go_on(self._partial)
            self._seam = Seam(self._partial, continues_by_prompt=self._continues_by_prompt)
            self.note_more = self._note_past_the_seam
        else:
            self._code.clear()

    def _note_past_the_seam(self, text: str) -> None:
        self._code.note(self._seam.feed(text))
        if self._seam.decided:
            self.note_more = self._code.note

    def close(self) -> list[TextEvent]:
        """The text has ended: what was held back was no tag."""
        return self._run(self._held + self._whole_call(), final=True)

    def _whole_call(self) -> str:
        parts = "".join(self._call_parts)
        self._call_parts.clear()
        self._call_tail = ""
        return parts

    def _run(self, text: str, *, final: bool) -> list[TextEvent]:
        at = 0
        while at < len(text):
            after = self._step(text, at, final)
            if after < 0:
                break
            at = after
        self._held = text[at:]
        self._last_call = max(0, self._last_call - at)
        self.idle = not self._held and self._step == self._answer
        self._flush()
        out = self._out
        self._out = []
        return out

    # Each step reads on from `at` and gives where it stopped, or -1 to wait for more.

    def _answer(self, text: str, at: int, final: bool) -> int:
        stop = ANSWER_STOP.search(text, at)
        found = stop.start() if stop else len(text)
        if found != at:
            self._say(text[at:found])
            return found
        tag = tag_at(text, at, ANSWER_TAGS)
        in_code = not self._is_fresh and self._code.in_code
        if tag in ("", PARTIAL) and not in_code and self._starts_line:
            tag = details_at(text, at, final) or tag
        if not tag or (tag == PARTIAL and final) or (in_code and not self._ends_box(text, at, tag)):
            self._say("<")
            return at + 1
        if tag == PARTIAL:
            return -1
        return self._tag(tag, at)

    def _tag(self, tag: str, at: int) -> int:
        after = at + len(tag)
        if tag in (BOX_BEGIN, BOX_END):
            self._box_open = tag == BOX_BEGIN
        elif tag == CALL:
            self._step = self._call
            return at
        elif tag in CLOSERS:
            self._lone_closer(tag)
        elif tag in OPENERS and not self._starts_line:
            self._literal += 1
            self._say(tag)
        else:
            self._enter_thinking(self._thinking if tag in OPENERS else self._details)
        return after

    @property
    def _is_fresh(self) -> bool:
        """A message of its own that has not said a word yet."""
        return self._continues_by_prompt and not self._answer_seen

    @property
    def _starts_line(self) -> bool:
        return self._is_fresh or self._code.line_start

    def _ends_box(self, text: str, at: int, tag: str) -> bool:
        """A box that began before the code ends behind it: <|begin_of_box|>```html .. <|end_of_box|>."""
        return self._box_open and (tag == BOX_END or (tag == PARTIAL and BOX_END.startswith(text[at:])))

    def _lone_closer(self, tag: str) -> None:
        if self._literal:
            self._literal -= 1
            self._say(tag)
            return
        if not self.thinking_seen and self._answer_seen:
            self._emit(ThinkingDelta("", takes_answer=True))
        self.thinking_seen = True
        self._answer_seen = False
        self._go_on()

    def _enter_thinking(self, step: Callable[[str, int, bool], int]) -> None:
        self.thinking_seen = True
        self._code.clear()
        self._line_start = True
        self._step = step

    def _leave_thinking(self) -> None:
        if self._answer_seen:
            self._code.clear()
        else:
            self._go_on()
        self._step = self._answer

    def _thinking(self, text: str, at: int, final: bool) -> int:
        stop = THINKING_STOP.search(text, at)
        found = stop.start() if stop else len(text)
        if found != at:
            self._think(text[at:found])
            return found
        tag = tag_at(text, at, CLOSERS)
        if tag == PARTIAL and not final:
            return -1
        if tag in CLOSERS:
            after = at + len(tag)
            if not self._code.inline:
                self._leave_thinking()
                return after
            # It thinks about `</think>` itself, between backticks. One open backtick alone proves nothing.
            if after == len(text) and not final:
                return -1
            if text[after : after + 1] != "`":
                self._leave_thinking()
                return after
        self._think("<")
        return at + 1

    def _details(self, text: str, at: int, final: bool) -> int:
        if self._line_start and text[at] == ">":
            if at + 1 == len(text) and not final:
                return -1
            self._line_start = False
            return at + (2 if text[at + 1 : at + 2] == " " else 1)
        if text[at] == "<":
            tag = tag_at(text, at, DETAILS_TAGS)
            if tag == PARTIAL and not final:
                return -1
            if tag == DETAILS_END:
                self._leave_thinking()
                return at + len(tag)
            if tag == SUMMARY:
                self._step = self._summary
                return at + len(tag)
            self._line_start = False
            self._think("<")
            return at + 1
        stop = LINE_OR_TAG.search(text, at)
        self._line_start = stop is not None and stop[0] == "\n"
        after = len(text) if stop is None else stop.end() if self._line_start else stop.start()
        self._think(text[at:after])
        return after

    def _summary(self, text: str, at: int, final: bool) -> int:
        found = text.find("<", at)
        if found != at:
            return len(text) if found < 0 else found
        tag = tag_at(text, at, SUMMARY_TAGS)
        if tag == PARTIAL and not final:
            return -1
        if tag == DETAILS_END:
            self._leave_thinking()
        elif tag == SUMMARY_END:
            self._step = self._details
            self._line_start = False
        return at + (len(tag) if tag in SUMMARY_TAGS else 1)

    def _call(self, text: str, at: int, final: bool) -> int:
        self._step = self._answer
        inside = at + len(CALL)
        if at < self._last_call or not can_be_call(text, inside):
            self._say(CALL)
            return inside
        end = text.find(CALL_END, inside)
        if end < 0 and not final:
            self._step = self._call
            begun = text[inside:]
            if ARG_KEY in begun or begun.lstrip().startswith("{"):
                self._call_tail = text[-len(CALL_END) :]  # certain: only the end is still looked for
            return -1
        stop = end if end >= 0 else len(text)
        read = read_call(text[inside:stop])
        if read is None:  # of those that begin before this end, the last one alone may still be a call
            self._last_call = text.rfind(CALL, inside, stop) if CALL in text[inside:stop] else stop
            self._say(CALL)
            return inside
        self._emit(ToolCallDelta(self.next_call, f"call_{self.next_call}", *read))
        self.next_call += 1
        self._code.new_line()
        return end + len(CALL_END) if end >= 0 else len(text)

    # Adjacent pieces of one kind become one event.

    def _say(self, text: str) -> None:
        self.note(text)
        self._add(AnswerDelta, text)

    def _think(self, text: str) -> None:
        self._code.note(text)
        self._add(ThinkingDelta, text)

    def _add(self, kind: type[AnswerDelta | ThinkingDelta], text: str) -> None:
        if kind is not self._kind:
            self._flush()
            self._kind = kind
        self._pieces.append(text)

    def _emit(self, event: TextEvent) -> None:
        self._flush()
        self._out.append(event)

    def _flush(self) -> None:
        if self._pieces:
            self._out.append(self._kind("".join(self._pieces)))
            self._pieces.clear()
