"""Characters that a server cut in two: half a surrogate pair, or the first bytes of a UTF-8 sequence, with the rest in
the next frame. Texts in, texts out; no wire format.

`json_text.read_json` leaves both in its strings as code points of their own. Here halves that meet are joined, and
what stays alone becomes U+FFFD, as in every browser.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Any, Final

from glm_ui.events import AnswerDelta, Done, Logprobs, Started, StreamEvent, ThinkingDelta, ToolCallDelta

_LONE: Final = re.compile("[\ud800-\udbff\udc00-\udc7f\udd00-\udfff]")
"""Surrogates that are no escaped byte."""
_UNFINISHED: Final = re.compile(
    "(?:[\ud800-\udbff]|[\udcc2-\udcf4]|[\udce0-\udcf4][\udc80-\udcbf]|[\udcf0-\udcf4][\udc80-\udcbf]{2})\\Z"
)
"""What another frame may complete; an escaped byte 80 is U+DC80."""
LONGEST_HALF: Final = 3


def whole(value: Any) -> Any:
    """A JSON value without halves."""
    if isinstance(value, str):
        return _mended(value)
    if isinstance(value, dict):
        return {_mended(key): whole(inner) for key, inner in value.items()}
    return [whole(inner) for inner in value] if isinstance(value, list) else value


def _mended(text: str) -> str:
    if _is_whole(text):
        return text
    text = _LONE.sub("\ufffd", _paired(text))
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class Halves:
    """The texts of one reply, each by its channel: what may be the first half of a character waits for the second."""

    __slots__ = ("_calls", "_waiting")

    def __init__(self) -> None:
        self._calls: dict[int, ToolCallDelta] = {}
        """The last piece of each tool call."""
        self._waiting: dict[Hashable, str] = {}

    def join(self, channel: Hashable, text: str) -> str:
        if not text:
            return ""
        text = self._waiting.pop(channel, "") + text
        if _is_whole(text):
            return text
        text = _paired(text)
        if found := _UNFINISHED.search(text[-LONGEST_HALF:]):
            self._waiting[channel] = found[0]
            text = text[: len(text) - len(found[0])]
        return _mended(text)

    def mend(self, events: Iterable[StreamEvent]) -> list[StreamEvent]:
        mended: list[StreamEvent] = []
        for event in events:
            match event:
                case AnswerDelta():
                    if text := self.join(AnswerDelta, event.text):
                        mended.append(AnswerDelta(text))
                    continue
                case ThinkingDelta():
                    text = self.join((ThinkingDelta, event.block), event.text)
                    event = replace(event, text=text, opaque=whole(event.opaque))
                case ToolCallDelta():
                    arguments = self.join((ToolCallDelta, event.index), event.arguments)
                    event = replace(event, id=whole(event.id), name=whole(event.name), arguments=arguments)
                    self._calls[event.index] = event
                case Logprobs():
                    event = Logprobs(tuple(map(whole, event.tokens)))
                case Started():
                    event = replace(event, model=whole(event.model), response_id=whole(event.response_id))
                case Done():
                    event = replace(event, model=whole(event.model), raw_reason=whole(event.raw_reason))
            mended.append(event)
        return mended

    def rest(self) -> list[StreamEvent]:
        """What waited in vain; nothing more will come."""
        waiting, self._waiting = self._waiting, {}
        events: list[StreamEvent] = []
        for channel, half in waiting.items():
            text = _mended(half)
            match channel:
                case (kind, int(number)) if kind is ThinkingDelta:
                    events.append(ThinkingDelta(text, number))
                case (kind, int(number)) if kind is ToolCallDelta:
                    events.append(replace(self._calls[number], arguments=text))
                case _:
                    events.append(AnswerDelta(text))
        return events
