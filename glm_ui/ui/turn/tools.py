"""The tools of the page's turns: what a turn offers, what it may run, and what the page is told of them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, Final

import orjson

from glm_ui.accounting.tokens import estimate
from glm_ui.backend.rounds import MOST_ROUNDS, Call, Tools, stream_rounds
from glm_ui.catalogue import load
from glm_ui.errors import BadInput
from glm_ui.events import Sources, StreamEvent
from glm_ui.languages import listed, say
from glm_ui.messages import ChatRequest
from glm_ui.reply import Reply
from glm_ui.tools.consent import Allowed, question
from glm_ui.tools.mcp.server import Server
from glm_ui.tools.pictures import prepared
from glm_ui.tools.registry import Registry
from glm_ui.tools.results import visible
from glm_ui.tools.tool import PROVIDER, Running, SourceNumbers, Tool
from glm_ui.tools.toolbox import Toolbox
from glm_ui.ui.turn.request import PROVIDER_SEARCH, FileRef, Turn
from glm_ui.ui.turn.taps import TurnTap

ServersOf = Callable[[str], Sequence[Server]]
"""room -> the servers that its visitor named."""
TextOf = Callable[[str, FileRef], Awaitable[str]]
"""(browser that uploaded it, file) -> its text. Raises GlmUiError."""
LISTED_WITHIN: Final = 3.0
"""Seconds that the list of tools waits for servers; one that takes longer is said to be on its way."""
MOST_KEYS: Final = 50_000
LONGEST_DESCRIPTION: Final = 2_000
"""Characters of a description that the page shows."""


class Began(set[str]):
    """Keys of the calls that began in this process; the oldest are forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self._order: OrderedDict[str, None] = OrderedDict()

    def add(self, key: str) -> None:
        super().add(key)
        self._order[key] = None
        while len(self._order) > MOST_KEYS:
            self.discard(self._order.popitem(last=False)[0])


class GoingOn:
    """The turns of this process that ended for calls, and may go on once without being counted again: as often in a row
    as a turn that asks nobody has rounds. The oldest are forgotten."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, tuple[tuple[str, ...], int]] = OrderedDict()
        """A call's key -> those of its round, and how often the turn has gone on."""

    def ended_for(self, keys: tuple[str, ...], times: int) -> None:
        for key in keys:
            self._of[key] = (keys, times)
        while len(self._of) > MOST_KEYS:
            self._of.popitem(last=False)

    def times(self, keys: Iterable[str]) -> int:
        """How often the turn has gone on now that it does with these; 0 where it is counted as a new one."""
        round_, times = next((self._of[key] for key in keys if key in self._of), ((), 0))
        for key in round_:
            self._of.pop(key, None)
        return times + 1 if round_ and times < MOST_ROUNDS else 0


class TurnTools:
    """`text_of` reads a file of a visitor as text; `mine` gives the servers that the visitor of a room named."""

    def __init__(self, registry: Registry, text_of: TextOf, mine: ServersOf = lambda _: ()) -> None:
        self.registry = registry
        self._mine = mine
        self._text_of = text_of
        self._began = Began()
        self._going_on = GoingOn()

    async def listed(self, owner: bool, room: str) -> dict[str, Any]:
        """What there is to choose from, for the owner or for a visitor, and in the visitor's room."""
        mine = self._mine(room)
        tools = await self.registry.known(owner, mine, within=LISTED_WITHIN)
        listed = [public(tool) for tool in tools]
        servers = [*self.registry.states(owner), *({**server.public(), "own": True} for server in mine)]
        return {"tools": [*listed, provider_search()], "servers": servers}

    async def of(self, turn: Turn, who: str, owner: bool, times: int = 0) -> Tools | None:
        """What this turn may run; None for one without tools. `times` is how often it has gone on."""
        if not turn.tools and not turn.resumes:
            return None
        goes_on = turn.resumes or turn.continues
        past = turn.messages[-1].rounds if goes_on else []
        return Tools(
            await self.registry.box(turn.tools, owner, self._mine(turn.session)),
            Allowed(frozenset(turn.allowed)),
            Running(
                visitor=who,
                sources=numbers_of(turn),
                files=files_of(turn, self._text_of),
            ),
            self._began,
            tainted=any(said.searched or any(file.url for file in said.files) for said in turn.messages),
            ended_for=partial(self._going_on.ended_for, times=times),
            rounds_before=len(past),
            calls_before=sum(len(round.calls) for round in past),
        )

    def times(self, turn: Turn) -> int:
        """How often this turn has gone on without being counted again; 0 for one that is counted."""
        return self._going_on.times(call.key for call in turn.messages[-1].calls) if turn.resumes else 0

    async def unasked(self, names: Iterable[str], who: str, owner: bool) -> Tools:
        """Tools for a program, by their names, ids or servers: those that run without a question. Raises BadInput
        for a name that no tool has."""
        found = []
        known = [tool for tool in await self.registry.known(owner) if not tool.in_browser]
        for name in names:
            meant = [tool for tool in known if name in (tool.name, tool.id, tool.server)]
            if not meant:
                raise BadInput(f"There is no tool “{visible(name)[:80]}” here.")
            found += [tool for tool in meant if not question(tool, allowed=Allowed())]
        return Tools(Toolbox(found), running=Running(visitor=who), began=self._began)


