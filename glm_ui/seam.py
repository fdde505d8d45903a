"""The seam between an unfinished answer and what goes on with it. Pure text; no events, no request.

A model that is asked in words to go on often repeats the last words, the last line or all of what stands
already, and some servers echo a prefill. The repetition is taken out, and nothing else.
"""

from __future__ import annotations

from typing import Final

LEAST_OVERLAP: Final = 8
"""Characters that a repetition must have, unless it is made of whole words (two of them at least)."""
LONGEST_OVERLAP: Final = 4000


class Seam:
    """`feed` the continuation as it comes; what it gives, joined and appended to `partial`, is the whole
    answer.

    Text is held back only while it may still turn out to repeat. The result does not depend on where it was
    cut.
    """

    __slots__ = ("_decided", "_held", "_partial")

    def __init__(self, partial: str) -> None:
        self._partial = partial
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
        return came in self._partial[-LONGEST_OVERLAP:]

    def _settle(self) -> str:
        self._decided = True
        held, self._held = self._held, ""
        return held[repeated(self._partial, held) :]


def repeated(partial: str, text: str) -> int:
    """How many characters at the front of `text` repeat the end of `partial`."""
    blank = len(text) - len(text.lstrip())
    came = text[blank:]
    whole = partial.strip()
    if whole and came.startswith(whole):
        return blank + len(whole) + _blanks(partial[len(partial.rstrip()) :], came[len(whole) :])
    for tail in (partial, partial.rstrip()):
        for length in range(min(len(tail), len(came), LONGEST_OVERLAP), 0, -1):
            if tail.endswith(came[:length]) and _counts(tail, came, length):
                rest = partial[len(tail) :]
                return blank + length + _blanks(rest, came[length:])
    return _blanks(partial[len(partial.rstrip()) :], text)


def _counts(tail: str, came: str, length: int) -> bool:
    """Long enough, or a run of whole words; a few letters alike are chance."""
    run = came[:length]
    if len(run.strip()) >= LEAST_OVERLAP:
        return True
    starts = length == len(tail) or not (tail[-length - 1].isalnum() and run[0].isalnum())
    ends = length == len(came) or not (came[length].isalnum() and run[-1].isalnum())
    return starts and ends and len(run.split()) >= 2


def _blanks(end: str, text: str) -> int:
    """How much of the blanks at the front of `text` stand at the end already."""
    count = 0
    while count < min(len(end), len(text)) and text[count] == end[count]:
        count += 1
    return count
