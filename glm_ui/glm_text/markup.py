"""The incremental reader of GLM's inline markup: one answer's text in, events out. What is markup is told in
`glm_text` itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from glm_ui.events import AnswerDelta, ThinkingDelta, ToolCallDelta
from glm_ui.glm_text.code_context import CodeContext
from glm_ui.glm_text.tool_call import ARG_KEY, CALL, CALL_END, can_be_call, read_call

TextEvent = AnswerDelta | ThinkingDelta | ToolCallDelta

OPENERS: Final = ("<think>", "<thinking>")
CLOSERS: Final = ("</think>", "</thinking>")
BOX_BEGIN: Final = "<|begin_of_box|>"
BOX_END: Final = "<|end_of_box|>"
DETAILS: Final = "<details"
DETAILS_END: Final = "</details>"
SUMMARY: Final = "<summary>"
SUMMARY_END: Final = "</summary>"

ANSWER_TAGS: Final = (*OPENERS, *CLOSERS, BOX_BEGIN, BOX_END, CALL)
DETAILS_TAGS: Final = (DETAILS_END, SUMMARY)
SUMMARY_TAGS: Final = (SUMMARY_END, DETAILS_END)

MAX_DETAILS_TAG: Final = 256
PARTIAL: Final = "partial"


class GlmText:
    """One answer's text. `thinking_seen` is set by the caller when thinking has come in a field of its own;
    `next_call` is the index that the next inline tool call gets. `idle`: nothing is held back and the answer
    is under way, so that text without "<" may skip `feed` and only be noted."""

    __slots__ = (
        "_answer_seen",
        "_box_open",
        "_call_parts",
        "_call_tail",
        "_code",
        "_held",
        "_line_start",
        "_literal",
        "_out",
        "_step",
        "idle",
        "next_call",
        "note_more",
        "thinking_seen",
    )

    def __init__(self) -> None:
        self.thinking_seen = False
        self.next_call = 0
        self._held = ""
        self._call_parts: list[str] = []
        self._call_tail = ""
        self.idle = True
        self._code = CodeContext()
        self.note_more: Final = self._code.note
        self._step: Callable[[str, int, bool], int] = self._answer
        self._out: list[TextEvent] = []
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
        self._code.note(text)
        if not self._answer_seen and not text.isspace():
            self._answer_seen = True

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
        self.idle = not self._held and self._step == self._answer
        out = self._out
        self._out = []
        return out

    # Each step reads on from `at` and gives where it stopped, or -1 to wait for more.

    def _answer(self, text: str, at: int, final: bool) -> int:
        found = text.find("<", at)
        if found != at:
            found = len(text) if found < 0 else found
            self._say(text[at:found])
            return found
        tag = _tag_at(text, at, ANSWER_TAGS)
        if tag in ("", PARTIAL) and self._code.line_start and not self._code.in_code:
            tag = _details_at(text, at, final) or tag
        if (
            not tag
            or (tag == PARTIAL and final)
            or (self._code.in_code and not self._ends_box(text, at, tag))
        ):
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
        elif tag in OPENERS and not self._code.line_start:
            self._literal += 1
            self._say(tag)
        else:
            self._enter_thinking(self._thinking if tag in OPENERS else self._details)
        return after

    def _ends_box(self, text: str, at: int, tag: str) -> bool:
        """A box that began before the code ends behind it: <|begin_of_box|>```html .. <|end_of_box|>."""
        return self._box_open and (tag == BOX_END or (tag == PARTIAL and BOX_END.startswith(text[at:])))

    def _lone_closer(self, tag: str) -> None:
        if self._literal:
            self._literal -= 1
            self._say(tag)
            return
        if not self.thinking_seen and self._answer_seen:
            self._out.append(ThinkingDelta("", takes_answer=True))
        self.thinking_seen = True
        self._answer_seen = False
        self._code.clear()

    def _enter_thinking(self, step: Callable[[str, int, bool], int]) -> None:
        self.thinking_seen = True
        self._code.clear()
        self._line_start = True
        self._step = step

    def _leave_thinking(self) -> None:
        self._code.clear()
        self._step = self._answer

    def _thinking(self, text: str, at: int, final: bool) -> int:
        found = text.find("<", at)
        if found != at:
            found = len(text) if found < 0 else found
            self._think(text[at:found])
            return found
        tag = _tag_at(text, at, CLOSERS)
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
            tag = _tag_at(text, at, DETAILS_TAGS)
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
        newline, angle = text.find("\n", at), text.find("<", at)
        self._line_start = newline >= 0 and (angle < 0 or newline < angle)
        after = newline + 1 if self._line_start else angle if angle >= 0 else len(text)
        self._think(text[at:after])
        return after

    def _summary(self, text: str, at: int, final: bool) -> int:
        found = text.find("<", at)
        if found != at:
            return len(text) if found < 0 else found
        tag = _tag_at(text, at, SUMMARY_TAGS)
        if tag == PARTIAL and not final:
            return -1
        if tag == DETAILS_END:
            self._leave_thinking()
        elif tag == SUMMARY_END:
            self._step = self._details
            self._line_start = False
        return at + (len(tag) if tag in SUMMARY_TAGS else 1)

    def _call(self, text: str, at: int, final: bool) -> int:
        inside = at + len(CALL)
        end = text.find(CALL_END, inside)
        if end < 0 and not final and can_be_call(text, inside):
            if ARG_KEY in text or text[inside:].lstrip().startswith("{"):
                self._call_tail = text[-len(CALL_END) :]  # certain: only the end is still looked for
            return -1
        self._step = self._answer
        whole = end >= 0
        read = read_call(text[inside : end if whole else len(text)]) if can_be_call(text, inside) else None
        if read is None:
            self._say(CALL)
            return inside
        self._out.append(ToolCallDelta(self.next_call, f"call_{self.next_call}", *read))
        self.next_call += 1
        self._code.new_line()
        return end + len(CALL_END) if whole else len(text)

    # Adjacent pieces of one kind become one event.

    def _say(self, text: str) -> None:
        self.note(text)
        out = self._out
        if out and type(out[-1]) is AnswerDelta:
            out[-1] = AnswerDelta(out[-1].text + text)
        else:
            out.append(AnswerDelta(text))

    def _think(self, text: str) -> None:
        self._code.note(text)
        out = self._out
        last = out[-1] if out else None
        if type(last) is ThinkingDelta:
            out[-1] = ThinkingDelta(last.text + text, takes_answer=last.takes_answer)
        else:
            out.append(ThinkingDelta(text))


def _tag_at(text: str, at: int, tags: tuple[str, ...]) -> str:
    """The tag that stands at `at`, PARTIAL if the text ends inside one, else ''."""
    for tag in tags:
        if text.startswith(tag, at):
            return tag
    rest = text[at : at + 20]
    if len(text) - at < 20 and any(tag.startswith(rest) for tag in tags):
        return PARTIAL
    return ""


def _details_at(text: str, at: int, final: bool) -> str:
    """The whole opening tag `<details type="reasoning" ..>` at `at`, PARTIAL, or ''. Other details are
    HTML."""
    rest = text[at : at + MAX_DETAILS_TAG]
    if len(rest) <= len(DETAILS):
        return PARTIAL if DETAILS.startswith(rest) and not final else ""
    if not rest.startswith((DETAILS + " ", DETAILS + "\n")):
        return ""
    end = rest.find(">")
    if end < 0:
        return PARTIAL if len(rest) < MAX_DETAILS_TAG and not final else ""
    tag = rest[: end + 1]
    return tag if 'type="reasoning"' in tag else ""
