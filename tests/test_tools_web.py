"""Tools that read the web: the searches on the wire, their numbered sources, and pages as Markdown."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from glm_ui.catalogue.search import search_engines
from glm_ui.errors import CannotSend
from glm_ui.events import AnswerDelta, Source, Sources, StreamEvent
from glm_ui.net.public_fetch import Fetched
from glm_ui.settings import Settings
from glm_ui.tools.pages import page_tool
from glm_ui.tools.registry import Registry, search_of
from glm_ui.tools.search import is_web
from glm_ui.tools.tool import Running, SourceNumbers, ToolFailed
from glm_ui.ui.turn.tools import renumbered
from tests.conftest import CANARY
from tests.upstream import Upstream

pytestmark = pytest.mark.usefixtures("pool")

HIT = ("https://a.example/one", "One & <b>only</b>", "The <em>first</em> text.", "2026-01-02")
ROWS: dict[str, Any] = {
    "zai": {"search_result": [dict(zip(("link", "title", "content", "publish_date"), HIT, strict=True))]},
    "searxng": {"results": [dict(zip(("url", "title", "content", "publishedDate"), HIT, strict=True))]},
    "tavily": {"results": [dict(zip(("url", "title", "content", "published_date"), HIT, strict=True))]},
    "brave": {"web": {"results": [dict(zip(("url", "title", "description", "page_age"), HIT, strict=True))]}},
    "exa": {"results": [dict(zip(("url", "title", "text", "publishedDate"), HIT, strict=True))]},
    "openrouter": {
        "choices": [
            {
                "message": {
                    "annotations": [
                        {"url_citation": dict(zip(("url", "title", "content", "date"), HIT, strict=True))}
                    ]
                }
            }
        ]
    },
}


def settings(up: Upstream, engine: str, **more: Any) -> Settings:
    values = {"glm_ui_search": engine, "glm_ui_search_url": up.url, "glm_ui_search_key": CANARY, **more}
    return Settings(_env_file=None, **values)


@pytest.mark.parametrize("engine", search_engines())
async def test_every_search_is_asked_in_its_own_way_and_gives_numbered_sources(
    up: Upstream, engine: str
) -> None:
    up.reply(body=ROWS[engine])
    search = search_of(settings(up, engine))
    assert search is not None
    numbers = SourceNumbers([(1, "https://earlier.example")])
    outcome = await search.run({"query": "glm  4.6 &x=1", "count": 3}, Running(sources=numbers))
    (source,) = outcome.sources
    assert (source.number, source.url, source.title) == (2, HIT[0], "One & only")
    assert outcome.text == f"[2] One & only (2026-01-02)\n{HIT[0]}\nThe first text."
    (request,) = up.requests
    row = search_engines()[engine]
    held = request.headers[row.key_header.lower()]
    assert held == (f"Bearer {CANARY}" if row.key_header == "Authorization" else CANARY)
    assert CANARY not in request.path
    if row.body:
        assert request.method == "POST"
        assert "glm 4.6 &x=1" in json.dumps(request.json)
        assert 3 in _values(request.json)
    else:
        assert request.method == "GET"
        assert "q=glm+4.6+%26x%3D1" in request.path


async def test_no_number_is_given_twice_in_a_conversation() -> None:
    async def reply() -> AsyncGenerator[StreamEvent, None]:
        yield AnswerDelta("As [ref_1] says.")
        yield Sources((Source(1, "https://a.example", "A"), Source(2, "https://b.example", "B")))

    numbers = SourceNumbers(
        [(4, "https://b.example"), (4, "https://clash.example"), (2, "https://c.example")]
    )
    assert numbers.number("https://c.example") == 2
    for _ in range(2):
        _, found = [event async for event in renumbered(reply(), numbers)]
        assert isinstance(found, Sources)
        assert [(source.number, source.ref) for source in found.items] == [(5, 1), (4, 2)]
    assert numbers.number("https://clash.example") == 6


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for each in value.values() for inner in _values(each)]
    return [inner for each in value for inner in _values(each)] if isinstance(value, list) else [value]


HOSTILE = [
    {"url": "javascript:alert(1)", "title": "no address"},
    {"url": "https://a.example/\u202egpj", "title": "hidden marks"},
    {"url": 7},
    "no object",
    {"url": "https://b.example", "title": None, "content": ["no text"]},
    {"url": "https://b.example", "title": "again"},
]


async def test_hits_that_are_none_are_left_out_and_an_address_has_one_number(up: Upstream) -> None:
    up.reply(body={"results": HOSTILE})
    search = search_of(settings(up, "searxng"))
    assert search
    outcome = await search.run({"query": "x", "count": 10}, Running())
    assert [(s.number, s.url, s.title) for s in outcome.sources] == [(1, "https://b.example", "b.example")]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({"status": 403, "body": f"no {CANARY}"}, "status 403"),
        ({"body": "<html>"}, "JSON"),
        ({"body": {"results": 5}}, ""),
    ],
)
async def test_a_search_that_fails_says_so_without_its_key(up: Upstream, reply: Any, why: str) -> None:
    up.reply(**reply)
    search = search_of(settings(up, "searxng"))
    assert search
    if not why:
        assert "Nothing was found" in (await search.run({"query": "x"}, Running())).text
        return
    with pytest.raises(ToolFailed, match=why) as failed:
        await search.run({"query": "x"}, Running())
    assert CANARY not in str(failed.value)


def test_a_search_is_offered_only_where_it_can_be_asked(up: Upstream) -> None:
    def offered(**more: Any) -> bool:
        made = Settings(_env_file=None, **more)
        return any(tool.name == "web_search" for tool in Registry(made, fetch=None)._own)  # type: ignore[arg-type]

    assert not offered()
    assert not offered(glm_ui_search="tavily")
    assert not offered(glm_ui_search="searxng", glm_ui_search_key="k")
    assert offered(glm_ui_search="searxng", glm_ui_search_url="http://127.0.0.1:8888")
    assert offered(glm_ui_search="zai", zai_api_key="k")


async def test_a_page_comes_as_markdown_in_pieces_and_is_a_source() -> None:
    body = (
        "<title>Birds</title><script>steal()</script><h1>Birds</h1><p>They fly.</p>"
        + "<p>And sing.</p>" * 3000
    )

    async def fetch(url: str, visitor: str) -> Fetched:
        assert (url, visitor) == ("https://b.example/birds", "me")
        return Fetched(body.encode(), "birds", url)

    tool = page_tool(fetch)
    running = Running(visitor="me")
    first = await tool.run({"url": "https://b.example/birds"}, running)
    assert first.text.startswith("[1] https://b.example/birds\n\n# Birds\n\nThey fly.")
    assert "steal" not in first.text
    assert "call again with start=20000" in first.text
    assert [(s.number, s.title) for s in first.sources] == [(1, "Birds")]
    rest = await tool.run({"url": "https://b.example/birds", "start": 20_000}, running)
    assert "They fly" not in rest.text
    for wrong in ("file:///etc/passwd", "ftp://x.example", 5, "https://"):
        with pytest.raises(ToolFailed, match="https"):
            await tool.run({"url": wrong}, running)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/latest/", "http://localhost:80/", "http://[::1]/"]
)
async def test_no_page_is_read_inside_the_owners_network(url: str) -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    from glm_ui.media.fetched import Fetches

    (tool,) = (each for each in Registry(settings, Fetches().get)._own if each.name == "fetch_page")
    with pytest.raises(CannotSend):
        await tool.run({"url": url}, Running())


def test_only_addresses_of_the_web_are_linked() -> None:
    assert is_web("https://a.example/x?y=1")
    for wrong in ("javascript:x", "//a.example", "data:text/html,x", "https://", "https://[", None):
        assert not is_web(wrong)
