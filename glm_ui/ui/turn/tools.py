"""The tools of the page's turns: what a turn offers, what it may run, and what the page is told of them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from starlette.types import Scope

from glm_ui.backend.rounds import Tools
from glm_ui.tools.consent import Allowed, question
from glm_ui.tools.registry import Registry
from glm_ui.tools.results import visible
from glm_ui.tools.tool import Running, SourceNumbers, Tool
from glm_ui.ui.turn.request import Turn

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


class TurnTools:
    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._began = Began()

    async def listed(self, scope: Scope) -> dict[str, Any]:
        """What there is to choose from, for whoever sent this request."""
        tools = [public(tool) for tool in self.registry.known()]
        return {"tools": tools, "servers": []}

    async def of(self, turn: Turn, who: str) -> Tools | None:
        """What this turn may run; None for one without tools."""
        if not turn.tools and not turn.resumes:
            return None
        goes_on = turn.resumes or turn.continues
        past = turn.messages[-1].rounds if goes_on else []
        return Tools(
            await self.registry.box(turn.tools),
            Allowed(frozenset(turn.allowed)),
            Running(visitor=who, sources=SourceNumbers({url: n for n, url in enumerate(turn.sources, 1)})),
            self._began,
            rounds_before=len(past),
            calls_before=sum(len(round.calls) for round in past),
        )


def public(tool: Tool) -> dict[str, Any]:
    """The tool as the page lists it. `asks`: a question comes before it runs, at least the first time."""
    return {
        "id": tool.id,
        "server": visible(tool.server),
        "name": visible(tool.name),
        "title": visible(tool.shown)[:100],
        "description": visible(tool.description)[:LONGEST_DESCRIPTION],
        "tokens": tool.tokens,
        "asks": bool(question(tool, allowed=Allowed())),
        "key": f"{tool.id}@{tool.pin}",
    }
