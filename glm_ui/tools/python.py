"""Python in the visitor's own browser: what the model is told of it. The page runs the code (`web/python/`), in a
sandbox without network; nothing of it runs in this process."""

from __future__ import annotations

from typing import Any, Final

from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool, ToolFailed

DESCRIPTION: Final = (
    "Runs Python 3.14 in a sandbox in the user's browser. Gives what the code prints, the value of its last "
    "expression and its pictures. Use it for data, simulations, text work and charts. The standard library is all "
    "there is: no numpy, pandas or matplotlib, no network, no files of the user, no input(). Each call starts anew "
    "and has 60 seconds. To show a picture, write a .svg, .png, .jpg, .gif or .webp file into the working directory; "
    "SVG is simplest for charts."
)


async def _run(_: dict[str, Any], __: Running) -> Outcome:
    raise ToolFailed("Python runs in the browser of a person alone.")


PYTHON: Final = Tool(
    BUILT_IN,
    "python",
    DESCRIPTION,
    {
        "type": "object",
        "properties": {"code": {"type": "string", "description": "A whole program"}},
        "required": ["code"],
    },
    _run,
    "Python, in your browser",
    writes=False,
    open_world=False,
    trusted=True,
    in_browser=True,
)
