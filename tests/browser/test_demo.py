"""The offline demo: what it answers without a key, and what can be played in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import answer_text, ask, last, wait_idle
from tests.browser.conftest import KEY, App
from tests.browser.conversation_page import give
from tests.browser.test_tools import offer
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]


def test_the_demo_is_usable_at_once_and_says_what_it_is(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url)
    state = page.locator("#bar-state")
    expect(state).to_have_text("Demo")
    told = "This is the offline demo: its replies are prepared, and no model reads what you write."
    expect(state).to_have_attribute("title", told)
    expect(page.locator("#chat-log .demo-note")).to_contain_text(told)
    steps = page.locator("#chat-log .demo-note li")
    expect(steps).to_have_text(["Get a key at Z.ai", "Enter it here"])
    expect(steps.first.get_by_role("link")).to_have_attribute("href", re.compile(r"^https://z\.ai/"))
    steps.last.get_by_role("button").click()
    expect(page.locator("#api-key input")).to_be_focused()
    page.locator(".example").first.click()
    expect(last(page).locator(".thinking-label")).to_contain_text("Thought for")
    wait_idle(page)
    expect(last(page)).to_contain_text("Demo with canned replies")


def test_colours_and_text_size_are_chosen_and_kept(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url, color_scheme="light")
    dark = "document.body.classList.contains('dark')"
    width = "document.querySelector('.examples').getBoundingClientRect().width"
    small = page.evaluate(width)
    assert not page.evaluate(dark)
    page.get_by_role("button", name="Colours and text size").click()
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("radio", name="Very large").check()
    page.wait_for_function(dark)
    assert page.evaluate(width) > 1.3 * small
    page.reload()
    page.wait_for_function(dark)
    expect(page.locator("html")).to_have_attribute("data-text", "largest")
    page.get_by_role("button", name="Colours and text size").click()
    page.get_by_role("radio", name="As the system").check()
    page.wait_for_function(f"!{dark}")


def test_a_key_typed_into_the_demo_takes_its_place(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url)
    expect(page.locator("#api-key")).to_contain_text("API key for Z.ai")
    page.locator("#api-key input").fill("visitor-canary.9876")
    page.locator("#api-key input").press("Enter")
    expect(page.locator("#bar-state")).to_have_text("Z.ai · your key")
    expect(page.locator("#chat-model input")).to_have_value("GLM-4.6 · Z.ai")


def test_every_example_plays_in_the_demo(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url)
    multimodal_page.open_tab(page)
    titles = page.locator(".mm-example strong").all_inner_texts()
    assert len(titles) == 5
    for title in titles:
        page.locator(".mm-example").filter(has_text=title).click()
        expect(multimodal_page.answer(page), title).to_contain_text("Demo with canned replies")
        expect(multimodal_page.answer(page), title).to_contain_text("pixels")
        expect(page.locator("#mm-grounding img.mm-picture"), title).to_be_visible()
        multimodal_page.wait_idle(page)
        page.locator(".mm-new").click()
        expect(page.locator(".mm-empty"), title).to_be_visible()


def test_the_demo_searches_and_its_numbers_open_sources(demo_app: App, open_page: Open) -> None:
    page = open_page(demo_app.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    offer(page, "Search the demo's documents")
    ask(page, "Where is tool calling described?")
    wait_idle(page)
    chips = answer_text(page).last.locator("a.cite")
    expect(chips).to_have_count(3)
    expect(chips.first).to_have_attribute("href", re.compile("^https://docs.z.ai/"))
    expect(chips.first).to_have_attribute("rel", re.compile("noopener"))
    last(page).locator(".source-list summary").click()
    expect(last(page).locator(".source")).to_have_count(3)
    assert all(url.startswith(demo_app.url.rstrip("/")) for url in asked if url.startswith("http")), asked


def test_a_turn_goes_out_as_a_file_and_plays_again_with_nobody_asked(
    open_page: Open, shared_app: App, demo_app: App, up: Upstream
) -> None:
    up.reply(
        sse=openai_frames(
            ["I ", "think."], ["The ", "**answer**."], usage={"prompt_tokens": 7, "completion_tokens": 5}
        )
    )
    page = open_page(shared_app.url)
    ask(page, "What then?")
    wait_idle(page)
    last(page).get_by_label("The exact request").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this turn").click()
    file = Path(download.value.path()).read_bytes()
    assert KEY.encode() not in file
    assert json.loads(file)["request"]["headers"]["Authorization"] == "Bearer $ZAI_API_KEY"

    elsewhere = open_page(demo_app.url, after=page)
    give(elsewhere, ("turn.json", file))
    expect(elsewhere.locator("#chat-log .bubble")).to_have_text("What then?")
    expect(answer_text(elsewhere)).to_have_text("The answer.")
    wait_idle(elsewhere)
    expect(last(elsewhere)).to_contain_text("Replayed from a file. No request was sent.")
    last(elsewhere).locator(".thinking summary").click()
    expect(last(elsewhere).locator(".thinking-body")).to_have_text("I think.")
    expect(last(elsewhere).locator(".metrics")).to_contain_text("7 in")
    assert len(up.requests) == 1
