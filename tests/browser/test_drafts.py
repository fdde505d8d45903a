"""What was typed and not sent: it stays with its conversation, over a switch, a reload, a crash and a second tab."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import media_files as files
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import answer_text, ask, box, chip, last, wait_idle
from tests.browser.conftest import READY, App, uploads_of_this_process
from tests.browser.conversation_page import choose, from_menu, note, open_row, titles
from tests.browser.promises import comes_true
from tests.upstream import Reply, Upstream, openai_frames

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WIDE = {"viewport": {"width": 1440, "height": 900}}
KEPT = """async (text) => {
  const db = await new Promise((done, fail) => {
    const opening = indexedDB.open("glm-ui-drafts");
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => fail(opening.error);
    opening.onupgradeneeded = () => { // the page makes it, soon
      opening.transaction.abort();
      done(null);
    };
  });
  if (!db) return [];
  const drafts = await new Promise((done) =>
    (db.transaction("drafts").objectStore("drafts").getAll().onsuccess = (e) => done(e.target.result)));
  db.close();
  return drafts.map((draft) => draft.text);
}"""


def kept(page: Page, *texts: str) -> None:
    """Waits until exactly these drafts lie on the disk."""
    comes_true(
        page,
        f"async (wanted) => JSON.stringify((await ({KEPT})()).sort()) === JSON.stringify(wanted)",
        arg=sorted(texts),
    )


def side_bar(page: Page) -> None:
    """On a phone the list lies behind its button."""
    toggle = page.locator("#side-toggle")
    expect(toggle).to_have_attribute("aria-expanded", re.compile("true|false"))
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()


def opened(context: BrowserContext, url: str) -> Page:
    """Another page of the same browser."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(READY, state="attached")
    return page


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_each_conversation_keeps_what_was_typed_in_it(
    page_with: Callable[..., Page], size: dict[str, object]
) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, **size)
    box(page).fill("for a new one")
    side_bar(page)
    open_row(page, "one")
    expect(box(page)).to_have_value("")
    box(page).fill("for one\nwith two lines")
    side_bar(page)
    open_row(page, "two")
    expect(box(page)).to_have_value("")
    side_bar(page)
    open_row(page, "one")
    expect(box(page)).to_have_value("for one\nwith two lines")
    side_bar(page)
    page.locator("#new-chat").click()
    expect(box(page)).to_have_value("for a new one")
    page.reload()
    expect(box(page)).to_have_value("for a new one")
    side_bar(page)
    open_row(page, "one")
    expect(box(page)).to_have_value("for one\nwith two lines")


HELD = """async () => {
  const db = await new Promise((done) => (indexedDB.open("glm-ui-drafts").onsuccess = (e) => done(e.target.result)));
  const drafts = db.transaction("drafts").objectStore("drafts");
  const hold = () => (drafts.count().onsuccess = hold);
  hold();
}"""
"""Reads for as long as the page stands: no write gets its turn."""


def test_a_page_that_closes_waits_for_no_write(page: Page, up: Upstream) -> None:
    box(page).fill("first")
    kept(page, "first")
    page.evaluate(HELD)
    box(page).fill("second")
    page.reload()
    expect(box(page)).to_have_value("second")
    kept(page, "second")
    page.evaluate(HELD)
    up.reply(sse=openai_frames("", "ok"))
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("ok")
    wait_idle(page)
    page.reload()
    expect(answer_text(page)).to_have_text("ok")
    kept(page)
    expect(box(page)).to_have_value("")


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_what_is_typed_before_the_drafts_are_loaded_outlives_reloads(
    open_page: Callable[..., Page], shared_app: App, up: Upstream, language: str
) -> None:
    page = open_page(shared_app.url, locale=language)
    page.route(re.compile(r"/(afterwards|drafts/drafts)\.js"), lambda _: None)  # they never come
    page.reload()
    box(page).press_sequentially("Early 早")
    page.reload()
    expect(box(page)).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(box(page)).to_have_value("Early 早")
    kept(page, "Early 早")
    up.reply(sse=openai_frames("", "ok"))
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("ok")
    wait_idle(page)
    page.reload()
    expect(answer_text(page)).to_have_text("ok")
    expect(box(page)).to_have_value("")


