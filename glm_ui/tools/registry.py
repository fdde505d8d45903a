"""Which tools there are here. One object for the whole app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from glm_ui.tools.calculator import CALCULATOR
from glm_ui.tools.clock import CLOCK
from glm_ui.tools.tool import Tool
from glm_ui.tools.toolbox import Toolbox

BUILT_IN_TOOLS: Final = (CALCULATOR, CLOCK)


class Registry:
    """`extra` are tools beside the built-in ones, for tests and the demo."""

    def __init__(self, extra: Iterable[Tool] = ()) -> None:
        self._own = (*BUILT_IN_TOOLS, *extra)

    def known(self) -> tuple[Tool, ...]:
        """Those that need no connection."""
        return self._own

    async def box(self, ids: Iterable[str]) -> Toolbox:
        """The tools of these ids that there are; what is gone is left out."""
        wanted = set(ids)
        return Toolbox(tool for tool in self._own if tool.id in wanted)
