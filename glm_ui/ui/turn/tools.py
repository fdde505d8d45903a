"""The tools of the page's turns: what a turn offers, what it may run, and what the page is told of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final

from starlette.types import Scope

from glm_ui.backend.rounds import Tools
from glm_ui.errors import BadInput
from glm_ui.settings import Settings
from glm_ui.tools.consent import Allowed, question
from glm_ui.tools.registry import Registry
from glm_ui.tools.results import visible
from glm_ui.tools.tool import Running, SourceNumbers, Tool
from glm_ui.tools.toolbox import Toolbox
from glm_ui.ui.turn.request import Turn

FORWARDED: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"})
"""Headers that a proxy adds."""
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
    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self.registry = registry
        self._began = Began()

    async def listed(self, scope: Scope) -> dict[str, Any]:
        """What there is to choose from, for whoever sent this request."""
        owner = self.is_owner(scope)
        tools = await self.registry.known(owner)
        return {"tools": [public(tool) for tool in tools], "servers": self.registry.states(owner)}

    def is_owner(self, scope: Scope) -> bool:
        """Whether the request comes from the machine that the app runs on, with no proxy between: nobody else is known
        to be its owner."""
        host = (scope.get("client") or ("",))[0]
        names = {name for name, _ in scope["headers"]}
        if not self._settings.at_home or self._settings.glm_ui_trusted_proxies or names & FORWARDED:
            return False
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False

    async def of(self, turn: Turn, who: str, owner: bool) -> Tools | None:
        """What this turn may run; None for one without tools."""
        if not turn.tools and not turn.resumes:
            return None
        goes_on = turn.resumes or turn.continues
        past = turn.messages[-1].rounds if goes_on else []
        return Tools(
            await self.registry.box(turn.tools, owner),
            Allowed(frozenset(turn.allowed)),
            Running(visitor=who, sources=SourceNumbers({url: n for n, url in enumerate(turn.sources, 1)})),
            self._began,
            rounds_before=len(past),
            calls_before=sum(len(round.calls) for round in past),
        )

    async def unasked(self, names: Iterable[str], who: str, scope: Scope) -> Tools:
        """Tools for a program, by their names, ids or servers: those that run without a question. Raises BadInput for a
        name that leads to none."""
        found = []
        known = await self.registry.known(self.is_owner(scope))
        for name in names:
            meant = [tool for tool in known if name in (tool.name, tool.id, tool.server)]
            if not meant:
                raise BadInput(f"There is no tool “{visible(name)[:80]}” here.")
            found += [tool for tool in meant if not question(tool, allowed=Allowed())]
        return Tools(Toolbox(found), running=Running(visitor=who), began=self._began)


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
