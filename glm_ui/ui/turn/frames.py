"""Events of a reply as the frames that the page reads; `live` says which there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glm_ui.events import (
    AnswerDelta,
    Note,
    Retrying,
    Round,
    Sources,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    ToolEnded,
    ToolProgress,
    ToolStarted,
    ToolWaiting,
    Waiting,
)
from glm_ui.messages import Part, Thinking
from glm_ui.reply import Reply
from glm_ui.reply.rounds import Runs

Frame = dict[str, Any]


RUNS = (ToolWaiting, ToolStarted, ToolProgress, ToolEnded)


def frames_of(batch: Iterable[StreamEvent], reply: Reply) -> list[Frame]:
    """One batch as few frames: text is joined, so that a batch costs the page one draw. `reply` has all of it."""
    batch = list(batch)
    gathered = _Gathered(reply, sum(type(event) is Round for event in batch))
    for event in batch:
        gathered.add(event)
    gathered.flush()
    return gathered.frames


class _Gathered:
    """`rounds`: how many begin in this batch, so that the calls of each can be found."""

    def __init__(self, reply: Reply, rounds: int) -> None:
        self.reply = reply
        self.round = len(reply.rounds) - rounds
        self.frames: list[Frame] = []
        self._texts = {"t": "", "a": ""}
        self._calls = False

    def add(self, event: StreamEvent) -> None:
        match event:
            case ThinkingDelta(text=text, takes_answer=takes):
                if takes:
                    self.flush()
                    self.frames.append({"k": "take"})
                self._texts["t"] += text
            case AnswerDelta(text=text):
                self._texts["a"] += text
            case ToolCallDelta():
                self._calls = True
            case Waiting() | Retrying() | Started() | Note():
                self.frames.append(_news(event, self.reply))
            case Round() | Sources() | ToolWaiting() | ToolStarted() | ToolProgress() | ToolEnded():
                self.flush()
                self._add_tool_event(event)
            case _:
                pass

    def _add_tool_event(self, event: StreamEvent) -> None:
        if isinstance(event, Round):
            past = self.reply.rounds[self.round]
            self.round += 1
            frame = {"k": "round", "thinking": thinking_blocks(past.parts), "seconds": past.thinking_seconds}
            self.frames.append(frame)
        elif isinstance(event, Sources):
            items = [{name: getattr(source, name) for name in source.__slots__} for source in event.items]
            self.frames.append({"k": "sources", "items": items})
        elif isinstance(event, RUNS):
            run = Runs()
            run.see(event)
            self.frames.append({"k": "call", "index": event.index, "call": run.of(event.index)})

    def flush(self) -> None:
        """The texts and calls so far, before what comes next."""
        if any(self._texts.values()):
            self.frames.append({"k": "d", **{name: text for name, text in self._texts.items() if text}})
            self._texts = {"t": "", "a": ""}
        if self._calls:
            self._calls = False
            self.frames.append({"k": "tool", "calls": self._calls_of_round()})

    def _calls_of_round(self) -> list[Frame]:
        if self.round == len(self.reply.rounds):
            return calls(self.reply)
        kept = ("id", "name", "arguments")
        return [{name: call[name] for name in kept} for call in self.reply.rounds[self.round].calls]


def _news(event: Waiting | Retrying | Started | Note, reply: Reply) -> Frame:
    match event:
        case Waiting(phase=phase):
            return {"k": "wait", "phase": phase}
        case Retrying(attempt=attempt, of=of, delay=delay, why=why):
            return {"k": "retry", "attempt": attempt, "of": of, "delay": delay, "why": why}
        case Started(model=model, notes=notes):
            return {"k": "start", "model": model, "notes": list(notes)}
        case Note():
            return {"k": "note", "notes": list(reply.notes)}


def calls(reply: Reply) -> list[Frame]:
    """The calls of the round that streams, with how each went."""
    return [
        {"id": c.id, "name": c.name, "arguments": c.arguments, **reply.runs.of(i)}
        for i, c in enumerate(reply.tool_calls)
    ]


def thinking_blocks(parts: Iterable[Part]) -> list[Frame]:
    """What the browser must keep of the thinking to send it back unchanged."""
    return [{"text": p.text, "opaque": p.opaque} for p in parts if isinstance(p, Thinking)]
