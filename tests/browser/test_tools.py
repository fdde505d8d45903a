"""Tools on the page: the switch, the cards of calls, the person's word, and what lasts over a reload."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import answer_text, ask, chip, last, pick_model, wait_idle
from tests.browser.conftest import READY, App
from tests.browser.multimodal_page import choose, open_tab
from tests.frames import block, cites, delta, finish, start, stop
from tests.test_searched import SAID, streamed
from tests.tool_frames import openai_calls, results_in
from tests.upstream import Reply, Upstream, openai_frames

SUM = ("c1", "calculator", {"expression": "0.1 + 0.2"})
QUOTED = "<tool_call>calculator\n<arg_key>expression</arg_key>\n<arg_value>6 * 7</arg_value>\n</tool_call>"
"""A call in the text of an answer, which never runs unasked."""


def offer(page: Page, *names: str) -> None:
    page.locator(".tools-button").click()
    for name in names:
        page.locator(".tools-panel").get_by_label(name, exact=False).check()
    page.keyboard.press("Escape")
    expect(page.locator(".tools-panel")).to_have_count(0)


def test_a_tool_runs_and_its_rounds_last(page: Page, up: Upstream) -> None:
    expect(page.locator(".tools-button")).to_have_attribute("aria-label", "Tools: none offered")
    offer(page, "Calculator")
    expect(page.locator(".tools-button")).to_have_attribute("aria-label", "Tools: 1 offered")
    up.reply(
        Reply(sse=openai_calls([SUM], "I must calculate.", "One moment.")),
        Reply(sse=openai_frames("Now I know.", "It is **0.3**.")),
    )
    ask(page, "What is 0.1 + 0.2?")
    wait_idle(page)

    def drawn() -> None:
        card = last(page).locator(".tool")
        expect(card).to_have_count(1)
        expect(card.locator(".tool-title")).to_have_text("Calculator")
        expect(card.locator(".tool-state")).to_contain_text("Done")
        expect(last(page).locator(".round .answer")).to_have_text("One moment.")
        expect(answer_text(page).last).to_have_text("It is 0.3.")
        card.locator("summary").click()
        expect(card.locator(".tool-result pre")).to_have_text("0.3")

    drawn()
    last(page).get_by_label("The exact request").click()
    view = page.locator(".request-view")
    expect(view.locator("[data-round]")).to_have_text(["Request 1", "Request 2"])
    expect(view.locator("[data-round='2']")).to_have_attribute("aria-pressed", "true")
    expect(view.locator("#request-request")).to_contain_text("tool_call_id")
    view.locator("[data-round='1']").click()
    expect(view.locator("[data-round='1']")).to_have_attribute("aria-pressed", "true")
    expect(view.locator("#request-request")).not_to_contain_text("tool_call_id")
    with page.expect_download() as download:
        view.locator("[data-save='turn']").click()
    file = json.loads(download.value.path().read_text("utf-8"))
    assert [one["content"] for one in file["earlier"][0]["results"]] == ["0.3"]
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    expect(last(page)).to_be_visible()
    drawn()
    expect(page.locator(".tools-button")).to_have_attribute("aria-label", "Tools: 1 offered")
    ask(page, "And twice that?")
    wait_idle(page)
    first, second, third = (request.json for request in up.requests)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["calculator"]
    assert third["messages"][: len(second["messages"])] == second["messages"], (
        "the same history, byte for byte"
    )
    assert second["messages"][1]["reasoning_content"] == "I must calculate."
    assert "\n0.3\n" in results_in(third)["c1"]


def test_a_question_waits_over_a_reload_and_a_yes_goes_on(page: Page, up: Upstream) -> None:
    offer(page, "Calculator")
    up.reply(Reply(sse=openai_frames("", QUOTED)), Reply(sse=openai_frames("", "It is 42.")))
    ask(page, "What is 6 * 7?")
    wait_idle(page)
    expect(last(page).locator(".tool")).to_have_attribute("data-state", "waiting")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    card = last(page).locator(".tool")
    expect(card.locator(".tool-state")).to_have_text("Waits for you")
    expect(card.locator("pre").first).to_contain_text("6 * 7")
    expect(card.get_by_role("button", name="Always in this chat")).to_have_count(0)
    card.get_by_role("button", name="Run once").click()
    expect(answer_text(page).last).to_have_text("It is 42.")
    wait_idle(page)
    expect(last(page).locator(".tool")).to_have_attribute("data-state", "done")
    (given,) = results_in(up.requests[1].json).values()
    assert "\n42\n" in given
    last(page).get_by_label("The exact request").click()
    expect(page.locator(".request-view [data-round]")).to_have_count(2)


def test_a_no_tells_the_model_why(page: Page, up: Upstream) -> None:
    offer(page, "Calculator")
    up.reply(Reply(sse=openai_frames("", QUOTED)), Reply(sse=openai_frames("", "As you like.")))
    ask(page, "What is 6 * 7?")
    wait_idle(page)
    last(page).locator(".tool-reason").fill("I know it.")
    last(page).get_by_role("button", name="No", exact=True).click()
    expect(answer_text(page).last).to_have_text("As you like.")
    expect(last(page).locator(".tool")).to_have_attribute("data-state", "refused")
    (given,) = results_in(up.requests[1].json).values()
    assert "The reason given: I know it." in given


def test_a_document_is_read_by_the_model_on_the_multimodal_tab(
    page: Page, up: Upstream, tmp_path: Path
) -> None:
    open_tab(page)
    (tmp_path / "notes.txt").write_text("The harbour is closed in winter.")
    choose(page, tmp_path / "notes.txt")
    page.locator("#mm-tools .tools-button").click()
    panel = page.locator(".tools-panel")
    panel.get_by_label("Read a file", exact=False).check()
    box = panel.bounding_box()
    assert box is not None
    assert box["y"] >= 0, "the panel fits into the window"
    page.keyboard.press("Escape")
    expect(page.locator("#chat-tools .tools-button")).to_have_attribute("aria-label", "Tools: none offered")
    up.reply(
        Reply(sse=openai_calls([("c1", "read_file", {"name": "notes.txt", "find": "harbour"})])),
        Reply(sse=openai_frames("", "Closed in winter.")),
    )
    multimodal_page.ask(page, "When is the harbour closed?")
    multimodal_page.wait_idle(page)
    expect(page.locator("#mm-answer")).to_contain_text("Closed in winter.")
    expect(page.locator("#mm-stage .tool .tool-state")).to_contain_text("Done")
    assert "The harbour is closed in winter." in results_in(up.requests[1].json)["c1"]


def test_the_providers_own_search_is_asked_for_and_its_sources_are_drawn(page: Page, up: Upstream) -> None:
    offer(page, "The provider's own web search")
    found = [
        {"refer": "ref_1", "title": "Tides", "link": "https://a.example/tides", "content": "High at noon."},
        {"refer": "ref_2", "title": "<img src=x onerror=alert(1)>", "link": "https://b.example/"},
    ]
    first, *rest, last_chunk = openai_frames("", "At noon [ref_1], not [ref_9].")
    again = [{"refer": "ref_1", "title": "Moon", "link": "https://c.example/moon"}]
    moon, *more, end = openai_frames("", "By the moon [ref_1].")
    up.reply(
        Reply(sse=[first, *rest, last_chunk | {"web_search": found}]),
        Reply(sse=[moon, *more, end | {"web_search": again}]),
        Reply(sse=openai_frames("", "Yes.")),
    )
    ask(page, "When is high tide?")
    wait_idle(page)
    assert [tool["type"] for tool in up.requests[0].json["tools"]] == ["web_search"]

    def drawn() -> None:
        chips = answer_text(page).last.locator("a.cite")
        expect(chips).to_have_count(1)
        expect(chips.first).to_have_attribute("href", "https://a.example/tides")
        expect(answer_text(page).last).to_have_text("At noon [1], not [ref_9].")
        last(page).locator(".source-list summary").click()
        expect(last(page).locator(".source")).to_have_count(2)

    drawn()
    page.reload()
    page.wait_for_selector(READY, state="attached")
    drawn()
    ask(page, "Why?")
    wait_idle(page)
    chip = answer_text(page).last.locator("a.cite")
    expect(chip).to_have_text("[3]")
    expect(chip).to_have_attribute("href", "https://c.example/moon")
    expect(page.locator("#chat-log .turn.assistant").first.locator(".answer a.cite")).to_have_text("[1]")
    page.locator(".tools-button").click()
    page.locator(".tools-panel").get_by_label("The provider's own web search", exact=False).uncheck()
    page.locator(".tools-panel").get_by_label("Calculator", exact=False).check()
    page.keyboard.press("Escape")
    posted: list[Any] = []
    page.on("request", lambda one: posted.append(one.post_data_json) if one.url.endswith("/chat") else None)
    ask(page, "Sure?")
    wait_idle(page)
    assert [said.get("searched", False) for said in posted[0]["messages"]] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert [source["number"] for source in posted[0]["sources"]] == [3, 1, 2]


BESIDE = """li => {
  const words = [...li.querySelector("strong").getClientRects()];
  for (let width = 90; width < 200; width++) {
    li.style.width = `${width}px`;
    const [last] = [...li.querySelector("strong").getClientRects()].slice(-1);
    if (li.querySelector("a").getBoundingClientRect().top > last.bottom) return false;
  }
  li.style.width = "";
  return words.length > 0;
}"""
"""Whether the chip of a list's item stands beside its last word, at every width that has room for both."""


