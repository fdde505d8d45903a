"""The search that a provider runs itself: the field that asks for it, and its sources as three dialects tell them, cut
at every byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from glm_ui.catalogue import load
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import DialectName
from glm_ui.events import Source
from glm_ui.messages import ChatRequest, Message, ToolDefinition
from glm_ui.protocol import DIALECTS
from glm_ui.protocol.decoder import FrameDecoder
from tests.frames import (
    ROUTE,
    STOP,
    Frame,
    Seen,
    block,
    chunk,
    cites,
    delta,
    finish,
    holds_at_every_cut,
    see,
    sse,
    start,
    stop,
)

FOUND = [
    {
        "refer": "ref_1",
        "title": "Tides <b>today</b>",
        "link": "https://a.example/tides",
        "content": "High at noon.",
        "media": "",
        "publish_date": "2026-08-06",
    },
    {"refer": "ref_3", "title": "Again", "link": "https://a.example/tides", "content": ""},
    {"refer": "ref_2", "title": "No page", "link": "javascript:alert(1)"},
]
ZAI = [
    Source(1, "https://a.example/tides", "Tides today", "High at noon.", "2026-08-06"),
    Source(3, "https://a.example/tides", "Again"),
]
ANSWER = chunk(content="At noon [ref_1].")
CITED = {
    "type": "url_citation",
    "url_citation": {
        "url": "https://b.example/",
        "title": "B",
        "content": "Says B.",
        "start_index": 0,
        "end_index": 3,
    },
}
OPENROUTER = [Source(1, "https://b.example/", "B", "Says B.")]
RESULT = {
    "type": "web_search_result",
    "url": "https://c.example/",
    "title": "C",
    "encrypted_content": "EqgfCi",
}
CITATION = {
    "type": "web_search_result_location",
    "url": "https://d.example/",
    "title": "D",
    "cited_text": "As D.",
}
ANTHROPIC = [
    Source(1, "https://c.example/", "C", "", "May 2026"),
    Source(2, "https://d.example/", "D", "As D."),
]


STREAMS: dict[str, tuple[DialectName, bytes, str, list[Source]]] = {
    "Z.ai, on the last chunk": ("openai", sse(ANSWER, STOP | {"web_search": FOUND}), "At noon [ref_1].", ZAI),
    "Z.ai, on the first chunk": (
        "openai",
        sse(ANSWER | {"web_search": FOUND}, STOP),
        "At noon [ref_1].",
        ZAI,
    ),
    "Z.ai, on a chunk of its own": (
        "openai",
        sse(ANSWER, {"id": "r1", "web_search": FOUND}, STOP),
        "At noon [ref_1].",
        ZAI,
    ),
    "Z.ai, twice": (
        "openai",
        sse(ANSWER | {"web_search": FOUND}, STOP | {"web_search": FOUND}),
        "At noon [ref_1].",
        ZAI,
    ),
    "OpenRouter": (
        "openai",
        sse(chunk(content="B says."), chunk(annotations=[CITED]), chunk(annotations=[CITED, CITED]), STOP),
        "B says.",
        OPENROUTER,
    ),
    "Anthropic": (
        "anthropic",
        sse(
            start(),
            block(0, "server_tool_use", id="s1", name="web_search", input={}),
            delta(0, partial_json='{"query": "tides"}'),
            stop(0),
            block(1, "web_search_tool_result", tool_use_id="s1", content=[RESULT | {"page_age": "May 2026"}]),
            stop(1),
            block(2, "text", text="", citations=[]),
            delta(2, text="As C and D say"),
            cites(2, RESULT),
            cites(2, CITATION),
            stop(2),
            *finish(),
            done=False,
        ),
        "As C and D say",
        ANTHROPIC,
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_sources_are_read_whole_at_every_cut(name: str) -> None:
    dialect, stream, answer, sources = STREAMS[name]
    seen = see([stream], dialect)
    assert (seen.answer, seen.sources, seen.calls, seen.notes, seen.error) == (answer, sources, {}, [], None)
    assert seen.done is not None
    holds_at_every_cut(stream, dialect, seen.facts())


def noted(start: int, end: int, url: str = "https://b.example/", **more: Any) -> Frame:
    place = {"url": url, "title": "B", "content": "Says B.", "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": place | more}


def test_openrouters_citations_stand_where_their_text_ends() -> None:
    """Said before the text has come, in the middle, and once more at the end; characters, not bytes."""
    early, late = noted(0, 3), noted(4, 11, "https://c.example/")
    stream = sse(
        chunk(content="潮🌊", annotations=[early]),
        chunk(content=" High "),
        chunk(annotations=[late]),
        chunk(content="tide."),
        chunk(
            annotations=[early, late, noted(0, 0), noted(5, 99), noted(-1, 3), noted(0, 2, "javascript:1")]
        ),
        STOP,
    )
    cited = see([stream]).cited
    assert cited == [(3, "https://b.example/", "Says B."), (11, "https://c.example/", "Says B.")]
    holds_at_every_cut(stream, "openai", see([stream]).facts())


def test_openrouters_citations_count_from_the_answer_as_it_was_sent() -> None:
    """The blank lines before an answer are left out of it, and of the places in it."""
    stream = sse(chunk(content="\n\nHigh"), chunk(content=" tide."), chunk(annotations=[noted(2, 6)]), STOP)
    seen = see([stream])
    assert (seen.answer, seen.cited) == ("High tide.", [(4, "https://b.example/", "Says B.")])


def test_anthropics_citations_stand_where_their_text_ends() -> None:
    """Citations may come before the words of their text, and a server may leave the end of a text out."""
    stream = sse(
        start(),
        block(0, "text", text="So: "),
        stop(0),
        block(1, "text", text="", citations=[]),
        cites(1, CITATION),
        delta(1, text="high at noon"),
        stop(1),
        block(2, "text", text=", low at six", citations=[]),
        cites(2, CITATION | {"cited_text": "At six."}),
        cites(2, RESULT),
        block(3, "text", text=". "),
        stop(3),
        *finish(),
        done=False,
    )
    seen = see([stream], "anthropic")
    assert seen.answer == "So: high at noon, low at six. "
    assert [(seen.answer[:at], url, said) for at, url, said in seen.cited] == [
        ("So: high at noon", "https://d.example/", "As D."),
        ("So: high at noon, low at six", "https://d.example/", "At six."),
        ("So: high at noon, low at six", "https://c.example/", ""),
    ]
    holds_at_every_cut(stream, "anthropic", seen.facts())


def test_citations_of_a_reply_that_is_cut_are_kept() -> None:
    stream = sse(start(), block(0, "text", text="High", citations=[]), cites(0, CITATION), done=False)
    seen = see([stream], "anthropic")
    assert seen.error is not None
    assert seen.cited == [(4, "https://d.example/", "As D.")]


def test_citations_without_end_are_bounded() -> None:
    many = [noted(n, n + 1, f"https://x.example/{n}") for n in range(5000)]
    seen = see([sse(chunk(content="x" * 6000), chunk(annotations=many), STOP)])
    assert len(seen.cited) == 300


ODD: list[Any] = [
    5,
    "x",
    [5, None, []],
    [{"refer": 5, "link": 5, "title": [], "type": "url_citation", "url_citation": 5, "url": {}}],
    [{"refer": "ref_99999999", "link": "https://x.example/" + "a" * 5000}],
    [{"link": "https://x.example/\u202e"}, {"url": "file:///etc/passwd"}, {"url": "https://a b"}],
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_sources_are_left_out_and_the_answer_stays(odd: Any) -> None:
    seen = see([sse(chunk(content="Yes", annotations=odd), STOP | {"web_search": odd})])
    assert (seen.answer, seen.sources, seen.error) == ("Yes", [], None)
    said = [start(), block(0, "web_search_tool_result", content=odd), stop(0), cites(0, odd)]
    seen = see([sse(*said, block(1, "text", text="Yes", citations=odd), *finish(), done=False)], "anthropic")
    assert (seen.answer, seen.sources, seen.error) == ("Yes", [], None)


def test_sources_without_end_are_bounded_and_plain() -> None:
    rows = [{"link": f"https://x.example/{n}", "title": "<script>" + "t" * 10**4} for n in range(1000)]
    sources = see([sse(ANSWER, STOP | {"web_search": rows})]).sources
    assert [source.number for source in sources] == list(range(1, 51))
    assert not any("<" in source.title or len(source.title) > 300 for source in sources)


def test_a_search_that_failed_is_said() -> None:
    error = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    said = [start(), block(0, "web_search_tool_result", content=error), stop(0), block(1, "text", text="No.")]
    seen = see([sse(*said, *finish(), done=False)], "anthropic")
    assert seen.notes == ["The provider's web search failed: max_uses_exceeded."]


def test_a_whole_reply_has_its_sources_too() -> None:
    seen = Seen()
    body = {
        "id": "r1",
        "model": "glm-4.6",
        "choices": [{"message": {"content": "B", "annotations": [CITED]}, "finish_reason": "stop"}],
        "web_search": FOUND[:1],
    }
    for event in FrameDecoder(ROUTE).read_whole(body):
        seen.add(event)
    assert [source.url for source in seen.sources] == ["https://b.example/"], "its number is taken"


ASK = ChatRequest("glm-4.6", (Message.user("When is high tide?"),), provider_search=True)
OURS = ToolDefinition("look", "Looks.", {"type": "object"})


def encoded(provider: str, request: ChatRequest) -> Any:
    row = load().providers[provider]
    return DIALECTS[row.dialect].encode(request, Route(None, row, "glm-4.6"))


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("zai", "web_search"),
        ("zai-coding", "web_search"),
        ("bigmodel", "web_search"),
        ("openrouter", "openrouter:web_search"),
        ("zai-anthropic", "web_search_20250305"),
    ],
)
def test_a_provider_that_can_search_is_asked_to_beside_our_tools(provider: str, kind: str) -> None:
    sent = encoded(provider, ASK)
    assert [tool["type"] for tool in sent.body["tools"]] == [kind]
    assert "tool_choice" not in sent.body
    assert not sent.notes
    both = encoded(provider, replace(ASK, tools=(OURS,))).body["tools"]
    assert (len(both), both[1]["type"]) == (2, kind)
    assert "tools" not in encoded(provider, replace(ASK, provider_search=False)).body
    if kind == "web_search":
        asked = sent.body["tools"][0]["web_search"]
        assert asked["enable"] is asked["search_result"] is True, "without it no list comes"


def test_a_provider_that_cannot_search_is_not_asked_and_that_is_said() -> None:
    sent = encoded("huggingface", ASK)
    assert "tools" not in sent.body
    assert any("no web search of its own" in note for note in sent.notes)
