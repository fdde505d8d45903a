"""The seam between an unfinished answer and what goes on with it. Pure text; no events, no request.

A model that is asked in words to go on often repeats the last words, the last line or all of what stands
already, and some servers echo a prefill. The repetition is taken out, and nothing else.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

LEAST_OVERLAP: Final = 8
"""Characters that a repetition must have (a Chinese one counts twice), unless it is at least two whole
words."""
LEAST_LETTERS: Final = 3
FIRST_CJK: Final = "\u2e80"
LONGEST_OVERLAP: Final = 4000


class Seam:
    """`feed` the continuation as it comes; what it gives, joined and appended to `partial`, is the whole
    answer.

    `continues_by_prompt`: the model was asked in words, so that it may repeat the end alone; a server that was given a
    prefill can only echo it whole. Text is held back only while it may still turn out to repeat. The result
    does not depend on where it was cut.
    """

    __slots__ = (
        "_came",
        "_continues_by_prompt",
        "_lead",
        "_matched",
        "_partial",
        "_size",
        "_tail",
        "_whole",
        "decided",
    )

    def __init__(self, partial: str, *, continues_by_prompt: bool = True) -> None:
        self._partial = partial
        self._continues_by_prompt = continues_by_prompt
        self._whole = partial.lstrip()
        self._tail = partial[-LONGEST_OVERLAP:]
        self._lead: list[str] = []
        """Blank text at the front of what came."""
        self._came: list[str] = []
        self._size = 0
        self._matched: int | None = 0
        """How much of `_whole` came again from its start on; None once something else came."""
        self.decided = not partial

    def feed(self, text: str) -> str:
        if self.decided:
            return text
        bare = text if self._came else text.lstrip()
        self._lead.append(text[: len(text) - len(bare)])
        if not bare:
            return ""
        self._came.append(bare)
        self._size += len(bare)
        return "" if self._may_repeat(bare) else self._settle()

    def close(self) -> str:
        return "" if self.decided else self._settle()

    def _may_repeat(self, text: str) -> bool:
        """Whether more text could make a longer repetition: what came so far, with `text` at its end, still stands in
        the partial, from its start on or up to its end."""
        if self._matched is not None:
            if self._whole.startswith(text, self._matched):
                self._matched += len(text)
                return True
            self._matched = None
        return (
            self._continues_by_prompt and self._size <= LONGEST_OVERLAP and "".join(self._came) in self._tail
        )

    def _settle(self) -> str:
        self.decided = True
        text = "".join((*self._lead, *self._came))
        self._lead.clear()
        self._came.clear()
        return text[repeated(self._partial, text, continues_by_prompt=self._continues_by_prompt) :]


def repeated(partial: str, text: str, *, continues_by_prompt: bool = True) -> int:
    """How many characters at the front of `text` repeat `partial` or (when asked in words) its end."""
    blank = len(text) - len(text.lstrip())
    came = text[blank:]
    end = partial.rstrip()
    whole = end.lstrip()
    last_blanks = partial[len(end) :]
    if whole and came.startswith(whole) and _counts(whole, came, len(whole)):
        return blank + len(whole) + _same(last_blanks, came[len(whole) :])
    length = _overlap(end, came) if continues_by_prompt else 0
    if length:
        return blank + length + _same(last_blanks, came[length:])
    return _same(last_blanks, text)


def _overlap(end: str, came: str) -> int:
    """The longest end of `end` that `came` begins with and that is no chance."""
    came_first, last = came[: LONGEST_OVERLAP + 1], end[-LONGEST_OVERLAP - 1 :]
    letters = list(accumulate(map(str.isalnum, came_first), initial=0))
    for length in range(min(len(end), len(came), LONGEST_OVERLAP), 0, -1):
        if letters[length] < LEAST_LETTERS:
            break
        if last.endswith(came_first[:length]) and _counts(end, came_first, length):
            return length
    return 0


def _counts(tail: str, came: str, length: int) -> bool:
    """Long enough, or a run of whole words; a few letters alike, or the dashes of a table, are chance."""
    run = came[:length]
    if sum(map(str.isalnum, run)) < LEAST_LETTERS:
        return False
    if length >= LEAST_OVERLAP or sum(2 if letter >= FIRST_CJK else 1 for letter in run) >= LEAST_OVERLAP:
        return True
    starts = length == len(tail) or not (tail[-length - 1].isalnum() and run[0].isalnum())
    ends = length == len(came) or not (came[length].isalnum() and run[-1].isalnum())
    before = len(tail) - length
    is_line = not tail[tail.rfind("\n", 0, before) + 1 : before].strip()
    return starts and ends and (is_line or len(run.split()) >= 2)


def _same(end: str, text: str) -> int:
    """How many characters at the front of `text` are those of `end`, the blanks at the end of the partial."""
    count = 0
    while count < min(len(end), len(text)) and text[count] == end[count]:
        count += 1
    return count
