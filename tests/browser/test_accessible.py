"""What axe-core finds wrong with the page for people who do not see it, or see it otherwise: nothing, in each state.

axe-core 4.10.3 lies in tests/data/axe as npm has it. One page goes through the states, and is read again in Chinese
with the largest text. Forced colours are the browser's own, so that axe has no contrast to judge there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import ask, last, wait_idle
from tests.browser.conftest import App
from tests.browser.conversation_page import from_menu
from tests.browser.test_tools import QUOTED, SUM
from tests.tool_frames import openai_calls
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]
AXE = Path(__file__).parents[1] / "data" / "axe" / "axe.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "rules": {
        "landmark-unique": {"enabled": False},  # Gradio nests landmarks of its own
    },
}
FOUND = f"""async (place) => (await axe.run(place, {json.dumps(RULES)})).violations.flatMap(({{ id, nodes }}) =>
  nodes.map((node) => `${{id}}: ${{node.target.join(" ")}}: ${{node.failureSummary.replace(/\\s+/g, " ")}}`))"""


@cache
def axe() -> str:
    return AXE.read_text("utf-8")


class Looked:
    """A page with axe in it, and what it found in each state."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, list[str]] = {}
        page.evaluate(axe())

    def at(self, state: str, but: str = "") -> None:
        """`but` is a selector of what is not looked at."""
        place = {"exclude": [but]} if but else {"include": ["html"]}
        if found := self.page.evaluate(FOUND, place):
            self.found[state] = found

    def light_and_dark(self, state: str) -> None:
        self.at(state)
        self.page.emulate_media(color_scheme="dark")
        self.page.wait_for_function("document.body.classList.contains('dark')")
        self.at(f"{state}, dark")
        self.page.emulate_media(color_scheme="light")
        self.page.wait_for_function("!document.body.classList.contains('dark')")


def test_axe_finds_nothing_wrong_in_any_state(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url, color_scheme="light", reduced_motion="reduce")
    looked = Looked(page)
    looked.light_and_dark("first screen")
    page.locator("#chat-more > button").click()
    page.locator(".appearance-place button").click()
    looked.at("settings and colours")
    page.keyboard.press("Escape")
    page.locator("#chat-more > button").click()
    page.locator("#chat-model input").click()
    page.wait_for_function(
        "getComputedStyle(document.querySelector('#tabs ul[role=listbox]')).opacity === '1'"
    )
    # Of the row that the list cuts off axe reads the wrong colour.
    looked.at("picker", but="#tabs ul[role=listbox] li:nth-child(n+20)")
    page.keyboard.press("Escape")
    ask(page, "Compare in a table, with formulas.")
    looked.at("streaming")
    wait_idle(page)
    last(page).locator(".thinking summary").click()
    looked.light_and_dark("answer")
    page.locator("#chat-log [data-answer]").click()
    page.get_by_role("menuitem", name="Share as a picture…").click()
    expect(page.locator("dialog.share .main")).to_be_focused()
    looked.light_and_dark("share as a picture")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.share")).to_have_count(0)
    for asked in ("Show me an error: no balance left.", "Show me an answer that is cut off midway."):
        ask(page, asked)
        wait_idle(page)
    looked.at("errors")
    page.locator(".list-menu").first.click()
    looked.at("menu")
    page.keyboard.press("Escape")
    multimodal_page.open_tab(page)
    looked.at("multimodal, empty")
    page.locator(".mm-example").first.click()
    multimodal_page.wait_idle(page)
    looked.light_and_dark("multimodal")
    page.get_by_role("tab", name="Models").click()
    expect(page.locator(".model-card").first).to_be_visible()
    looked.light_and_dark("models")
    for view in ("names", "providers", "try"):
        page.locator(f'.views [data-view="{view}"]').click()
        looked.at(view)
    page.locator('.views [data-view="connect"]').click()
    expect(page.locator(".connect-blocks pre").first).to_be_visible()
    looked.at("connect")
    page.evaluate("localStorage.setItem('glm-ui-text', 'largest')")
    page.goto(f"{demo_app.url}?lang=zh")
    expect(page.get_by_role("tab", name="聊天")).to_be_visible()
    expect(page.locator("p.loading")).to_have_count(0)  # Gradio's own, while the page is drawn
    page.evaluate(axe())
    looked.at("Chinese, the largest text")
    assert looked.found == {}


def test_axe_finds_nothing_wrong_in_tools_dialogs_forced_colours_and_double_size(
    page: Page, up: Upstream
) -> None:
    page.emulate_media(reduced_motion="reduce")  # a colour on its way to another is no fault
    looked = Looked(page)
    page.wait_for_function("window.GLM?.shortcuts")
    page.keyboard.press("Shift+Tab")
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == "skip":
            break
        page.keyboard.press("Shift+Tab")
    looked.at("skip link")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-input textarea")).to_be_focused()
    page.locator(".tools-button").click()
    page.locator(".tools-panel").get_by_label("Calculator").check()
    looked.at("tools")
    page.keyboard.press("Escape")
    expect(page.locator(".tools-button")).to_be_focused()
    up.reply(
        Reply(sse=openai_calls([SUM], "I must calculate.", "One moment.")),
        Reply(sse=openai_frames("", QUOTED)),
    )
    ask(page, "What is 6 * 7?")
    wait_idle(page)
    page.locator(".tool summary").first.click()
    expect(page.get_by_role("status").filter(has_text="A tool waits for your answer.")).to_have_count(1)
    expect(page.get_by_role("heading", name="You: What is 6 * 7?")).to_have_count(1)
    expect(page.get_by_role("heading", name="Assistant", exact=True)).to_have_count(1)
    looked.light_and_dark("a call that ran and one that waits")
    last(page).get_by_label("The exact request").click()
    expect(page.locator(".request-view")).to_be_visible()
    looked.at("the exact request")
    page.keyboard.press("Escape")
    expect(last(page).get_by_label("The exact request")).to_be_focused()
    for item, dialog in (
        ("Keyboard shortcuts", "dialog.shortcuts"),
        ("Clear everything…", "dialog.question"),
    ):
        from_menu(page, item)
        expect(page.locator(dialog)).to_be_visible()
        looked.at(item)
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_have_count(0)
        expect(page.locator("#chat-list .list-menu")).to_be_focused()
    page.emulate_media(forced_colors="active")
    looked.at("forced colours")
    page.emulate_media(forced_colors="none")
    page.set_viewport_size({"width": 640, "height": 400})
    looked.at("twice the size")
    page.set_viewport_size({"width": 320, "height": 480})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert looked.found == {}
