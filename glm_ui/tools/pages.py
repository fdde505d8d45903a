"""A page of the web as Markdown: fetched from a public address by the pinned fetcher, read in a worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from glm_ui.errors import CannotSend
from glm_ui.events import Source
from glm_ui.media import worker
from glm_ui.media.formats import documents, pdf
from glm_ui.media.formats.kinds import Source as FileSource
from glm_ui.media.job import look_at
from glm_ui.net.public_fetch import Fetched
from glm_ui.tools.search import host_of, is_web
from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool, ToolFailed

Fetch = Callable[[str, str], Awaitable[Fetched]]
"""(address, visitor) -> what stands there. Raises GlmUiError."""
SECONDS: Final = 40.0
MOST_PAGES: Final = 100
PIECE: Final = 20_000
"""Characters of a page that one call gives."""


async def text_of(source: FileSource, name: str) -> str:
    """The text of a document, as Markdown where it has a structure. Raises GlmUiError for what is none."""
    found = await look_at(source, name)
    if found.format.kind != "document":
        raise CannotSend(f"This is no text but {found.format.label}.", "", "")
    about = f"“{name[:80]}”"
    if found.format.key == "pdf":
        count = await worker.run(pdf.count_pages, source, name, "", seconds=SECONDS, about=about)
        picked = tuple(range(1, min(count, MOST_PAGES) + 1))
        pages = await worker.run(pdf.page_texts, source, name, picked, "", seconds=SECONDS, about=about)
        return "\n\n".join(f"## Page {page.number}\n\n{page.text}" for page in pages if page.text)
    extract = await worker.run(documents.read_text, source, found.format, name, seconds=SECONDS, about=about)
    return extract.text


def page_tool(fetch: Fetch) -> Tool:
    async def run(arguments: dict[str, Any], running: Running) -> Outcome:
        url, start = arguments.get("url"), arguments.get("start", 0)
        if not is_web(url):
            raise ToolFailed("Give an address that begins with https:// or http://.")
        start = start if type(start) is int and start > 0 else 0
        worker.visitor.set(running.visitor)
        fetched = await fetch(url, running.visitor)
        name = fetched.name if "." in fetched.name else f"{fetched.name}.html"
        text = await text_of(fetched.data, name)
        number = running.sources.number(url)
        title = text.lstrip("# \n").partition("\n")[0][:200] or host_of(url)
        piece = text[start : start + PIECE]
        rest = len(text) - start - len(piece)
        more = f"\n\n[{rest:,} more characters: call again with start={start + PIECE}.]" if rest > 0 else ""
        source = Source(number, url, title, " ".join(piece[:600].split()))
        return Outcome(f"[{number}] {url}\n\n{piece or '(no text)'}{more}", sources=(source,))

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
