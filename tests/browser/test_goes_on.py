"""Replies go on: over a reload, a lost connection and a look at another conversation; Stop and absence end them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import answer_text, ask, chip, last, wait_idle
from tests.browser.conftest import READY, App
from tests.browser.conversation_page import open_row, row, second_tab
from tests.browser.forwarder import forwarding
from tests.browser.promises import comes_true
from tests.upstream import Reply, Request, Upstream, openai_frames

WORDS = ["One ", "two ", "three ", "four."]
WHOLE = "One two three four."
LOST = "The connection is lost"
LIVE = re.compile(r"\blive\b")
QUOTED = "<tool_call>calculator\n<arg_key>expression</arg_key>\n<arg_value>6 * 7</arg_value>\n</tool_call>"
"""A call in the text of an answer, which never runs unasked."""


@pytest.fixture
def held(up: Upstream) -> Upstream:
    """Each reply waits before its third word."""
    up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    return up


def ask_held(page: Page, question: str = "Count.") -> None:
    ask(page, question)
    expect(answer_text(page)).to_have_text("One two")


def fresh(page: Page) -> None:
    page.locator("#new-chat").click()
    expect(page.locator("#chat-log .empty")).to_be_visible()


def reload(page: Page) -> None:
    page.reload()
    page.wait_for_selector(READY, state="attached")


def stop(page: Page) -> None:
    page.locator("#chat-input .stop-button").click()


def sign(page: Page, label: str) -> Locator:
    return page.locator("#chat-list .list-row").get_by_label(label, exact=True)


def stored(page: Page, text: str) -> None:
    """Until the reply so far lies in the store."""
    comes_true(
        page,
        """async (text) => {
          for await (const { nodes } of GLM.chat.store.all())
            if (nodes.some((node) => node.text === text && node.coming?.frame)) return true;
        }""",
        arg=text,
    )


def test_a_reply_goes_on_over_reloads_and_lost_connections_until_stop(
    shared_app: App, open_page: Callable[..., Page], held: Upstream
) -> None:
    with forwarding("127.0.0.1", shared_app.url) as way:
        page = open_page(way.url)
        ask_held(page)
        for _ in range(2):
            reload(page)
            expect(answer_text(page)).to_have_text("One two")
            expect(last(page)).to_have_class(LIVE)
        way.cut()
        expect(last(page)).to_contain_text(LOST)
        way.mend()
        expect(last(page)).not_to_contain_text(LOST)
        held.release()
        expect(answer_text(page)).to_have_text(WHOLE)
        wait_idle(page)
        expect(chip(page)).to_be_hidden()

        ask_held(page, "Once more.")
        way.cut()
        expect(last(page)).to_contain_text(LOST)
        way.mend()
        expect(last(page)).not_to_contain_text(LOST)
        reload(page)
        expect(last(page)).to_have_class(LIVE)
        stop(page)
        held.wait_aborted(1)
        expect(chip(page)).to_contain_text("Stopped")
        expect(answer_text(page)).to_have_text("One two")
        wait_idle(page)
        assert len(held.requests) == 2


def test_who_comes_back_finds_what_came_and_the_question_that_waits(page: Page, up: Upstream) -> None:
    page.locator(".tools-button").click()
    page.locator(".tools-panel").get_by_label("Calculator", exact=False).check()
    page.keyboard.press("Escape")
    up.reply(
        Reply(sse=openai_frames("", ["One moment. ", QUOTED]), hold=(1,)),
        Reply(sse=openai_frames("", ["It is ", "42."]), hold=(1,)),
    )
    ask(page, "What is 6 * 7?")
    expect(answer_text(page)).to_have_text("One moment.")
    stored(page, "One moment. ")
    address = page.url
    page.goto("about:blank")
    up.release()
    up.wait_closed(1)
    page.goto(address)
    card = last(page).locator(".tool")
    expect(card.locator(".tool-state")).to_have_text("Waits for you")
    wait_idle(page)
    expect(sign(page, "Waits for you")).to_have_count(1)
    card.get_by_role("button", name="Run once").click()
    expect(answer_text(page).last).to_have_text("It is")
    stored(page, "It is ")
    page.goto("about:blank")
    up.release()
    up.wait_closed(2)
    page.goto(address)
    expect(answer_text(page).last).to_have_text("It is 42.")
    wait_idle(page)
    expect(last(page).locator(".tool")).to_have_attribute("data-state", "done")
    expect(chip(page)).to_be_hidden()
    assert len(up.requests) == 2


def test_five_replies_come_at_once_and_the_list_says_how_they_are(page: Page, up: Upstream) -> None:
    def script(request: Request) -> Reply:
        said = request.json["messages"][-1]["content"]
        words = [f"About {said}: ", "one ", "two."]
        if said == "B":
            return Reply(sse=openai_frames("", words, finish=None), hold=(2,), then="cut", done=False)
        return Reply(sse=openai_frames("", words), hold=(2,))

    up.script(script)
    for name in "ABCDE":
        fresh(page)
        ask(page, name)
        expect(answer_text(page)).to_have_text(f"About {name}: one")
    expect(sign(page, "A reply is being written")).to_have_count(5)
    open_row(page, "A")
    expect(answer_text(page)).to_have_text("About A: one")
    expect(last(page)).to_have_class(LIVE)
    for _ in "ABCDE":
        up.release()
    expect(answer_text(page)).to_have_text("About A: one two.")
    wait_idle(page)
    expect(sign(page, "A new answer")).to_have_count(3)
    expect(sign(page, "The reply failed")).to_have_count(1)
    expect(sign(page, "A reply is being written")).to_have_count(0)
    open_row(page, "B")
    expect(chip(page)).to_be_visible()
    expect(sign(page, "The reply failed")).to_have_count(0)
    for name in "CDE":
        open_row(page, name)
        expect(answer_text(page)).to_have_text(f"About {name}: one two.")
        expect(row(page, name).get_by_label("A new answer")).to_have_count(0)
    assert len(up.requests) == 5


def test_another_tab_takes_over_and_stops_what_comes_in_one(page: Page, held: Upstream) -> None:
    ask_held(page)
    stored(page, "One two ")
    address = page.url
    other = second_tab(page, address)
    open_row(other, "Count.")
    expect(chip(other)).to_contain_text("Running in another tab")
    page.goto("about:blank")
    expect(last(other)).to_have_class(LIVE)
    page.goto(address)
    open_row(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    held.release()
    for each in (other, page):
        expect(answer_text(each)).to_have_text(WHOLE)
        wait_idle(each)
    ask_held(page, "Once more.")
    expect(answer_text(other)).to_have_text("One two")
    stop(other)
    held.wait_aborted(1)
    for each in (other, page):
        expect(chip(each)).to_contain_text("Stopped")
        wait_idle(each)
    assert len(held.requests) == 2


def test_a_closed_page_ends_the_upstream_when_nobody_comes_back(
    hasty_app: App, open_page: Callable[..., Page], held: Upstream
) -> None:
    page = open_page(hasty_app.url)
    ask_held(page)
    page.goto("about:blank")
    held.wait_aborted(1)
    page.goto(hasty_app.url)
    expect(answer_text(page)).to_have_text("One two")
    expect(chip(page)).to_contain_text("Interrupted")
    expect(chip(page).get_by_role("button", name="Continue")).to_be_visible()
