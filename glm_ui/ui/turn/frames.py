"""Events of a reply as the frames that the page reads; `run.py` lists them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import asdict
from typing import cast

from glm_ui.events import (
    AnswerDelta,
    Citation,
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
from glm_ui.reply.metrics import Metrics
from glm_ui.reply.rounds import CallTold, Runs
from glm_ui.ui import wire

Frames = AsyncGenerator[wire.TurnFrame, None]
Count = Callable[[Reply], Metrics]
RUNS = (ToolWaiting, ToolStarted, ToolProgress, ToolEnded)


def frames_of(batch: Iterable[StreamEvent], reply: Reply) -> list[wire.TurnFrame]:
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
        self.frames: list[wire.TurnFrame] = []
        self._texts = {"t": "", "a": ""}
        self._calls = False

    def add(self, event: StreamEvent) -> None:
        match event:
            case ThinkingDelta(text=text, takes_answer=takes):
                if takes:
                    self.flush()
                    self.frames.append(wire.TakeBack(k="take"))
                self._texts["t"] += text
            case AnswerDelta(text=text):
                self._texts["a"] += text
            case ToolCallDelta():
                self._calls = True
            case Waiting() | Retrying() | Started() | Note():
                self.frames.append(_news(event, self.reply))
            case Citation():
                self.flush()
                cited = wire.CitationTold(k="cite", url=event.url, text=event.passage, back=event.back)
                self.frames.append(cited)
            case Round() | Sources() | ToolWaiting() | ToolStarted() | ToolProgress() | ToolEnded():
                self.flush()
                self._add_tool_event(event)
            case _:
                pass

    def _add_tool_event(self, event: StreamEvent) -> None:
        if isinstance(event, Round):
            past = self.reply.rounds[self.round]
            self.round += 1
            blocks = thinking_blocks(past.parts)
            self.frames.append(wire.PastRoundTold(k="round", thinking=blocks, seconds=past.thinking_seconds))
        elif isinstance(event, Sources):
            items = [cast(wire.CitedTold, asdict(source)) for source in event.items]
            self.frames.append(wire.SourcesTold(k="sources", items=items))
        elif isinstance(event, RUNS):
            run = Runs()
            run.see(event)
            self.frames.append(wire.CallNews(k="call", index=event.index, call=run.of(event.index)))

    def flush(self) -> None:
        """The texts and calls so far, before what comes next."""
        if any(self._texts.values()):
            self.frames.append(_delta(**self._texts))
            self._texts = {"t": "", "a": ""}
        if self._calls:
            self._calls = False
            self.frames.append(wire.Tool(k="tool", calls=self._calls_of_round()))

    def _calls_of_round(self) -> list[CallTold]:
        if self.round == len(self.reply.rounds):
            return calls(self.reply)
        past = self.reply.rounds[self.round].calls
        return [{"id": call["id"], "name": call["name"], "arguments": call["arguments"]} for call in past]


def _delta(t: str, a: str) -> wire.Delta:
    delta: wire.Delta = {"k": "d"}
    if t:
        delta["t"] = t
    if a:
        delta["a"] = a
    return delta


def _news(
    event: Waiting | Retrying | Started | Note, reply: Reply
) -> wire.Wait | wire.Retry | wire.Start | wire.Notes:
    match event:
        case Waiting(phase=phase):
            return wire.Wait(k="wait", phase=phase)
        case Retrying(attempt=attempt, of=of, delay=delay, why=why):
            return wire.Retry(k="retry", attempt=attempt, of=of, delay=delay, why=why)
        case Started(model=model, notes=notes):
            return wire.Start(k="start", model=model, notes=list(notes))
        case Note():
            return wire.Notes(k="note", notes=list(reply.notes))


def calls(reply: Reply) -> list[CallTold]:
    """The calls of the round that streams, with how each went."""
    return [
        {"id": c.id, "name": c.name, "arguments": c.arguments, **reply.runs.of(i)}
        for i, c in enumerate(reply.tool_calls)
    ]


def thinking_blocks(parts: Iterable[Part]) -> list[wire.Block]:
    """What the browser must keep of the thinking to send it back unchanged."""
    return [{"text": p.text, "opaque": p.opaque} for p in parts if isinstance(p, Thinking)]


def ending_of(reply: Reply) -> wire.EndingTold:
    done = reply.done
    if any(call.get("state") == "waiting" for call in reply.runs.calls.values()):
        return {"kind": "waiting", "raw": ""}
    if done is None:
        return {"kind": "other", "raw": ""}
    ending: wire.EndingTold = {"kind": done.reason, "raw": done.raw_reason}
    if done.why:
        ending["why"] = done.why
    return ending


def rest_of(reply: Reply, count: Count) -> wire.Kept:
    """What the browser must keep of a reply to send it back unchanged, and what it cost."""
    return {"metrics": count(reply), "thinking": thinking_blocks(reply.parts()), "calls": calls(reply)}
