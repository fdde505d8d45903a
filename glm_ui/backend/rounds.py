"""Asks, runs the tools that the model calls, and asks again: the loop above `stream_chat`, which stays one request
and one reply. Where a person must be asked first, the turn ends; the next one resumes it with the person's decision.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

from glm_ui.accounting.tokens import NoCounter, estimate_request
from glm_ui.backend.tool_runs import run_all
from glm_ui.events import (
    AnswerDelta,
    Done,
    Note,
    Round,
    Sources,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    ToolEnded,
    ToolWaiting,
)
from glm_ui.messages import ChatRequest, Image, Message, Part, ToolCall, ToolChoice, ToolResult
from glm_ui.protocol.anthropic.searched import is_paused
from glm_ui.reply import Reply
from glm_ui.tools import results
from glm_ui.tools.consent import AWAY, IN_BROWSER, Allowed, Verdict, is_tainted, key_of, question
from glm_ui.tools.tool import Running, Tool
from glm_ui.tools.toolbox import Toolbox

MOST_ROUNDS: Final = 8
"""Requests of one turn; the last one is asked without tools."""
MOST_CALLS: Final = 16
"""Calls of one round that run."""
MOST_CALLS_OF_TURN: Final = 32
TOO_MANY: Final = (
    f"This call was not run: at most {MOST_CALLS} of a round and {MOST_CALLS_OF_TURN} of a turn are."
)
ENDS_WELL: Final = frozenset({"stop", "tool_calls", "other"})
"""Finish reasons after which calls are whole."""
LIMIT_NOTE: Final = "The tools were taken away after {n} rounds, so that this turn comes to an end."

Ask = Callable[[ChatRequest], AsyncGenerator[StreamEvent, None]]


def new_key() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a round. `key` is ours; ids of providers repeat. `verdict`, `reason`, `pin`: what the person said of
    it, and of which definition. `inline`: it stood in the text of the answer."""

    call: ToolCall
    key: str = field(default_factory=new_key)
    inline: bool = False
    verdict: Verdict = ""
    reason: str = ""
    pin: str = ""
    result: str | None = None
    """What it gave before the turn was interrupted, or in the page."""
    failed: bool = False
    pictures: tuple[tuple[str, bytes], ...] = ()
    """(MIME type, bytes), prepared as every picture is."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a turn may run, on whose word. `tainted`: the conversation holds what a provider's own search brought in
    from the open web. `before`: rounds and calls that the turn had when it ended to ask."""

    box: Toolbox
    allowed: Allowed = field(default_factory=Allowed)
    running: Running = field(default_factory=Running)
    began: set[str] = field(default_factory=set)
    """Keys of calls that this process has begun: none begins twice."""
    ended_for: Callable[[tuple[str, ...]], object] = lambda _: None
    """Is told the keys of the calls that the turn ends for."""
    tainted: bool = False
    rounds_before: int = 0
    calls_before: int = 0


async def stream_rounds(
    request: ChatRequest, *, ask: Ask, tools: Tools, pending: tuple[Call, ...] = ()
) -> AsyncGenerator[StreamEvent, None]:
    """The events of all rounds, then one `Done`. `ask` sends one request; `request` offers the tools already. `pending`
    are calls of the last message, the assistant's: the turn goes on with them. A turn in which a person must be
    asked ends with `ToolWaiting` events and `Done("tool_calls")`. Raises as `ask` does; closing it ends a running call,
    the loop and the upstream."""
    loop = _Loop(request, tools)
    if pending:
        loop.messages, parts = request.messages[:-1], request.messages[-1].parts
        async with aclosing(loop.settle(parts, pending)) as events:
            async for event in events:
                yield event
        if loop.ended:
            return
    while True:
        async with aclosing(loop.one_reply(ask)) as events:
            async for event in events:
                yield event
        if loop.ended:
            return


