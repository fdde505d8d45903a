"""Replies go on: over a reload, a lost connection and a look at another conversation; Stop and absence end them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, chip, last, wait_idle
from tests.browser.conftest import READY, App
from tests.upstream import Reply, Request, Upstream, openai_frames

WORDS = ["One ", "two ", "three ", "four."]
WHOLE = "One two three four."


@pytest.fixture
def held(up: Upstream) -> Upstream:
    """Each reply waits before its third word."""
    up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    return up


def rows(page: Page) -> Any:
    return page.locator("#chat-list .list-row")


def fresh(page: Page) -> None:
    page.locator("#new-chat").click()
    expect(page.locator("#chat-log .empty")).to_be_visible()


def stored(page: Page, text: str) -> None:
    """Until the reply so far lies in the store."""
    page.wait_for_function(
        """async (text) => {
          for await (const { nodes } of GLM.chat.store.all())
            if (nodes.some((node) => node.text === text && node.coming?.frame)) return true;
        }""",
        arg=text,
    )


def test_a_reload_in_mid_reply_goes_on_where_it_was(page: Page, held: Upstream) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    expect(answer_text(page)).to_have_text("One two")
    expect(last(page)).to_have_class(re.compile(r"\blive\b"))
    held.release()
    expect(answer_text(page)).to_have_text(WHOLE)
    wait_idle(page)
    expect(chip(page)).to_be_hidden()
    assert len(held.requests) == 1


def test_a_reload_after_the_end_that_the_page_did_not_see_shows_all(page: Page, held: Upstream) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    stored(page, "One two ")
    address = page.url
    page.goto("about:blank")
    held.release()
    held.wait_closed(1)
    page.goto(address)
    expect(answer_text(page)).to_have_text(WHOLE)
    wait_idle(page)


def test_stop_after_a_reload_ends_the_upstream(page: Page, held: Upstream) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    page.reload()
    expect(last(page)).to_have_class(re.compile(r"\blive\b"))
    page.locator("#chat-input .stop-button").click()
    held.wait_aborted(1)
    expect(chip(page)).to_contain_text("Stopped")
    expect(answer_text(page)).to_have_text("One two")


def test_a_lost_connection_is_made_again(page: Page, held: Upstream) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    page.context.set_offline(True)
    page.wait_for_timeout(2_000)  # two seconds without a network
    page.context.set_offline(False)
    held.release()
    expect(answer_text(page)).to_have_text(WHOLE)
    wait_idle(page)
    expect(chip(page)).to_be_hidden()
    assert len(held.requests) == 1


def test_a_reply_goes_on_while_another_conversation_is_looked_at(page: Page, held: Upstream) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    fresh(page)
    coming = rows(page).filter(has=page.get_by_label("A reply is being written"))
    expect(coming).to_have_count(1)
    held.release()
    done = rows(page).filter(has=page.get_by_label("A new answer"))
    expect(done).to_have_count(1)
    done.locator(".list-open").click()
    expect(answer_text(page)).to_have_text(WHOLE)
    expect(done).to_have_count(0)
    assert len(held.requests) == 1


def test_who_comes_back_sees_the_reply_come(page: Page, held: Upstream) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    fresh(page)
    rows(page).first.locator(".list-open").click()
    expect(last(page)).to_have_class(re.compile(r"\blive\b"))
    expect(page.locator("#chat-input .stop-button")).to_be_visible()
    held.release()
    expect(answer_text(page)).to_have_text(WHOLE)
    wait_idle(page)


def test_five_replies_come_at_once(page: Page, up: Upstream) -> None:
    def script(request: Request) -> Reply:
        said = request.json["messages"][-1]["content"]
        return Reply(sse=openai_frames("", [f"About {said}: ", "one ", "two."]), hold=(2,))

    up.script(script)
    for name in "ABCDE":
        fresh(page)
        ask(page, name)
        expect(answer_text(page)).to_have_text(f"About {name}: one")
    for _ in "ABCDE":
        up.release()
    expect(rows(page).filter(has=page.get_by_label("A new answer"))).to_have_count(4)
    for name in "ABCDE":
        rows(page).filter(has_text=name).locator(".list-open").first.click()
        expect(answer_text(page)).to_have_text(f"About {name}: one two.")
    assert len(up.requests) == 5


def test_a_reply_that_fails_behind_ones_back_says_so_in_the_list(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("Hm.", WORDS, finish=None), hold=(3,), then="cut", done=False)
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    fresh(page)
    up.release()
    failed = rows(page).filter(has=page.get_by_label("The reply failed"))
    expect(failed).to_have_count(1)
    failed.locator(".list-open").click()
    expect(chip(page)).to_be_visible()
    expect(failed).to_have_count(0)


def test_another_tab_of_the_browser_stops_a_reply(
    page: Page, held: Upstream, open_beside: Callable[[Page], Page]
) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    stored(page, "One two ")
    other = open_beside(page)
    rows(other).first.locator(".list-open").click()
    other.locator("#chat-input .stop-button").click()
    held.wait_aborted(1)
    expect(chip(page)).to_contain_text("Stopped")
    wait_idle(page)


@pytest.fixture
def open_beside(troubles: list[str]) -> Callable[[Page], Page]:
    def open_it(page: Page) -> Page:
        other = page.context.new_page()
        other.on("pageerror", lambda error: troubles.append(str(error)))
        other.goto(page.url)
        other.wait_for_selector(READY, state="attached")
        return other

    return open_it


def test_a_tab_that_is_closed_leaves_its_reply_to_another(
    page: Page, held: Upstream, open_beside: Callable[[Page], Page]
) -> None:
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    stored(page, "One two ")
    other = open_beside(page)
    rows(other).first.locator(".list-open").click()
    page.close()
    expect(last(other)).to_have_class(re.compile(r"\blive\b"))
    held.release()
    expect(answer_text(other)).to_have_text(WHOLE)
    assert len(held.requests) == 1


def test_a_closed_page_ends_the_upstream_when_nobody_comes_back(
    hasty_app: App, open_page: Callable[..., Page], held: Upstream
) -> None:
    page = open_page(hasty_app.url)
    ask(page, "Count.")
    expect(answer_text(page)).to_have_text("One two")
    page.goto("about:blank")
    held.wait_aborted(1)
    page.goto(hasty_app.url)
    expect(answer_text(page)).to_have_text("One two")
    expect(chip(page)).to_contain_text("Interrupted")
    expect(chip(page).get_by_role("button", name="Continue")).to_be_visible()
