"""A tool that can run, what it is told, and what it gives back. Values; nothing runs here."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from glm_ui.accounting.tokens import estimate
from glm_ui.events import Source
from glm_ui.messages import ToolDefinition

BUILT_IN: Final = "built-in"
"""The server of the tools that are part of this app."""
PROVIDER: Final = "provider"
"""The server of what the model's provider runs itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool gave. `text` is whole; what of it a model reads is decided by `results`. `pictures` are (MIME type,
    bytes). `is_error`: the tool failed, and `text` says how."""

    text: str
    is_error: bool = False
    pictures: tuple[tuple[str, bytes], ...] = ()
    sources: tuple[Source, ...] = ()


class ToolFailed(Exception):
    """A tool could not do what it was asked; its text is a sentence for the model and the person."""


class SourceNumbers:
    """Numbers sources by address: the same address keeps its number, and no number is given twice. `known` are those
    that the conversation has, as (number, address); of two with one number or one address the first holds."""

    def __init__(self, known: Iterable[tuple[int, str]] = ()) -> None:
        self._of: dict[str, int] = {}
        taken: set[int] = set()
        for number, url in known:
            if number not in taken:
                self._of.setdefault(url, number)
            taken.add(number)
        self._last = max(taken, default=0)

    def number(self, url: str) -> int:
        if url not in self._of:
            self._last += 1
            self._of[url] = self._last
        return self._of[url]


def _nothing(done: float, total: float | None = None, text: str = "") -> None:
    """The default `progress`: does nothing."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a tool may know of the turn that it runs in. `files` are (name, what reads it as text) of the conversation's
    files; `visitor` is whom fetching counts for."""

    visitor: str = ""
    progress: Callable[[float, float | None, str], None] = _nothing
    sources: SourceNumbers = field(default_factory=SourceNumbers)
    files: Sequence[tuple[str, Callable[[], Awaitable[str]]]] = ()


Run = Callable[[dict[str, Any], Running], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of `server`. `writes`: it may change or send something. `open_world`: what it gives may be written by
    strangers. `trusted`: the owner answers for what the tool says of itself. `always_asks`: each call does, for it is
    of a server that the visitor named."""

    server: str
    name: str
    description: str
    parameters: Mapping[str, Any]
    run: Run
    title: str = ""
    writes: bool = True
    open_world: bool = True
    trusted: bool = False
    always_asks: bool = False
    in_browser: bool = False
    """The page runs it and posts what came of it; `run` is never called."""

    @property
    def id(self) -> str:
        """Names it in a turn and in the page; `pin` tells whether it is still the same."""
        return f"{self.server}/{self.name}"

    @property
    def pin(self) -> str:
        """Hash of everything that a person relies on who allows it."""
        said = (self.server, self.name, self.title, self.description, self.writes, self.open_world)
        return hashlib.sha256(orjson.dumps([*said, self.parameters], option=_SORTED)).hexdigest()[:32]

    @property
    def shown(self) -> str:
        return self.title or self.name

    def definition(self, wire_name: str) -> ToolDefinition:
        return ToolDefinition(wire_name, self.description, self.parameters)

    @property
    def letters(self) -> int:
        """How long its definition is."""
        return len(self.title) + len(self.description) + len(_json(self.parameters))

    @property
    def tokens(self) -> int:
        """What offering it costs in each request, as an estimate."""
        return estimate(self.name) + estimate(self.description) + estimate(_json(self.parameters))


_SORTED: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def _json(value: Any) -> str:
    return orjson.dumps(value, option=_SORTED).decode()
