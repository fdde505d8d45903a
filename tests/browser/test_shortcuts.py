"""Shortcuts: each does what the sheet says, none takes a letter or an input method's key, each can be turned off."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, box, wait_idle
from tests.browser.conftest import App
from tests.browser.conversation_page import open_row
from tests.browser.test_drafts import PHONE
from tests.upstream import Upstream, openai_frames

SHEET = "dialog.shortcuts"
LISTENS = "window.GLM?.shortcuts"
"""They are loaded behind the page."""


def test_each_shortcut_does_what_the_sheet_says(page_with: Callable[..., Page], up: Upstream) -> None:
    page = page_with({"title": "one", "answer": "\n\n".join(f"Paragraph {i}" for i in range(80))})
    open_row(page, "one")
    expect(answer_text(page)).to_contain_text("Paragraph 79")
    page.wait_for_function(LISTENS)
    page.locator("glm-log").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#chat-log .turn.assistant")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#chat-log .turn.user")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#chat-log .turn.assistant")).to_be_focused()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    page.keyboard.press("Control+k")
    expect(page.locator("#chat-list .list-search")).to_be_focused()
    page.keyboard.press("Control+Shift+l")
    expect(page.get_by_role("dialog", name="Choose a model").get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+o")
    expect(page.locator("#chat-log .empty")).to_be_visible()
    expect(box(page)).to_be_focused()


def test_the_last_answer_is_copied(open_page: Callable[..., Page], shared_app: App, up: Upstream) -> None:
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    up.reply(sse=openai_frames("", "The **answer**."))
    ask(page, "Hi")
    wait_idle(page)
    page.keyboard.press("Control+Shift+c")
    expect(page.locator("[role=status]", has_text="The last answer is copied.")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == "The **answer**."


def test_letters_signs_and_an_input_method_keep_their_keys(page: Page) -> None:
    box(page).focus()
    page.keyboard.type("What / is ? ok")
    expect(box(page)).to_have_value("What / is ? ok")
    expect(page.locator(SHEET)).to_have_count(0)
    taken = page.evaluate(
        """() => [["o", {ctrlKey: true, shiftKey: true, isComposing: true}], ["k", {ctrlKey: true, altKey: true}],
            ["k", {}], ["O", {shiftKey: true}]].map(([key, more]) => !document.querySelector("#chat-input textarea")
              .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more })))"""
    )
    assert taken == [False] * 4


def test_the_sheet_lists_them_and_turns_them_off(page: Page) -> None:
    page.wait_for_function(LISTENS)
    page.locator("glm-log").focus()
    page.keyboard.press("?")
    sheet = page.locator(SHEET)
    expect(sheet.locator("li")).to_have_count(10)
    sheet.get_by_label("Search conversations").uncheck()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.locator("#chat-list .list-search")).not_to_be_focused()
    page.reload()
    page.wait_for_function(LISTENS)
    page.locator("#chat-list .list-menu").click()
    page.get_by_role("menuitem", name="Keyboard shortcuts").click()
    expect(sheet.get_by_label("Search conversations")).not_to_be_checked()
    sheet.get_by_label("Search conversations").check()
    sheet.get_by_role("button", name="Close").click()
    page.keyboard.press("Control+k")
    expect(page.locator("#chat-list .list-search")).to_be_focused()


def test_on_a_phone_the_sheet_fits(open_page: Callable[..., Page], shared_app: App) -> None:
    page = open_page(f"{shared_app.url}?lang=zh", **PHONE)
    page.wait_for_function(LISTENS)
    page.locator("#side-toggle").tap()
    page.locator("#chat-list .list-menu").tap()
    page.get_by_role("menuitem", name="键盘快捷键").tap()
    expect(page.locator(f"{SHEET} li")).to_have_count(10)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