def noted(start: int, end: int, url: str, said: str) -> dict[str, Any]:
    place = {"url": url, "title": "Tides", "content": said, "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": place}


def test_citations_are_chips_where_they_belong_and_the_history_has_the_text_alone(
    shared_app: App, up: Upstream, open_page: Callable[..., Page]
) -> None:
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    offer(page, "The provider's own web search")
    text = "- **High at noon.**\n- Low at six, as [they say](https://b.example/).\n\n```\nnoon = 12\n```"
    notes = [
        noted(0, text.index("\n"), "https://a.example/", "High tide is at noon."),
        noted(20, 50, "https://b.example/", ""),
        noted(20, text.index("12"), "https://a.example/", "In code."),
    ]
    frames = openai_frames("", text)
    frames[-2]["choices"][0]["delta"]["annotations"] = notes
    up.reply(Reply(sse=frames), Reply(sse=openai_frames("", "Yes.")))
    ask(page, "When is high tide?")
    wait_idle(page)

    def drawn() -> None:
        answer = answer_text(page).last
        expect(answer.locator("li")).to_have_text(["High at noon.[1]", "Low at six, as they say[2]."])
        chips = answer.locator("a.cite")
        expect(chips).to_have_count(2)
        expect(chips.first).to_have_attribute("title", "Tides\na.example\nHigh tide is at noon.")
        expect(answer.locator("code")).to_have_text("noon = 12")
        select = "li => { const all = getSelection(); all.selectAllChildren(li); return String(all); }"
        assert answer.locator("li").first.evaluate(select) == "High at noon.[1]"
        assert answer.locator("li").first.evaluate(BESIDE), "a chip stays on the line of its words"

    drawn()
    last(page).get_by_label("Copy", exact=True).first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("- **High at noon.**[1]\n- Low at six, as [they say](https://b.example/)[2].")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    drawn()
    ask(page, "Sure?")
    wait_idle(page)
    assert up.requests[1].json["messages"][1]["content"] == text


