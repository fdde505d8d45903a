"""What tools add to a reply: how each call went, and the rounds that lie behind the one that streams. Values; no page,
no wire words."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, fields, replace
from typing import Any, Required, TypedDict, cast

from glm_ui.accounting import cost as ledger
from glm_ui.events import Source, Sources, ToolEnded, ToolEvent, ToolProgress, ToolStarted, ToolWaiting, Usage
from glm_ui.messages import Part, Text, Thinking


class Progress(TypedDict):
    done: float
    total: float | None
    text: str


class RunTold(TypedDict, total=False):
    """How a call went: waiting for a person's word (`why`), ready to run when the others of its round are, running, or
    as it ended; `pictures` are data URLs."""

    key: str
    server: str
    title: str
    state: str
    why: str
    pin: str
    progress: Progress
    result: str
    seconds: float | None
    pictures: list[str]


class CallTold(RunTold):
    """A call with how it went; `arguments` as the model wrote them: JSON, if all went well."""

    id: Required[str]
    name: Required[str]
    arguments: Required[str]


@dataclass(frozen=True, slots=True)
class PastRound:
    """A round whose calls have their results: the assistant's parts, the calls as `Runs.of` gives them, and how long it
    thought, in seconds."""

    parts: tuple[Part, ...]
    calls: tuple[CallTold, ...]
    thinking_seconds: float | None = None

    @property
    def thinking(self) -> str:
        return "\n\n".join(part.text for part in self.parts if isinstance(part, Thinking) and part.text)

    @property
    def answer(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(slots=True)
class Spent:
    """What the rounds behind this one came to."""

    usage: Usage = field(default_factory=Usage)
    counted: ledger.Counted = field(default_factory=lambda: ledger.Counted(0, 0, 0))
    rounds: int = 0

    def add(self, usage: Usage, counted: ledger.Counted) -> None:
        self.usage = self.with_usage(usage)
        self.counted = self.with_counted(counted)
        self.rounds += 1

    def with_usage(self, usage: Usage) -> Usage:
        """Of the whole turn. What one reply did not report is not known of the turn."""
        return plus(self.usage, usage) if self.rounds else usage

    def with_counted(self, now: ledger.Counted) -> ledger.Counted:
        before = self.counted
        estimate = None if before.input is None or now.input is None else before.input + now.input
        return ledger.Counted(estimate, before.thinking + now.thinking, before.spoken + now.spoken)


def plus(one: Usage, other: Usage) -> Usage:
    pairs = {f.name: (getattr(one, f.name), getattr(other, f.name)) for f in fields(Usage)}
    return Usage(**{name: None if None in pair else sum(pair) for name, pair in pairs.items()})


def merged(held: Usage, new: Usage) -> Usage:
    """The last report holds, field by field: Anthropic's dialect reports input at the start, output at the
    end."""
    later = {f.name: value for f in fields(new) if (value := getattr(new, f.name)) is not None}
    return replace(held, **later)


class Runs:
    """How the calls of the round that streams went, by their index; and the sources of all rounds."""

    def __init__(self) -> None:
        self.calls: dict[int, RunTold] = {}
        self.sources: list[Source] = []

    def see(self, event: ToolEvent) -> None:
        """Anything but `Round`, which is the reply's own."""
        match event:
            case ToolWaiting():
                whose = {"server": event.server, "title": event.title} if event.server else {}
                self._put(
                    event.index, key=event.key, **whose,
                    state="waiting" if event.why else "ready", why=event.why, pin=event.pin, tool=event.tool,
                )  # fmt: skip
            case ToolStarted():
                self._put(event.index, key=event.key, server=event.server, title=event.title, state="running")
            case ToolProgress():
                progress = {"done": event.done, "total": event.total, "text": event.text}
                self._put(event.index, progress=progress)
            case ToolEnded():
                self._end(event)
            case Sources():
                self.sources += event.items
            case _:
                pass

    def _end(self, event: ToolEnded) -> None:
        call = self.calls.setdefault(event.index, {})
        call.pop("progress", None)
        call.pop("why", None)
        call |= {"key": event.key, "state": event.state, "result": event.content, "seconds": event.seconds}
        if event.server:
            call["server"] = event.server
        if event.title:
            call["title"] = event.title
        if event.pictures:
            call["pictures"] = [
                f"data:{mime};base64,{base64.b64encode(data).decode()}" for mime, data in event.pictures
            ]

    def _put(self, index: int, **values: Any) -> None:
        self.calls[index] = cast(RunTold, {**self.calls.get(index, {}), **values})

    def of(self, index: int) -> RunTold:
        return self.calls.get(index, {})
