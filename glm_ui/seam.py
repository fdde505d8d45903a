"""The seam between an unfinished answer and what goes on with it. Pure text; no events, no request.

A model that is asked in words to go on often repeats the last words, the last line or all of what stands
already, and some servers echo a prefill. The repetition is taken out, and nothing else.
"""

from __future__ import annotations

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

    `asked`: the model was asked in words, so that it may repeat the end alone; a server that was given a
    prefill can only echo it whole. Text is held back only while it may still turn out to repeat. The result
    does not depend on where it was cut.
    """

    __slots__ = ("_asked", "_decided", "_held", "_partial")

    def __init__(self, partial: str, *, asked: bool = True) -> None:
        self._partial = partial
        self._asked = asked
        self._held = ""
        self._decided = not partial

    def feed(self, text: str) -> str:
        if self._decided:
            return text
        self._held += text
        if self._may_repeat():
            return ""
        return self._settle()

    def close(self) -> str:
        return "" if self._decided else self._settle()

    def _may_repeat(self) -> bool:
        """Whether more text could make a longer repetition: what came so far still stands in the partial,
        from its start on or up to its end."""
        came = self._held.lstrip()
        if not came or self._partial.lstrip().startswith(came):
            return True
        return self._asked and came in self._partial[-LONGEST_OVERLAP:]

    def _settle(self) -> str:
        self._decided = True
        held, self._held = self._held, ""
        return held[repeated(self._partial, held, asked=self._asked) :]


def repeated(partial: str, text: str, *, asked: bool = True) -> int:
    """How many characters at the front of `text` repeat `partial` or (when asked in words) its end."""
    blank = len(text) - len(text.lstrip())
    came = text[blank:]
    end = partial.rstrip()
    whole = end.lstrip()
    last_blanks = partial[len(end) :]
    if whole and came.startswith(whole) and _counts(whole, came, len(whole)):
        return blank + len(whole) + _same(last_blanks, came[len(whole) :])
    longest = min(len(end), len(came), LONGEST_OVERLAP) if asked else 0
    for length in range(longest, 0, -1):
        if end.endswith(came[:length]) and _counts(end, came, length):
            return blank + length + _same(last_blanks, came[length:])
    return _same(last_blanks, text)


def _counts(tail: str, came: str, length: int) -> bool:
    """Long enough, or a run of whole words; a few letters alike, or the dashes of a table, are chance."""
    run = came[:length]
    if sum(map(str.isalnum, run)) < LEAST_LETTERS:
        return False
    if sum(2 if letter >= FIRST_CJK else 1 for letter in run) >= LEAST_OVERLAP:
        return True
    starts = length == len(tail) or not (tail[-length - 1].isalnum() and run[0].isalnum())
    ends = length == len(came) or not (came[length].isalnum() and run[-1].isalnum())
    is_line = not tail[:-length].rpartition("\n")[2].strip()
    return starts and ends and (is_line or len(run.split()) >= 2)


def _same(end: str, text: str) -> int:
    """How much of the blanks at the front of `text` stand at the end already."""
    count = 0
    while count < min(len(end), len(text)) and text[count] == end[count]:
        count += 1
    return count
