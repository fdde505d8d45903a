"""Takes a key that an upstream repeats out of its reply, wherever the reply is cut: out of the bytes of the body, and
out of the texts that are put together from its frames. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, AnyStr, Generic

from glm_ui.errors.plain import HIDDEN, SHORTEST_SECRET, redacted
from glm_ui.events import (
    Alternative,
    AnswerDelta,
    Done,
    Frame,
    Logprobs,
    Piece,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
)

TextEvent = AnswerDelta | ThinkingDelta | ToolCallDelta


class Scrubber(Generic[AnyStr]):
    """`feed` gives the piece without the key; what may be the start of one is held back until `close`. An empty key is
    never found."""

    __slots__ = ("_hidden", "_key", "_none", "held")

    def __init__(self, key: AnyStr, hidden: AnyStr) -> None:
        self._key: AnyStr = key
        self._hidden: AnyStr = hidden
        self._none: AnyStr = key[:0]
        self.held: AnyStr = self._none

    def feed(self, piece: AnyStr) -> AnyStr:
        key = self._key
        if not key:
            return piece
        data = self.held + piece if self.held else piece
        if key in data:
            data = data.replace(key, self._hidden)
        keep = self.start_of_key(data)
        self.held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def concerns(self, piece: AnyStr) -> bool:
        """Whether the key, or what may be its start, stands in this piece by itself."""
        return self._key[:1] in piece and (self._key in piece or self.start_of_key(piece) > 0)

    def close(self) -> AnyStr:
        rest, self.held = self.held, self._none
        return rest

    def start_of_key(self, data: AnyStr) -> int:
        """How many of the last letters are the first ones of the key."""
        first, at = self._key[:1], max(0, len(data) - len(self._key) + 1)
        while (at := data.find(first, at)) >= 0:
            if self._key.startswith(data[at:]):
                return len(data) - at
            at += 1
        return 0


class BodyScrubber(Scrubber[bytes]):
    def __init__(self, secret: str) -> None:
        super().__init__(secret.encode() if len(secret) >= SHORTEST_SECRET else b"", HIDDEN.encode())

    def feed(self, piece: bytes) -> bytes:
        if piece[-1:] == b"\n" and not self.held and self._key not in piece:
            return piece  # as nearly every chunk of a stream ends, and no key holds one
        return super().feed(piece)


class MemberScrubber:
    """Texts of members that no event tells. A client joins those of a delta from frame to frame, as it does with words:
    what may be the start of a key, from `LEAST` letters on, waits for the next piece, and is dropped if none comes."""

    LEAST = 4
    MOST = 200
    """Members whose pieces are joined; a server with more of them is not followed."""

    __slots__ = ("_said", "_scrubber", "_secret")

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._scrubber: Scrubber[str] = Scrubber(secret, HIDDEN)
        self._said: dict[tuple[str | int, ...], tuple[str, str]] = {}
        """Path -> the last letters that were shown, too few to be a key, and those that wait."""

    def feed(self, members: Mapping[tuple[str | int, ...], Any]) -> dict[tuple[str | int, ...], Any]:
        shown = {
            path: self._joined(path, value) if "delta" in path else redacted(value, self._secret)
            for path, value in members.items()
        }
        return {path: value for path, value in shown.items() if self._secret not in repr((path, value))}

    def _joined(self, path: tuple[str | int, ...], value: Any) -> Any:
        if isinstance(value, str):
            return self._text(path, value)
        if isinstance(value, dict):
            return {name: self._joined((*path, name), inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._joined((*path, place), inner) for place, inner in enumerate(value)]
        return value

    def _text(self, path: tuple[str | int, ...], piece: str) -> str:
        shown, held = self._said.get(path, ("", ""))
        if path not in self._said and len(self._said) >= self.MOST:
            return ""
        text = shown + held + piece
        if 0 <= (at := text.find(self._secret)) < len(shown):  # its beginning is gone already
            text = shown + HIDDEN + text[at + len(self._secret) :]
        text = shown + text[len(shown) :].replace(self._secret, HIDDEN)
        keep = self._scrubber.start_of_key(text)
        end = len(text) - keep if keep >= self.LEAST else len(text)
        end = max(end, len(shown))
        self._said[path] = text[:end][1 - len(self._secret) :], text[end:]
        return text[len(shown) : end]


class EventScrubber:
    """The events of one reply without the key, even where it is spread over several of them. Text that may be the start
    of a key is held back until the next piece of the same text, or until another text or the end follows it."""

    __slots__ = ("_members", "_of", "_others", "_raw", "_secret", "_text", "_tokens")

    def __init__(self, secret: str) -> None:
        self._others: dict[int, EventScrubber] = {}
        """For each other answer to the same question."""
        self._tokens = ""
        """The end of the tokens so far, too short to hold a key."""
        self._secret = secret if len(secret) >= SHORTEST_SECRET else ""
        self._text: Scrubber[str] = Scrubber(self._secret, HIDDEN)
        self._of: TextEvent | None = None
        """The event whose text is held back."""
        self._raw = self._secret.encode()
        self._members = MemberScrubber(self._secret)

    def feed(self, event: StreamEvent) -> tuple[StreamEvent, ...]:
        secret = self._secret
        if not secret:
            return (event,)
        if isinstance(event, TextEvent):
            return (event,) if self._passes(event) else self._scrubbed(event)
        if isinstance(event, Frame):
            return self._frame(event)
        if isinstance(event, Logprobs):
            return self._without_key(event)
        if isinstance(event, Alternative):
            other = self._others.setdefault(event.index, EventScrubber(secret))
            return tuple(
                Alternative(event.index, shown)
                for shown in other.feed(event.event)
                if isinstance(shown, Piece)
            )
        if isinstance(event, Done):
            return (*self.close(), replace(event, why=event.why.replace(secret, HIDDEN)))
        return (event,)

    def close(self) -> tuple[StreamEvent, ...]:
        """What is still held back; nothing more will come."""
        of, self._of = self._of, None
        rest = self._text.close()
        return (_with_text(of, rest),) if of is not None else ()

    def _passes(self, event: TextEvent) -> bool:
        """Whether nothing waits and nothing must: nearly every event."""
        if self._of is not None or isinstance(event, ToolCallDelta) or getattr(event, "opaque", None):
            return False
        return not self._text.concerns(event.text)

    def _frame(self, event: Frame) -> tuple[StreamEvent, ...]:
        """Its words are told by events, and are compared with those where it is passed on."""
        if event.unread or self._raw in event.data:
            shown = self._members.feed(event.unread)
            same = shown == event.unread and self._raw not in event.data
            event = replace(event, unread=shown, data=event.data if same else b"")
        return (*self.close(), event) if event.ends and self._of is not None else (event,)

    def _without_key(self, event: Logprobs) -> tuple[StreamEvent, ...]:
        """Tokens that end a key, or hold one, are left out as a whole."""
        tokens = self._tokens + "".join(str(token.get("token", "")) for token in event.tokens)
        self._tokens = tokens[1 - len(self._secret) :]
        if self._secret in tokens:
            return ()
        return (Logprobs(tuple(redacted(dict(token), self._secret) for token in event.tokens)),)

    def _scrubbed(self, event: TextEvent) -> tuple[StreamEvent, ...]:
        before = self.close() if self._of is not None and _text_of(self._of) != _text_of(event) else ()
        if isinstance(event, ToolCallDelta):
            secret = self._secret
            named = replace(
                event, id=event.id.replace(secret, HIDDEN), name=event.name.replace(secret, HIDDEN)
            )
            shown: TextEvent = replace(named, arguments=self._text.feed(event.arguments))
        else:
            shown = replace(event, text=self._text.feed(event.text))
        if isinstance(shown, ThinkingDelta) and shown.opaque:
            shown = replace(shown, opaque=redacted(dict(shown.opaque), self._secret))
        self._of = event if self._text.held else None
        is_blank = shown == AnswerDelta("") or shown == ThinkingDelta("", getattr(shown, "block", 0))
        return before if is_blank and self._of is not None else (*before, shown)


def _text_of(event: TextEvent) -> tuple[type, int]:
    """Which text of the reply this is a piece of."""
    number = event.block if isinstance(event, ThinkingDelta) else getattr(event, "index", 0)
    return type(event), number


def _with_text(event: TextEvent, text: str) -> TextEvent:
    """A piece of the same text, without what came along with `event`."""
    match event:
        case AnswerDelta():
            return AnswerDelta(text)
        case ThinkingDelta():
            return ThinkingDelta(text, event.block)
        case ToolCallDelta():
            return replace(event, arguments=text)
