"""Where Markdown code begins and ends, read as the text grows. No tags of GLM's own."""

from __future__ import annotations

import re
from typing import Final

_MARKDOWN = re.compile(r"\n|`+|~+|[^\S\n]+|[^\s`~]+")
_LIST_MARK = re.compile(r"[-*+>]+|\d+[.)]")


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

    def go_on(self, text: str) -> None:
        """The next text follows `text`, of which only the fences and the last line matter."""
        self.clear()
        *lines, last = text.split("\n")
        fences = [line for line in lines if "```" in line or "~~~" in line]
        self.note("\n".join((*fences, last)))

    def clear(self) -> None:
        """The next text is the start of an answer."""
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
        """The next text counts as the start of a line, because a tag that was taken out has just ended."""
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
        # CommonMark lets a code span go on over a line end; here a lone backtick must not swallow a page.
        self._inline = 0
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
