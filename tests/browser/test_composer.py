"""Writing a question: keys, drafts, and what becomes of the words when something fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import (
    answer_text,
    answers,
    ask,
    box,
    chip,
    last,
    pick_model,
    wait_idle,
)
from tests.upstream import Reply, Upstream, openai_frames


@contextmanager
def offline(page: Page) -> Iterator[None]:
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)


COMPOSED = """([selector, key]) => document.querySelector(selector).dispatchEvent(
    new KeyboardEvent('keydown', { key, isComposing: true, keyCode: 229, bubbles: true, cancelable: true }))"""
COMPOSER = "#chat-input textarea"


def test_an_input_method_keeps_its_enter_and_its_escape(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Half", finish=None), then="stall")
    box(page).fill("ni hao")
    page.evaluate(COMPOSED, [COMPOSER, "Enter"])
    expect(answers(page)).to_have_count(0)
    expect(box(page)).to_have_value("ni hao")
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("Half")
    page.evaluate(COMPOSED, [COMPOSER, "Escape"])
    page.locator(".list-search").focus()
    page.keyboard.press("Escape")
    page.locator("#chat-model input").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#chat-log .turn.live")).to_have_count(1)
    page.locator("glm-log").focus()
    page.keyboard.press("Escape")
    up.wait_aborted(1, patience=1.5)
    expect(chip(page)).to_contain_text("Stopped")


def test_a_retry_that_succeeds_takes_the_question_out_of_the_box(page: Page, up: Upstream) -> None:
    refused = Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    up.reply(refused, Reply(sse=openai_frames("", "One.")), refused, Reply(sse=openai_frames("", "Two.")))
    ask(page, "My question")
    expect(box(page)).to_have_value("My question")
    last(page).locator(".turn-actions").get_by_label("Retry").click()
    expect(answer_text(page)).to_have_text("One.")
    expect(box(page)).to_have_value("")
    ask(page, "Another")
    expect(box(page)).to_have_value("Another")
    box(page).fill("Another thing")
    last(page).locator(".turn-actions").get_by_label("Retry").click()
    expect(answer_text(page)).to_have_text("Two.")
    wait_idle(page)
    expect(box(page)).to_have_value("Another thing")


def test_words_that_are_not_sent_survive_a_reload(page: Page, up: Upstream) -> None:
    box(page).press_sequentially("A long draft")
    multimodal_page.open_tab(page)
    page.locator("#mm-input textarea").press_sequentially("Another")
    page.reload()
    expect(box(page)).to_have_value("A long draft")
    multimodal_page.open_tab(page)
    expect(page.locator("#mm-input textarea")).to_have_value("Another")
    page.get_by_role("tab", name="Chat").click()
    up.reply(sse=openai_frames("", "ok"))
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("ok")
    wait_idle(page)
    page.reload()
    expect(answer_text(page)).to_have_text("ok")
    expect(box(page)).to_have_value("")


def test_picking_a_model_asks_no_server_and_a_lost_connection_loses_no_words(
    page: Page, up: Upstream
) -> None:
    page.evaluate("window.stays = true")
    box(page).fill("A long draft")
    with offline(page):
        pick_model(page, "GLM-5.3 · Z.ai")
        expect(page.locator("#chat-thinking input")).to_be_disabled()
        expect(page.locator("#chat-effort")).to_be_visible()
        expect(page.locator("#chat-facts")).to_contain_text("glm-5.3")
        model = page.locator("#chat-model input")
        model.fill("some-alias")
        model.press("Enter")
        expect(page.locator("#chat-facts")).to_contain_text("cannot be reached")
        box(page).press("Enter")
        expect(page.locator("#chat-main .line-text")).to_have_text("A long draft")
        page.locator("#chat-main .line").get_by_label("Take out of the line").click()
    assert page.evaluate("window.stays")
    model.fill("claude-3-5-haiku-20241022")
    model.press("Enter")
    expect(page.locator("#chat-facts")).to_contain_text("glm-4.5v")


def test_a_name_with_a_colon_is_no_provider(page: Page, up: Upstream) -> None:
    sent: list[str] = []
    page.on(
        "request",
        lambda request: request.url.endswith("glm_ui/chat") and sent.append(request.post_data or ""),
    )
    model = page.locator("#chat-model input")
    model.fill("mistral:latest")
    model.press("Enter")
    ask(page, "Hi")
    expect(chip(page)).to_be_visible()
    assert '"model":"mistral:latest","provider":null' in sent[0]


def test_a_search_in_the_picker_that_is_given_up_changes_nothing(page: Page) -> None:
    model = page.locator("#chat-model input")
    rows = page.locator("#chat-model ul[role=listbox] li")
    chosen = model.input_value()
    model.click()
    page.keyboard.type("5.3")
    expect(rows.first).to_contain_text("GLM-5.3")
    page.locator("#bar-name").click()
    expect(model).to_have_value(chosen)
    expect(page.locator("#chat-facts")).to_contain_text("glm-4.6")
    model.click()
    page.keyboard.press("Escape")
    model.click()
    page.keyboard.type("openrouter")
    expect(model).to_have_value("openrouter")
    expect(rows.first).to_contain_text("OpenRouter")
    page.keyboard.press("Escape")
    expect(model).to_have_value(chosen)
    model.click()
    page.keyboard.type("glm-4.5v · openrouter")
    rows.first.click()
    expect(model).to_have_value("GLM-4.5V · OpenRouter")
    expect(page.locator("#bar-state")).to_contain_text("OpenRouter")
