"""The boxes of an answer as it grows, for the page: where on which of the question's pictures, and by which words of
the answer. Finding them is `grounding`'s."""

from __future__ import annotations

from typing import Any

from glm_ui.grounding import find_boxes, to_pixels
from glm_ui.ui.carried import Seen
from glm_ui.ui.turn import Turn

Frame = dict[str, Any]


class Boxes:
    """The boxes of an answer as it grows, on the pictures that its question was about."""

    def __init__(self, turn: Turn, seen: tuple[Seen, ...]) -> None:
        questions = [said.text for said in turn.messages if said.role == "user"]
        self.asked = questions[-1] if questions else ""
        self.before = turn.messages[-1].text if turn.continues else ""
        self.seen = seen
        self.read = ""

    def news(self, answer: str) -> list[Frame]:
        """A frame with all of them, if there may be new ones."""
        if not self.seen or answer == self.read:
            return []
        self.read = answer
        whole = self.before + answer
        rows = []
        for box in find_boxes(whole, len(self.seen), self.asked):
            size = self.seen[box.picture].size
            pixels = to_pixels(box.box, size) if size else None
            text = whole[slice(*box.span)]
            rows.append(
                {"box": box.box, "label": box.label, "picture": box.picture, "text": text, "pixels": pixels}
            )
        return [{"k": "boxes", "boxes": rows}] if rows else []
