"""The boxes of an answer as it grows, for the page: where each lies on which picture of the question, and which words
of the answer name it. `media.grounding` finds them."""

from __future__ import annotations

import asyncio

from glm_ui.media.grounding import LONGEST, find_boxes, to_pixels
from glm_ui.ui.multimodal.attach import Seen
from glm_ui.ui.turn.request import Turn
from glm_ui.ui.wire import BoxesFound, BoxTold

AT_ONCE = 4096
"""Characters that are looked through on the event loop; more is left to a thread."""
GROWN = 9 / 8
"""How much longer a long answer must be than when it was last looked through, so that all looks together take time in
proportion to the answer."""


class Boxes:
    """The boxes of an answer as it grows, on the pictures that its question was about."""

    def __init__(self, turn: Turn, seen: tuple[Seen, ...]) -> None:
        questions = [said.text for said in turn.messages if said.role == "user"]
        self.asked = questions[-1] if questions else ""
        self.before = turn.messages[-1].text[:LONGEST] if turn.continues else ""
        self.seen = seen
        self.read = ""
        self.sent: list[BoxTold] = []

    async def news(self, answer: str, *, ended: bool = False) -> list[BoxesFound]:
        """A frame with all of them, if there are new ones. `ended`: nothing more will come, so all of it is looked
        through."""
        if not self.seen:
            return []
        whole = self.before + answer[: LONGEST - len(self.before)]
        longer = len(whole) - len(self.read)
        if whole == self.read or (not ended and len(whole) > AT_ONCE and 0 < longer < _step(self.read)):
            return []
        self.read = whole
        rows = self._rows(whole) if len(whole) <= AT_ONCE else await asyncio.to_thread(self._rows, whole)
        if rows == self.sent:
            return []
        self.sent = rows
        return [{"k": "boxes", "boxes": rows}]

    def _rows(self, whole: str) -> list[BoxTold]:
        rows: list[BoxTold] = []
        for box in find_boxes(whole, len(self.seen), self.asked):
            size = self.seen[box.picture].size
            pixels = to_pixels(box.box, size) if size else None
            text = whole[slice(*box.span)]
            rows.append(
                {"box": box.box, "label": box.label, "picture": box.picture, "text": text, "pixels": pixels}
            )
        return rows


def _step(read: str) -> float:
    return len(read) * (GROWN - 1)
