"""The frames of one turn, kept for readers who come back: numbered from 1, and compact. The text of a reply is kept
joined, and of frames that replace each other only the last. Beside that the last frames stand as they were, so that a
short absence is made up for by the missing ones; a longer one by one frame, `all`, with the whole reply so far.

Pure: no clock, no task, no reader.
"""

from __future__ import annotations

from collections import deque
from io import StringIO
from typing import Any, Final, cast

import orjson

from glm_ui.ui import wire

LAST: Final = frozenset({"done", "error", "ended"})
"""Kinds of the frame that ends a turn."""
TAIL_FRAMES, TAIL_SIZE, TAIL_ENDED = 128, 64 * 1024, 4
"""Frames that stand as they were: two seconds of a stream in full flow; their bytes; and frames of an ended turn."""
MOST_SIZE: Final = 8 * 2**20
"""Bytes of one turn. Of what has more, only the last frames are kept."""
TURN, FRAME = 2_000, 400
"""Bytes that a turn takes besides its frames, and a frame besides its text."""
WHOLE: Final = frozenset({"m", "boxes", "tool", "note"})
"""Kinds that tell all there is to know in a round, so that the frame before is not needed any more."""
PASSING: Final = frozenset({"wait", "retry", "files"})
"""Kinds that hold until something else comes."""
CUTS: Final = frozenset({"take", "cite", "round"})
"""Kinds that say something of the text before them: it is not joined over them."""


class KeptFrames:
    """`last` is the number of the last frame, `size` is in bytes, about; `ended`: no frame comes any more."""

    def __init__(self, most: int = MOST_SIZE) -> None:
        self.last, self.size = 0, TURN
        self.ended = False
        self.whole = True
        """Whether the reply can be told from its beginning."""
        self._most = most
        self._past: list[wire.TurnFrame] = []
        """What nothing can replace any more: the text before the last cut, and the rounds before this one."""
        self._now: dict[Any, tuple[wire.TurnFrame, int]] = {}
        """Of this round: what a frame can be replaced by -> that frame, and its bytes. They say nothing of the text, so
        that they may come before or after it."""
        self._texts = _no_texts()
        self._tail: deque[tuple[wire.TurnFrame, int]] = deque()
        self._tail_size = 0

    def add(self, frame: wire.TurnFrame) -> None:
        """Keeps a frame, which is no heartbeat."""
        self.last += 1
        kind = frame.get("k", "")
        text = [cast(str, frame.get(field, "")) for field in self._texts] if kind == "d" else []
        size = sum(map(len, text)) or len(orjson.dumps(frame))
        self.ended = kind in LAST
        self._tail.append((frame, FRAME + size))
        self._count(tail=FRAME + size)
        if self.whole:
            self._compact(kind, frame, text, size)
            if self.size > self._most:
                self.forget_beginning()
        self._trim()

    def forget_beginning(self) -> None:
        """From now on only the last frames are kept: who lacks more than those can read no further."""
        self.whole = False
        self._past, self._now, self._texts = [], {}, _no_texts()
        self.size = TURN + self._tail_size

    def since(self, number: int) -> list[tuple[int, wire.TurnFrame]] | None:
        """What somebody lacks who has read up to `number`: the missing frames, or one that stands for all, each with
        its number. None where neither can be told, and for a number that was never given."""
        first = self.last - len(self._tail) + 1
        if first - 1 <= number <= self.last:
            return [(at, frame) for at, (frame, _) in enumerate(self._tail, first) if at > number]
        if number > self.last or not self.whole:
            return None
        now = [frame for frame, _ in self._now.values()]
        return [(self.last, wire.All(k="all", frames=[*self._past, *self._open_text(), *now]))]

    def _compact(self, kind: str, frame: wire.TurnFrame, text: list[str], size: int) -> None:
        if kind != "m":
            self._drop("passing")
        if kind == "d":
            for whole, piece in zip(self._texts.values(), text, strict=True):
                whole.write(piece)
            self._count(size)
            return
        self._count(FRAME + size)
        if kind in CUTS:
            self._past += self._open_text()
            self._texts = _no_texts()
            if kind == "round":
                self._past += [kept for kept, _ in self._now.values()]
                self._now = {}
            self._past.append(frame)
            return
        slot = _slot(kind, frame, self.last)
        self._drop(slot)
        self._now[slot] = (frame, FRAME + size)

    def _open_text(self) -> list[wire.TurnFrame]:
        """The text since the last cut as one frame."""
        texts = {field: whole.getvalue() for field, whole in self._texts.items()}
        said = {field: text for field, text in texts.items() if text}
        return [cast(wire.Delta, {"k": "d", **said})] if said else []

    def _drop(self, slot: Any) -> None:
        if slot in self._now:
            self._count(-self._now.pop(slot)[1])

    def _trim(self) -> None:
        most = TAIL_ENDED if self.ended else TAIL_FRAMES
        while len(self._tail) > most or (self._tail_size > TAIL_SIZE and len(self._tail) > 1):
            self._count(tail=-self._tail.popleft()[1])

    def _count(self, kept: int = 0, *, tail: int = 0) -> None:
        self.size += kept + tail
        self._tail_size += tail


def _no_texts() -> dict[str, StringIO]:
    return {"t": StringIO(), "a": StringIO()}


def _slot(kind: str, frame: wire.TurnFrame, number: int) -> Any:
    """What this frame can be replaced by: frames of the same slot say the same things, the later one anew."""
    if kind in PASSING:
        return "passing"
    if kind in WHOLE:
        return kind
    if kind == "call":
        news = cast(wire.CallNews, frame)
        return ("call", news["index"], *sorted(news["call"]))
    return number