async def renumbered(
    events: AsyncGenerator[StreamEvent, None], numbers: SourceNumbers
) -> AsyncGenerator[StreamEvent, None]:
    """One reply of the model. The sources of the provider's own search, which every reply numbers anew, get numbers of
    the conversation; `ref` keeps the number that the reply knows."""
    async with aclosing(events):
        async for event in events:
            if type(event) is Sources:
                items = (replace(one, number=numbers.number(one.url), ref=one.number) for one in event.items)
                event = Sources(tuple(items))
            yield event


async def in_rounds(
    turn: Turn,
    request: ChatRequest,
    reply: Reply,
    *,
    ask: Callable[[ChatRequest], AsyncGenerator[StreamEvent, None]],
    tap: TurnTap,
    tools: Tools,
) -> Callable[[ChatRequest], AsyncGenerator[StreamEvent, None]]:
    """What sends all rounds of a turn, each as `ask` sends one request. Raises BadInput as `pending`."""
    calls = await pending(turn)
    reply.resume(request.messages[-1].parts if calls else ())
    one = partial(renumbered_by, ask, tools.running.sources)
    return lambda asked: tap.noting(stream_rounds(asked, ask=one, tools=tools, pending=calls))


def numbers_of(turn: Turn) -> SourceNumbers:
    """Goes on with the numbers that the conversation's sources have."""
    return SourceNumbers([(source.number, source.url) for source in turn.sources])


def renumbered_by(
    ask: Callable[[ChatRequest], AsyncGenerator[StreamEvent, None]],
    numbers: SourceNumbers,
    request: ChatRequest,
) -> AsyncGenerator[StreamEvent, None]:
    """The reply that `ask` gets, `renumbered`."""
    return renumbered(ask(request), numbers)


def files_of(turn: Turn, text_of: TextOf) -> tuple[tuple[str, Callable[[], Awaitable[str]]], ...]:
    """The files of a turn, each under a name of its own, and what reads it. Each is read once."""
    named: dict[str, FileRef] = {}
    for file in (file for said in turn.messages for file in said.files):
        if file not in named.values():
            name = visible(file.name or file.url)[:255]
            count = sum(known == name or known.startswith(f"{name} (") for known in named)
            named[f"{name} ({count + 1})" if count else name] = file
    return tuple((name, _once(text_of, turn.visitor, file)) for name, file in named.items())


def _once(text_of: TextOf, visitor: str, file: FileRef) -> Callable[[], Awaitable[str]]:
    read: list[str] = []

    async def text() -> str:
        if not read:
            read.append(await text_of(visitor, file))
        return read[0]

    return text


UNREADABLE: Final = "[A picture that cannot be read.]"


async def pending(turn: Turn) -> tuple[Call, ...]:
    """The calls that the turn goes on with; pictures of what ran in the page are prepared as every picture is. Raises
    BadInput where there are none."""
    calls = turn.pending()
    posted = turn.messages[-1].calls if calls else []
    return tuple(
        [await _with_pictures(*each) for each in zip(calls, (c.pictures for c in posted), strict=True)]
    )


async def _with_pictures(call: Call, urls: list[str]) -> Call:
    if call.result is None or not urls:
        return call
    made = await asyncio.gather(*(prepared(url.partition(";base64,")[2]) for url in urls))
    unread = [UNREADABLE] * made.count(None)
    return replace(
        call,
        pictures=tuple(picture for picture in made if picture),
        result="\n".join([call.result, *unread]),
    )


def provider_search() -> dict[str, Any]:
    """The search that providers run themselves, as the page lists it among the tools."""
    able = [provider for provider in load().providers.values() if provider.search_tool]
    names = listed(provider.name for provider in able)
    said = say("{names} search the web themselves and name their sources. No search asks first.", names=names)
    return {
        "id": PROVIDER_SEARCH,
        "server": PROVIDER,
        "name": "web_search",
        "title": say("The provider's own web search"),
        "description": said,
        "tokens": max(estimate(orjson.dumps(provider.search_tool).decode()) for provider in able),
        "asks": False,
        "key": "",
    }


def public(tool: Tool) -> dict[str, Any]:
    """The tool as the page lists it. `asks`: a question comes before it runs, at least the first time."""
    return {
        "id": tool.id,
        "server": visible(tool.server),
        "name": visible(tool.name),
        "title": visible(say(tool.shown))[:100],
        "description": visible(say(tool.description))[:LONGEST_DESCRIPTION],
        "tokens": tool.tokens,
        "asks": bool(question(tool, allowed=Allowed())),
        "key": f"{tool.id}@{tool.pin}",
    }
