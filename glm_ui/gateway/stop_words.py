"""Ends an answer at the first stop word: providers take fewer of them than clients send, or none. Pure."""

from __future__ import annotations

import re


class StopWords:
    """Feed the answer's pieces. `found` is the word at which the answer ended; what followed it is dropped. The
    beginning of a word waits until it is decided, at most as many characters as the longest word has."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.found: str | None = None
        self.words = words
        self._longest = max(map(len, words), default=0)
        self._pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
        self._held = ""

    def feed(self, piece: str) -> str:
        """The text that can be shown."""
        if not self.words:
            return piece
        if self.found is not None:
            return ""
        text = self._held + piece
        match = self._pattern.search(text)
        if match:
            self.found, self._held = match[0], ""
            return text[: match.start()]
        keep = self._beginning(text)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self) -> str:
        held, self._held = self._held, ""
        return held

    def _beginning(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a word."""
        for size in range(min(self._longest - 1, len(text)), 0, -1):
            if any(word.startswith(text[-size:]) for word in self.words):
                return size
        return 0