def test_a_citation_is_drawn_while_the_answer_streams(page: Page, up: Upstream) -> None:
    pick_model(page, "GLM-4.6 · Z.ai (A")
    offer(page, "The provider's own web search")
    place = {"url": "https://a.example/", "title": "Tides", "cited_text": "At noon."}
    begun = [
        start(),
        block(0, "text", text="", citations=[]),
        delta(0, text="High **at noon.**"),
        cites(0, place),
    ]
    rest = [stop(0), block(1, "text", text=" Low at six."), stop(1), *finish()]
    up.reply(Reply(sse=[*begun, stop(0), *rest[1:]], hold=(len(begun) + 1,)))
    ask(page, "When is high tide?")
    answer = answer_text(page).last
    expect(answer).to_have_text("High at noon.[1]")
    expect(answer.locator("a.cite")).to_have_attribute("href", "https://a.example/")
    up.release()
    wait_idle(page)
    expect(answer).to_have_text("High at noon.[1] Low at six.")
    expect(answer.locator("strong")).to_have_text("at noon.")


def test_what_the_providers_search_found_goes_back_to_it_after_a_pause_a_reload_and_in_later_turns(
    page: Page, up: Upstream
) -> None:
    pick_model(page, "GLM-4.6 · Z.ai (A")
    offer(page, "The provider's own web search")
    up.reply(
        *[
            Reply(body=streamed(*content), content_type="text/event-stream")
            for content in ((SAID[:2], "pause_turn"), (SAID[2:],), (SAID[4:],))
        ]
    )
    ask(page, "When is high tide?")
    expect(chip(page)).to_contain_text("The model paused")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    chip(page).get_by_role("button").click()
    expect(answer_text(page).last).to_have_text("High at noon[1]. Low at six.")
    wait_idle(page)
    assert up.requests[1].json["messages"][1]["content"] == SAID[:2]
    page.reload()
    page.wait_for_selector(READY, state="attached")
    ask(page, "Sure?")
    wait_idle(page)
    assert up.requests[2].json["messages"][1]["content"] == SAID
