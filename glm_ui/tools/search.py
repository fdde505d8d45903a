"""Web search as a tool of our own: the question goes out as a person can see it, and what comes back is numbered before
the model writes its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard
from urllib.parse import urlencode, urlsplit

import orjson

from glm_ui.catalogue.search import SearchEngine
from glm_ui.events import Source
from glm_ui.net.exchange import whole_response
from glm_ui.net.request import Outgoing, Timeouts, credential
from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool, ToolFailed

MOST_HITS: Final = 10
USUAL_HITS: Final = 5
LONGEST_QUERY: Final = 400
LONGEST_TEXT: Final = 1_500
"""Characters of one hit that the model reads."""
SECONDS: Final = 20.0
LIMIT: Final = 2 * 2**20
_TAGS: Final = re.compile(r"<[^<>]{0,200}>")

DESCRIPTION: Final = (
    "Searches the web. Gives numbered results with title, address and text. In the answer, cite each result that is "
    "used by its number in square brackets, like [1], right behind the sentence that it supports."
)


@dataclass(frozen=True, slots=True)
class Search:
    """A search that is set up: which one, where, with which key."""

    engine: SearchEngine
    address: str
    key: str = ""

    def outgoing(self, query: str, count: int) -> Outgoing:
        engine = self.engine
        url = self.address + engine.path
        if engine.params:
            url += f"?{urlencode(_filled(engine.params, query, count))}"
        header = engine.key_header
        held = None
        if self.key:
            held = credential(
                self.key,
                self.address,
                lambda key: {header: f"Bearer {key}" if header == "Authorization" else key},
                "GLM_UI_SEARCH_KEY",
                engine.name,
            )
        body = orjson.dumps(_filled(engine.body, query, count)) if engine.body else None
        return Outgoing(
            url,
            "search",
            engine.name,
            method="POST" if body else "GET",
            headers={"Accept": "application/json", **({"Content-Type": "application/json"} if body else {})},
            body=body,
            credential=held,
            timeouts=Timeouts(8.0, SECONDS, SECONDS, SECONDS),
            resolve_pinned=None,  # the address is the owner's own setting
        )

    async def hits(self, query: str, count: int) -> list[dict[str, str]]:
        """url, title, text, date of each. Raises GlmUiError, and ToolFailed for an answer that is none."""
        response = await whole_response(self.outgoing(query, count), LIMIT)
        if response.status != 200:
            raise ToolFailed(f"{self.engine.name} answered with status {response.status}.")
        try:
            found: Any = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            raise ToolFailed(f"{self.engine.name} did not answer with JSON.") from None
        return self._read(found)[:count]

    def _read(self, found: Any) -> list[dict[str, str]]:
        for step in self.engine.results:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return []
        rows = found if isinstance(found, list) else []
        hits = []
        for row in rows:
            row = row.get(self.engine.inside) if self.engine.inside and isinstance(row, dict) else row
            if isinstance(row, dict) and is_web(url := row.get(self.engine.fields["url"])):
                texts = {name: _plain(row.get(key)) for name, key in self.engine.fields.items()}
                hits.append({**texts, "url": url})
        return hits

    async def run(self, arguments: dict[str, Any], running: Running) -> Outcome:
        query = arguments.get("query")
        if not isinstance(query, str) or not query.strip():
            raise ToolFailed("Give the query as a text.")
        wanted = arguments.get("count")
        count = max(1, min(wanted, MOST_HITS)) if type(wanted) is int else USUAL_HITS
        sources: dict[int, Source] = {}
        for hit in await self.hits(" ".join(query.split())[:LONGEST_QUERY], count):
            number = running.sources.number(hit["url"])
            title = hit["title"] or host_of(hit["url"])
            sources.setdefault(number, Source(number, hit["url"], title, hit["text"], hit["date"]))
        if not sources:
            return Outcome("Nothing was found. Try other words.")
        return Outcome("\n\n".join(map(_written, sources.values())), sources=tuple(sources.values()))

    def tool(self) -> Tool:
        return Tool(
            BUILT_IN,
            "web_search",
            DESCRIPTION,
            {
                "type": "object",
                "properties": {
                    "query": {"type": "string", "description": "What a person would type into a search"},
                    "count": {"type": "integer", "minimum": 1, "maximum": MOST_HITS},
                },
                "required": ["query"],
            },
            self.run,
            "Web search",
            writes=False,
            open_world=True,
            trusted=True,
        )


def is_web(url: Any) -> TypeGuard[str]:
    """Whether it is an address that a page may link to."""
    if not isinstance(url, str) or len(url) > 2048 or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _written(source: Source) -> str:
    when = f" ({source.published})" if source.published else ""
    return f"[{source.number}] {source.title}{when}\n{source.url}\n{source.snippet}".strip()


def _plain(text: Any) -> str:
    return (
        " ".join(_TAGS.sub("", text[: LONGEST_TEXT * 2]).split())[:LONGEST_TEXT]
        if isinstance(text, str)
        else ""
    )


def _filled(value: Any, query: str, count: int) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(each, query, count) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, query, count) for each in value]
    if value == "{count}":
        return count
    return value.replace("{query}", query) if isinstance(value, str) else value
