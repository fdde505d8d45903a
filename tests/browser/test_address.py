"""A conversation has an address: Back and Forward, the page's title, links to open and to copy."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import answer_text, ask, box, wait_idle
from tests.browser.conftest import App
from tests.browser.conversation_page import choose, note, open_row, row
from tests.browser.test_drafts import PHONE, WIDE, opened, side_bar
from tests.upstream import Upstream, openai_frames

NAMED = re.compile(r"#c=[\w-]+$")
PLAIN = re.compile(r"/$")


def bubble(page: Page) -> Locator:
    return page.locator("#chat-log .turn.user .bubble")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_back_and_forward_go_through_what_was_shown(
    page_with: Callable[..., Page], up: Upstream, size: dict[str, object]
) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, **size)
    expect(page).to_have_title("GLM UI")
    side_bar(page)
    open_row(page, "one")
    expect(page).to_have_url(NAMED)
    expect(page).to_have_title("one · GLM UI")
    side_bar(page)
    open_row(page, "two")
    expect(page).to_have_title("two · GLM UI")
    page.get_by_role("tab", name="Models").click()
    expect(page).to_have_url(re.compile("#models$"))
    page.go_back()
    expect(bubble(page)).to_have_text("two")
    expect(bubble(page)).to_be_visible()
    page.go_back()
    expect(bubble(page)).to_have_text("one")
    page.go_back()
    expect(page.locator("#chat-log .empty")).to_be_visible()
    expect(page).to_have_url(PLAIN)
    page.go_forward()
    expect(bubble(page)).to_have_text("one")
    page.reload()
    expect(bubble(page)).to_have_text("one")
    expect(page).to_have_title("one · GLM UI")


def test_a_new_conversation_gets_its_address_with_its_first_question(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Blue."))
    ask(page, "Why is the sky blue?")
    wait_idle(page)
    expect(page).to_have_url(NAMED)
    expect(page).to_have_title("Why is the sky blue? · GLM UI")
    page.locator("#new-chat").click()
    expect(page).to_have_url(PLAIN)
    expect(page).to_have_title("GLM UI")
    page.go_back()
    expect(answer_text(page)).to_have_text("Blue.")


def test_an_entry_of_the_list_is_a_link(page_with: Callable[..., Page], shared_app: App) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, permissions=["clipboard-read"])
    with page.context.expect_page() as other:
        row(page, "two").get_by_role("link", name="two").click(modifiers=["ControlOrMeta"])
    expect(bubble(other.value)).to_have_text("two")
    expect(page.locator("#chat-log .empty")).to_be_visible()
    choose(page, "one", "Copy link")
    expect(note(page)).to_contain_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(shared_app.url)
    third = opened(page.context, link)
    expect(bubble(third)).to_have_text("one")


def test_an_address_that_this_browser_does_not_know_says_so(
    open_page: Callable[..., Page], shared_app: App, up: Upstream
) -> None:
    page = open_page(f"{shared_app.url}#c=nobody-knows-it")
    missing = page.locator("#chat-log .missing")
    expect(missing).to_contain_text("not in this browser")
    expect(page).to_have_url(re.compile("#c=nobody-knows-it$"))
    up.reply(sse=openai_frames("", "ok"))
    ask(page, "A new one then")
    expect(missing).to_have_count(0)
    expect(answer_text(page)).to_have_text("ok")
    expect(page).not_to_have_url(re.compile("nobody"))
    chinese = open_page(f"{shared_app.url}?lang=zh#c=nobody-knows-it")
    expect(chinese.locator("#chat-log .missing")).to_contain_text("此浏览器中没有这个对话")


def test_a_conversation_of_the_other_tab_is_opened_there(
    page_with: Callable[..., Page], shared_app: App
) -> None:
    page = page_with({"title": "one"}, {"title": "a picture", "tab": "multimodal", "ago": 1000})
    link = row(page, "a picture").get_by_role("link").get_attribute("href") or ""
    other = opened(page.context, shared_app.url.rstrip("/") + link)
    expect(other.locator(".mm-question .bubble")).to_have_text("a picture")
    other.get_by_role("tab", name="Chat").click()
    expect(box(other)).to_be_visible()
    other.go_back()
    expect(other.locator(".mm-question .bubble")).to_be_visible()
    other.get_by_role("tab", name="Models").click()
    expect(other).to_have_title("Models · GLM UI")
