"""The list of conversations, as a person uses it in the real page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, pick_model, wait_idle
from tests.browser.conftest import App
from tests.browser.conversation_page import (
    choose,
    note,
    open_row,
    row,
    rows,
    search,
    titles,
)
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]


DAY = 86_400_000


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_the_settings_below_the_list_are_whole_in_a_window_of_900_px(
    open_page: Open, demo_app: App, language: str
) -> None:
    page = open_page(demo_app.url, locale=language)
    expect(page.locator("#chat-side .key-choice")).to_be_visible()
    expect(page.locator("#chat-more > button")).to_be_in_viewport(ratio=1)


def test_a_conversation_is_titled_by_its_first_words_and_renamed_by_hand(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Blue."))
    ask(page, "**Why** is the sky blue?\n\nBriefly.")
    wait_idle(page)
    expect(titles(page)).to_have_text(["Why is the sky blue?"])
    rows(page).locator(".list-open").focus()
    page.keyboard.press("F2")
    page.locator(".list-rename").fill("Sky")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["Sky"])
    expect(rows(page).locator(".list-open")).to_be_focused()
    choose(page, "Sky", "Rename")
    page.locator(".list-rename").fill("Nothing of it")
    page.keyboard.press("Escape")
    expect(titles(page)).to_have_text(["Sky"])
    page.reload()
    expect(titles(page)).to_have_text(["Sky"])

    up.forget()
    up.reply(sse=openai_frames("", "**Title:** “Colour of the sky.”"))
    choose(page, "Sky", "Name it by the model")
    expect(titles(page)).to_have_text(["Colour of the sky"])
    (request,) = up.requests
    assert request.json["max_tokens"] == 64
    assert request.json["thinking"] == {"type": "disabled"}
    assert "Why** is the sky blue?" in request.json["messages"][-1]["content"]
    note(page).get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text(["Sky"])
    up.forget()
    up.reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    choose(page, "Sky", "Name it by the model")
    expect(note(page)).to_contain_text("did not accept the key")
    expect(titles(page)).to_have_text(["Sky"])


def test_search_finds_words_in_any_text_and_shows_where(page_with: Open) -> None:
    page = page_with(
        {"title": "Cooking", "answer": "First wash the rice, then take the SAFFRON out of its tin."},
        {"title": "Travel", "answer": "Nothing of the kind."},
    )
    search(page, "saffron rice")
    expect(titles(page)).to_have_text(["Cooking"])
    expect(rows(page).locator("mark")).to_have_text(["rice", "SAFFRON"])
    search(page, "no such thing")
    expect(page.locator("#chat-list .list-none")).to_have_text("Nothing found.")
    search(page, "travel")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-log .bubble")).to_have_text("Travel")


def test_the_newest_is_first_in_groups_and_the_pinned_stay_above(page_with: Open) -> None:
    page = page_with(
        {"title": "old", "ago": 90 * DAY}, {"title": "new"}, {"title": "last week", "ago": 4 * DAY}
    )
    expect(titles(page)).to_have_text(["new", "last week", "old"])
    choose(page, "old", "Pin")
    expect(titles(page)).to_have_text(["old", "new", "last week"])
    expect(page.locator("#chat-list .list-group")).to_have_text(["Pinned", "Today", "Last 7 days"])
    choose(page, "old", "Unpin")
    expect(titles(page)).to_have_text(["new", "last week", "old"])


def test_what_was_deleted_comes_back_by_undo_all_of_it(page_with: Open) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, {"title": "three", "ago": 2000})
    choose(page, "one", "Delete")
    expect(titles(page)).to_have_text(["two", "three"])
    row(page, "two").locator(".list-open").focus()
    page.keyboard.press("Delete")
    expect(titles(page)).to_have_text(["three"])
    expect(note(page)).to_contain_text("2 deleted.")
    note(page).get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text(["one", "two", "three"])
    choose(page, "three", "Delete")
    expect(rows(page)).to_have_count(2)
    page.reload()
    expect(titles(page)).to_have_text(["one", "two"])


def test_deleting_the_open_conversation_leaves_an_empty_page(page_with: Open) -> None:
    page = page_with({"title": "one"}, {"title": "two"})
    open_row(page, "one")
    expect(page.locator("#chat-log .bubble")).to_have_text("one")
    choose(page, "one", "Delete")
    expect(page.locator("#chat-log .empty")).to_be_visible()
    note(page).get_by_role("button", name="Undo").click()
    open_row(page, "one")
    expect(answer_text(page)).to_have_text("An answer.")


def test_hundreds_come_to_the_page_a_screenful_at_a_time(page_with: Open) -> None:
    page = page_with(*({"title": f"Conversation {i:03}", "ago": i * 1000} for i in range(400)))
    expect(rows(page).first).to_contain_text("Conversation 000")
    assert rows(page).count() < 200
    page.locator("#chat-list .list-open").first.focus()
    while (before := rows(page).count()) < 400:
        page.keyboard.press("End")
        expect(rows(page)).not_to_have_count(before)
    expect(rows(page).last).to_contain_text("Conversation 399")


def test_the_list_is_used_by_keys_alone(page_with: Open) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, {"title": "three", "ago": 2000})
    page.locator("#chat-list .list-search").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row(page, "two").locator(".list-open")).to_be_focused()
    page.keyboard.press("Tab")
    expect(row(page, "two").locator(".list-more")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, "two").locator(".list-more")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#chat-list :focus")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-log .bubble")).to_have_text("two")


def test_a_multimodal_conversation_is_marked_and_opens_its_tab(page_with: Open) -> None:
    page = page_with({"title": "a talk"}, {"title": "a picture", "tab": "multimodal"})
    expect(rows(page).get_by_label("Multimodal")).to_have_count(1)
    open_row(page, "a picture")
    expect(page.get_by_role("tab", name="Multimodal")).to_have_attribute("aria-selected", "true")
    expect(
        page.locator("glm-stage").get_by_role("region", name="Answer").get_by_text("An answer.")
    ).to_be_visible()
    # Both tabs' lists are of the same rows, and mark what is open.
    expect(row(page, "a picture").locator(".list-open")).to_have_attribute("aria-current", "true")
    page.locator(".mm-list summary").click()
    page.locator("#mm-conversations .list-row", has_text="a talk").hover()
    page.locator("#mm-conversations .list-row", has_text="a talk").locator(".list-more").click()
    page.get_by_role("menuitem", name="Delete", exact=True).click()
    expect(titles(page)).to_have_text(["a picture"])


def test_opening_a_conversation_brings_its_model_and_settings_back(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Yes."))
    temperature = page.locator("#chat-temperature textarea, #chat-temperature input")
    pick_model(page, "glm-4.5-air")
    expect(page.locator("#chat-facts")).to_contain_text("glm-4.5-air")
    page.locator("#chat-thinking input").uncheck()
    page.locator("#chat-more button").first.click()
    temperature.fill("0.3")
    page.locator("#chat-system textarea").fill("Be brief.")
    ask(page, "First")
    wait_idle(page)
    first = page.locator("#chat-model input").input_value()
    page.locator("#new-chat").click()
    pick_model(page, "glm-4.7")
    expect(page.locator("#chat-facts")).to_contain_text("glm-4.7")
    expect(page.locator("#chat-thinking input")).to_be_checked()
    temperature.fill("")
    page.locator("#chat-system textarea").fill("")
    ask(page, "Second")
    wait_idle(page)

    open_row(page, "First")
    expect(page.locator("#chat-model input")).to_have_value(first)
    expect(page.locator("#chat-thinking input")).not_to_be_checked()
    expect(temperature).to_have_value("0.3")
    expect(page.locator("#chat-system textarea")).to_have_value("Be brief.")
    open_row(page, "Second")
    expect(page.locator("#chat-thinking input")).to_be_checked()
    expect(temperature).to_have_value("")
    open_row(page, "First")
    expect(page.locator("#chat-log .bubble")).to_have_text("First")
    page.reload()
    expect(page.locator("#chat-model input")).to_have_value(first)
    expect(page.locator("#chat-thinking input")).not_to_be_checked()
    ask(page, "Again")
    wait_idle(page)
    body = up.requests[-1].json
    assert body["model"] == "glm-4.5-air"
    assert body["thinking"]["type"] == "disabled"
    assert body["temperature"] == 0.3
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
