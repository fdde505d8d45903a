"""Events of a reply as the frames that the page reads; `live` says which there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glm_ui.events import (
    AnswerDelta,
    Note,
    Retrying,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Waiting,
)
from glm_ui.reply import Reply

Frame = dict[str, Any]


def frames_of(batch: Iterable[StreamEvent], reply: Reply) -> list[Frame]:
    """One batch as few frames: text is joined, so that a batch costs the page one draw."""
    frames: list[Frame] = []
    texts = {"t": "", "a": ""}
    tools = False

    def flush() -> None:
        if any(texts.values()):
            frames.append({"k": "d", **{name: text for name, text in texts.items() if text}})
            texts.update(t="", a="")

    for event in batch:
        match event:
            case ThinkingDelta(text=text, takes_answer=takes):
                if takes:
                    flush()
                    frames.append({"k": "take"})
                texts["t"] += text
            case AnswerDelta(text=text):
                texts["a"] += text
            case ToolCallDelta():
                tools = True
            case Waiting() | Retrying() | Started() | Note():
                frames.append(_news(event, reply))
            case _:
                pass
    flush()
    if tools:
        frames.append({"k": "tool", "calls": calls(reply)})
    return frames


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
    return [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in reply.tool_calls]
