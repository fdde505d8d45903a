"""A page of the web as Markdown: fetched from a public address by the pinned fetcher, read in a worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from glm_ui.events import Source
from glm_ui.media import worker
from glm_ui.net.public_fetch import Fetched
from glm_ui.tools.documents import piece_of, text_of
from glm_ui.tools.search import host_of, is_web
from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool, ToolFailed

Fetch = Callable[[str, str], Awaitable[Fetched]]
"""(address, visitor) -> what stands there. Raises GlmUiError."""


def page_tool(fetch: Fetch) -> Tool:
    async def run(arguments: dict[str, Any], running: Running) -> Outcome:
        url, start = arguments.get("url"), arguments.get("start")
        if not is_web(url):
            raise ToolFailed("Give an address that begins with https:// or http://.")
        worker.visitor.set(running.visitor)
        fetched = await fetch(url, running.visitor)
        name = fetched.name if "." in fetched.name else f"{fetched.name}.html"
        text = await text_of(fetched.data, name)
        number = running.sources.number(url)
        title = text.lstrip("# \n").partition("\n")[0][:200] or host_of(url)
        piece = piece_of(text, start)
        source = Source(number, url, title, " ".join(piece[:600].split()))
        return Outcome(f"[{number}] {url}\n\n{piece}", sources=(source,))

    return Tool(
        BUILT_IN,
        "fetch_page",
        "Reads a page or document at a public web address and gives its text as Markdown. Cite it by the number that "
        "stands before its address, like [1].",
        {
            "type": "object",
            "properties": {
                "url": {"type": "string", "description": "https:// address"},
                "start": {"type": "integer", "description": "Character to go on from, for a long page"},
            },
            "required": ["url"],
        },
        run,
        "Read a page",
        writes=False,
        open_world=True,
        trusted=True,
    )
