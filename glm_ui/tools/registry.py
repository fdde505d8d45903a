"""Which tools there are here, and for whom. One object for the whole app."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from glm_ui.accounting.quota import ProbeRateLimit
from glm_ui.catalogue.search import search_engines
from glm_ui.settings import Settings
from glm_ui.tools.calculator import CALCULATOR
from glm_ui.tools.clock import CLOCK
from glm_ui.tools.demo_search import DEMO_SEARCH
from glm_ui.tools.files import READ_FILE
from glm_ui.tools.mcp.config import read_servers
from glm_ui.tools.mcp.server import Server
from glm_ui.tools.pages import Fetch, page_tool
from glm_ui.tools.python import PYTHON
from glm_ui.tools.search import Search
from glm_ui.tools.tool import Outcome, Running, Tool
from glm_ui.tools.toolbox import Toolbox

EACH: Final = 60
EVERYONE: Final = 600
"""Calls a minute that leave this process, of one visitor and of all."""
CALLS: Final = (
    "One visitor may have {count} tools called a minute.",
    "All visitors together may have {count} tools called a minute.",
)


class Registry:
    """`fetch` gets the content of a public address; `extra` are further tools."""

    def __init__(self, settings: Settings, fetch: Fetch, extra: Iterable[Tool] = ()) -> None:
        search = search_of(settings)
        found = [
            CALCULATOR,
            CLOCK,
            PYTHON,
            READ_FILE,
            page_tool(fetch),
            *([search.tool()] if search else []),
            *extra,
        ]
        found += [DEMO_SEARCH] if settings.offline else []
        self._pace = ProbeRateLimit(EACH, EVERYONE, why=CALLS)
        self._own = tuple(self._paced(tool) if tool.open_world else tool for tool in found)
        self._listing: set[asyncio.Task[tuple[Tool, ...]]] = set()
        self.servers = tuple(Server(each) for each in read_servers(settings.glm_ui_mcp))

    async def known(
        self, owner: bool, mine: Sequence[Server] = (), within: float | None = None
    ) -> tuple[Tool, ...]:
        """Those that there are for the owner, or for a visitor, who named the servers `mine`. A server that cannot be
        reached, or has not answered `within` so many seconds, has none; `states` says why. It is waited for
        behind this."""
        asked = [asyncio.create_task(server.tools()) for server in (*self._open_to(owner), *mine)]
        self._listing.update(asked)
        for task in asked:
            task.add_done_callback(self._listing.discard)
        if asked:
            await asyncio.wait(asked, timeout=within)
        lists = [task.result() for task in asked if task.done()]
        return (*self._own, *(self._paced(tool) for tools in lists for tool in tools))

    def states(self, owner: bool) -> list[dict[str, str]]:
        """{name, state, version, why} of each server, as it was when it was last asked."""
        return [server.public() for server in self._open_to(owner)]

    def _open_to(self, owner: bool) -> list[Server]:
        return [server for server in self.servers if owner or server.row.visitors]

    async def box(self, ids: Iterable[str], owner: bool, mine: Sequence[Server] = ()) -> Toolbox:
        """The tools of these ids that there are; what is gone is left out."""
        wanted = set(ids)
        names = {each.partition("/")[0] for each in wanted}
        asked = [server for server in (*self._open_to(owner), *mine) if server.row.name in names]
        lists = await asyncio.gather(*(server.tools() for server in asked))
        found = (*self._own, *(self._paced(tool) for tools in lists for tool in tools))
        return Toolbox(tool for tool in found if tool.id in wanted)

    def _paced(self, tool: Tool) -> Tool:
        async def run(arguments: dict[str, Any], running: Running) -> Outcome:
            await self._pace.take(running.visitor)
            return await tool.run(arguments, running)

        return replace(tool, run=run)


def search_of(settings: Settings) -> Search | None:
    """The search that the owner has set up; None where there is none, or where its address or key is missing."""
    engine = search_engines().get(settings.glm_ui_search or "")
    if engine is None:
        return None
    address = settings.glm_ui_search_url or engine.address
    key = settings.glm_ui_search_key or (settings.key(engine.key_of) if engine.key_of else None)
    if not address or (engine.key_required and key is None):
        return None
    return Search(engine, address, key.get_secret_value() if key else "")
