"""GLM's inline markup in answer text, cut anywhere: think tags, reasoning details, box markers, tool calls.

Text in, events out. No wire format and no provider enters here, and nothing that depends on where the text
was cut.

    <think>..</think>, <thinking>..</thinking>     thinking <details type="reasoning" ..>..</details>
    thinking; its summary and the "> " before each line are dropped <|begin_of_box|>..<|end_of_box|>
    markers dropped, content kept <tool_call>..</tool_call>                      one tool call, in GLM's own
    form or as JSON

What is markup and what is text, for a person may ask about these very tags:
- Inside code (a fence, or backticks on one line) everything is text, but for the end of a box that began
  outside.
- An opening tag of thinking is one only where a line starts; in a sentence it is text, and so is its partner.
- A closing tag without an opening one, before any thinking was seen, makes all answer text so far thinking
  (`ThinkingDelta.takes_answer`): the prompt template of GLM-4.7 and later opens the thinking itself. After
  thinking was seen, it is dropped.
- Thinking that is never closed lasts to the end.
- `<tool_call>` is one only as long as what follows can be a call.
Only text that may still become a tag is held back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from glm_ui.events import AnswerDelta, ThinkingDelta, ToolCallDelta

TextEvent = AnswerDelta | ThinkingDelta | ToolCallDelta

OPENERS: Final = ("<think>", "<thinking>")
CLOSERS: Final = ("</think>", "</thinking>")
BOX_BEGIN: Final = "<|begin_of_box|>"
BOX_END: Final = "<|end_of_box|>"
DETAILS: Final = "<details"
DETAILS_END: Final = "</details>"
SUMMARY: Final = "<summary>"
SUMMARY_END: Final = "</summary>"
CALL: Final = "<tool_call>"
CALL_END: Final = "</tool_call>"
ARG_KEY: Final = "<arg_key>"

ANSWER_TAGS: Final = (*OPENERS, *CLOSERS, BOX_BEGIN, BOX_END, CALL)
DETAILS_TAGS: Final = (DETAILS_END, SUMMARY)
SUMMARY_TAGS: Final = (SUMMARY_END, DETAILS_END)

MAX_DETAILS_TAG: Final = 256
PARTIAL: Final = "partial"

_MARKDOWN = re.compile(r"\n|`+|~+|[^\S\n]+|[^\s`~]+")
_LIST_MARK = re.compile(r"[-*+>]+|\d+[.)]")
_CALL_NAME = re.compile(r"\s*([\w.:/\-]{0,128})\s*")
_CALL_ARGUMENT = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)(?:</arg_value>|\Z)", re.S)


class CodeContext:
    """Whether the text so far ends inside Markdown code, and whether at the start of a line. Text is only
    looked at when somebody asks, so that a stream without tags pays nothing."""

    __slots__ = (
        "_block_start",
        "_closing",
        "_fence",
        "_info_line",
        "_inline",
        "_line_start",
        "_unread",
        "note",
    )

    def __init__(self) -> None:
        self._unread: list[str] = []
        self.note: Final = self._unread.append
        self._fence = ""
        self._closing = False
        self._info_line = False
        self._inline = 0
        self._line_start = True
        self._block_start = True

    def clear(self) -> None:
        """What follows stands at the start of a text."""
        self._unread.clear()
        self._fence = ""
        self._newline()

    @property
    def in_code(self) -> bool:
        self._read()
        return bool(self._inline) or (bool(self._fence) and not self._closing)

    @property
    def inline(self) -> bool:
        self._read()
        return bool(self._inline)

    @property
    def line_start(self) -> bool:
        """Nothing but blanks since the line began."""
        self._read()
        return self._line_start

    def new_line(self) -> None:
        """What follows stands as at the start of a line: a tag that was taken out has just ended."""
        self._read()
        self._newline()

    def _read(self) -> None:
        if not self._unread:
            return
        text = "".join(self._unread)
        self._unread.clear()
        for match in _MARKDOWN.finditer(text):
            piece = match[0]
            if piece == "\n":
                self._newline()
            elif piece[0] in "`~":
                self._run(piece)
                self._line_start = self._block_start = False
            elif not piece.isspace():
                self._line_start = self._closing = False
                self._block_start = self._block_start and bool(_LIST_MARK.fullmatch(piece))

    def _newline(self) -> None:
        if self._closing:
            self._fence = ""
        self._closing = self._info_line = False
        self._inline = (
            0  # CommonMark lets a code span go on over a line; a lone backtick must not swallow a page
        )
        self._line_start = self._block_start = True

    def _run(self, run: str) -> None:
        if self._fence:
            if self._info_line and run[0] == "`" == self._fence[0]:
                self._fence = ""  # "```like this``` on one line" was a code span
                self._info_line = False
            else:
                self._closing = self._block_start and run.startswith(self._fence)
        elif self._block_start and len(run) >= 3:
            self._fence = run
            self._info_line = True
        elif run[0] == "`":
            self._inline = 0 if self._inline == len(run) else self._inline or len(run)


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
        if end < 0 and not final and _can_be_call(text, inside):
            if ARG_KEY in text or text[inside:].lstrip().startswith("{"):
                self._call_tail = text[-len(CALL_END) :]  # certain: only the end is still looked for
            return -1
        self._step = self._answer
        whole = end >= 0
        read = read_call(text[inside : end if whole else len(text)]) if _can_be_call(text, inside) else None
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


def _can_be_call(text: str, at: int) -> bool:
    """Whether the text from `at` may be, or may become, the inside of a tool call: a JSON object, or a name
    and then an argument or the end."""
    name = _CALL_NAME.match(text, at)
    after = name.end() if name else at
    if after == len(text):
        return True
    if name and not name[1]:
        return text[after] == "{"
    rest = text[after : after + len(CALL_END)]
    return rest.startswith((ARG_KEY, CALL_END)) or ARG_KEY.startswith(rest) or CALL_END.startswith(rest)


def read_call(inside: str) -> tuple[str, str] | None:
    """Name and arguments (JSON text) of what stands between the tool call tags, or None if it is no call.

    GLM writes strings bare and everything else as JSON, and only the tool's schema could tell the string "5"
    from the number; here what reads as JSON is taken as JSON.
    """
    inside = inside.strip()
    if inside.startswith("{"):
        call = _json(inside)
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            return None
        arguments = call.get("arguments", call.get("parameters", {}))
        return call["name"], arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
    name, _, rest = inside.partition(ARG_KEY)
    if not name.strip():
        return None
    pairs = _CALL_ARGUMENT.findall(ARG_KEY + rest) if rest else []
    values = {key.strip(): _json(value, value) for key, value in pairs}
    return name.strip(), orjson.dumps(values).decode()


def _json(text: str, otherwise: Any = None) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return otherwise