def test_a_draft_outlives_a_crash_and_is_gone_once_it_was_sent(
    page: Page, shared_app: App, up: Upstream
) -> None:
    context = page.context
    box(page).press_sequentially("Not lost")
    kept(page, "Not lost")  # without an event of the page's end: a crash has none
    page.close()
    again = opened(context, shared_app.url)
    expect(box(again)).to_have_value("Not lost")
    up.reply(sse=openai_frames("", "ok"))
    box(again).press("Enter")
    expect(answer_text(again)).to_have_text("ok")
    wait_idle(again)
    kept(again)
    again.reload()
    expect(answer_text(again)).to_have_text("ok")
    expect(box(again)).to_have_value("")


def test_two_tabs_keep_two_drafts(page: Page, shared_app: App) -> None:
    box(page).fill("of the first tab")
    kept(page, "of the first tab")
    other = opened(page.context, shared_app.url)
    expect(box(other)).to_be_editable()
    box(other).fill("of the second tab")
    kept(page, "of the first tab", "of the second tab")
    page.reload()
    expect(box(page)).to_have_value("of the first tab")
    expect(box(other)).to_have_value("of the second tab")
    other.close()
    page.reload()
    expect(box(page)).to_have_value("of the first tab")


def test_the_draft_of_a_new_conversation_waits_through_a_reload_elsewhere(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Kept."))
    ask(page, "first")
    expect(answer_text(page)).to_have_text("Kept.")
    wait_idle(page)
    page.locator("#new-chat").click()
    box(page).fill("words of the new one")
    open_row(page, "first")
    expect(answer_text(page)).to_have_text("Kept.")
    page.reload()
    expect(answer_text(page)).to_have_text("Kept.")
    page.locator("#new-chat").click()
    expect(box(page)).to_have_value("words of the new one")


def test_a_draft_goes_and_comes_back_with_its_conversation(page_with: Callable[..., Page]) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000})
    open_row(page, "one")
    box(page).fill("about one")
    kept(page, "about one")
    choose(page, "one", "Delete")
    expect(box(page)).to_have_value("")
    kept(page)
    note(page).get_by_role("button", name="Undo").click()
    open_row(page, "one")
    expect(box(page)).to_have_value("about one")
    kept(page, "about one")
    from_menu(page, "Clear everything…")
    page.get_by_role("button", name="Clear everything").click()
    expect(titles(page)).to_have_count(0)
    kept(page)


def test_files_and_words_of_the_multimodal_tab_outlive_a_reload_and_the_servers_hour(
    page: Page, up: Upstream, tmp_path: Path
) -> None:
    multimodal_page.open_tab(page)
    multimodal_page.choose(page, files.write(tmp_path, "photo.jpg"))
    page.locator("#mm-input textarea").fill("What is this?")
    kept(page, "What is this?")
    page.reload()
    multimodal_page.open_tab_again(page)
    expect(multimodal_page.card(page, "photo.jpg")).to_have_attribute("data-state", "ready")
    expect(page.locator("#mm-input textarea")).to_have_value("What is this?")
    for upload in Path(uploads_of_this_process()).rglob("photo.jpg"):
        upload.unlink()
    page.reload()
    multimodal_page.open_tab_again(page)
    expect(multimodal_page.card(page, "photo.jpg")).to_have_attribute("data-state", "ready")
    up.reply(sse=openai_frames("", "A photo."))
    page.locator("#mm-input textarea").press("Enter")
    expect(multimodal_page.answer(page)).to_have_text("A photo.")
    kept(page)


def test_words_whose_sending_failed_out_of_sight_wait_in_their_conversation(
    page_with: Callable[..., Page], up: Upstream
) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000})
    refused = Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    up.reply(refused, Reply(sse=openai_frames("", "Here.")))
    open_row(page, "one")
    ask(page, "Are you there?")
    expect(chip(page)).to_be_visible()
    open_row(page, "two")
    expect(box(page)).to_have_value("")
    open_row(page, "one")
    expect(box(page)).to_have_value("Are you there?")
    expect(chip(page)).to_contain_text("key")
    last(page).locator(".turn-actions").get_by_label("Retry").dblclick()
    expect(answer_text(page)).to_have_text("Here.")
    wait_idle(page)
    assert len(up.requests) == 2