class _Loop:
    def __init__(self, request: ChatRequest, tools: Tools) -> None:
        self.request, self.tools = request, tools
        self.messages = request.messages
        self.number = tools.rounds_before + 1
        self.called = tools.calls_before
        self.searched = tools.tainted or request.provider_search
        """Whether the provider may have put text from the open web into the conversation."""
        self.ended = False

    async def one_reply(self, ask: Ask) -> AsyncGenerator[StreamEvent, None]:
        """One request, its reply, and what its calls give."""
        heard, ids, inline = _Heard(), _Ids(), set[int]()
        last = self.number >= MOST_ROUNDS
        async with aclosing(ask(self._request(last))) as events:
            async for event in events:
                if type(event) is ToolCallDelta:
                    event = ids.own(event)
                    if event.inline:
                        inline.add(event.index)
                elif type(event) is Sources:
                    self.searched = True
                heard.add(event)
                if type(event) is Done:
                    break
                yield event
        reply = heard.reply
        done, calls = reply.done, reply.tool_calls
        assert done is not None  # noqa: S101 - a stream ends with one, or raises
        if last and self.number > 1:
            yield Note(LIMIT_NOTE.format(n=MOST_ROUNDS))
        if last or not calls or done.reason not in ENDS_WELL:
            self.ended = True
            yield done
            return
        made = tuple(Call(call, inline=index in inline) for index, call in enumerate(calls))
        async with aclosing(self.settle(reply.parts(), made, done)) as settled:
            async for event in settled:
                yield event

    async def settle(
        self, parts: tuple[Part, ...], calls: tuple[Call, ...], done: Done | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        """Decides about all calls of a round before it runs any, then runs them. Where a person must be asked, none
        runs and the turn ends, as it does for what runs in the page: all that has no end yet is told, so that the page
        knows the key of each."""
        open_ = self._open(calls)
        if any(call.why for call in open_):
            self.ended = True
            self.tools.ended_for(tuple(call.key for call in open_))
            for call in open_:
                yield call
            yield done or Done("tool_calls")
            return
        given: dict[int, ToolEnded] = {}
        room = self._room
        self.called += len(calls)
        jobs = [
            (i, call, self._tool(call) if i < room else None, TOO_MANY if i >= room else _missing(call))
            for i, call in enumerate(calls)
        ]
        async with aclosing(run_all(jobs, self.tools.running, self.tools.began)) as events:
            async for event in events:
                if type(event) is ToolEnded:
                    given[event.index] = event
                yield event
        answers = tuple(result_of(call, given[i]) for i, call in enumerate(calls))
        self.messages = (*self.messages, Message("assistant", parts), Message("user", answers))
        self.number += 1
        yield Round(self.number, estimate_request(self._request(self.number >= MOST_ROUNDS)))

    @property
    def _room(self) -> int:
        """How many calls of this round run."""
        return max(0, min(MOST_CALLS, MOST_CALLS_OF_TURN - self.called))

    def _request(self, last: bool) -> ChatRequest:
        return replace(
            self.request,
            messages=self.messages,
            continues=self.request.continues and self.messages is self.request.messages,
            tool_choice=ToolChoice("none") if last or self._no_calls else self.request.tool_choice,
        )

    @property
    def _no_calls(self) -> bool:
        """An answer that is gone on with calls nothing, but where its provider paused in the middle."""
        return self.request.continues and not is_paused(self.request.messages[-1])

    def _tool(self, call: Call) -> Tool | None:
        return self.tools.box.find(call.call.name)

    def _open(self, calls: tuple[Call, ...]) -> list[ToolWaiting]:
        """The calls that have no end yet, each with why it waits; "" for one that waits for the others alone."""
        tainted = self.searched or is_tainted(self.messages, self.tools.box)
        told = []
        for index, call in enumerate(calls):
            if call.verdict in ("no", "began") or call.result is not None:
                continue
            tool = self._tool(call) if index < self._room else None
            if tool is None:
                away = call.verdict == "once" and call.pin and index < self._room
                told.append(ToolWaiting(index, call.key, "", "", AWAY if away else "", call.pin))
                continue
            why = question(
                tool,
                allowed=self.tools.allowed,
                tainted=tainted,
                inline=call.inline,
                verdict=call.verdict,
                pin=call.pin,
            )
            why = why or (IN_BROWSER if tool.in_browser else "")
            told.append(ToolWaiting(index, call.key, tool.server, tool.shown, why, tool.pin, key_of(tool)))
        return told


def _missing(call: Call) -> str:
    """What the model reads of a call that has no tool: one that a person was asked about had one."""
    return results.GONE if call.pin else results.NO_SUCH_TOOL


class _Heard:
    """A reply as it comes. Neighbouring pieces of one text are added as one, and no tokens are counted: it is asked for
    its parts alone, and when it has ended."""

    def __init__(self) -> None:
        self.reply = Reply(counter=NoCounter)
        self._texts: list[str] = []
        self._block: int | None = None
        """Of the thinking that `_texts` are; None where they are answer."""

    def add(self, event: StreamEvent) -> None:
        block: int | None
        if isinstance(event, AnswerDelta):
            block = None
        elif isinstance(event, ThinkingDelta) and event.opaque is None and not event.takes_answer:
            block = event.block
        else:
            self._flush()
            self.reply.add(event)
            return
        if block != self._block:
            self._flush()
            self._block = block
        self._texts.append(event.text)

    def _flush(self) -> None:
        if self._texts:
            text = "".join(self._texts)
            self._texts = []
            self.reply.add(AnswerDelta(text) if self._block is None else ThinkingDelta(text, self._block))


class _Ids:
    """Every call of a round has an id of its own on the wire: some providers give none, or the same to all."""

    def __init__(self) -> None:
        self._of: dict[int, str] = {}

    def own(self, event: ToolCallDelta) -> ToolCallDelta:
        if event.index not in self._of:
            if not event.id or event.id in self._of.values():
                self._of[event.index] = f"call_{uuid.uuid4().hex[:24]}"
            else:
                self._of[event.index] = event.id
        return replace(event, id=self._of[event.index])


def result_of(call: Call, ended: ToolEnded) -> ToolResult:
    """The result as the model reads it. Pictures follow as pictures."""
    images = tuple(Image(data=data, mime=mime) for mime, data in ended.pictures[: results.MOST_PICTURES])
    text = results.for_model(call.call.name, ended.key, ended.content)
    return ToolResult(call.call.id, text, ended.state != "done", images)
