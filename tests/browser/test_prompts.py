"""Saved prompts and system prompts: saved, found at "/", filled in, edited, deleted."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, box, wait_idle
from tests.browser.conftest import App
from tests.browser.multimodal_page import open_tab
from tests.browser.prompts_page import form, options, save_prompt
from tests.upstream import Upstream, openai_frames

SELECTED = """(({ value, selectionStart: from, selectionEnd: to }) =>
    value.slice(from, to))(document.activeElement)"""


def test_a_prompt_is_saved_found_filled_in_and_sent_by_the_keys_alone(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Here."))
    save_prompt(page, "Sum up {{text}} for {{reader}}. Mind that {{text}} is long.")
    keys = page.keyboard
    keys.type("/")
    expect(page.get_by_role("listbox", name="Saved prompts")).to_be_visible()
    expect(box(page)).to_have_attribute("aria-autocomplete", "list")
    pointed = box(page).get_attribute("aria-activedescendant")
    expect(page.locator(f"#{pointed}")).to_have_attribute("aria-selected", "true")
    keys.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(box(page)).not_to_have_attribute("aria-autocomplete", "list")
    keys.type("sum")
    expect(box(page)).to_have_value("/sum")
    expect(options(page)).to_have_count(0)
    box(page).fill("")
    box(page).fill("/nothing like it")
    expect(options(page)).to_have_count(0)
    box(page).fill("/su")
    expect(options(page)).to_have_count(1)
    keys.press("Enter")
    assert page.evaluate(SELECTED) == "{{text}}"
    keys.press("Enter")
    assert page.evaluate(SELECTED) == "{{reader}}", "a place is left: nothing is sent"
    keys.press("Shift+Tab")
    assert page.evaluate(SELECTED) == "{{text}}"
    keys.type("a novel")
    keys.press("Tab")
    assert page.evaluate(SELECTED) == "{{reader}}"
    page.locator("#chat-input .submit-button").click()
    assert page.evaluate(SELECTED) == "{{reader}}", "nor by the button"
    keys.type("me")
    keys.press("Enter")
    expect(answer_text(page)).to_have_text("Here.")
    assert (
        up.requests[0].json["messages"][-1]["content"] == "Sum up a novel for me. Mind that a novel is long."
    )
    expect(page.locator("#chat-main .composer-note")).to_be_hidden()


def test_a_system_prompt_is_used_taken_back_renamed_and_deleted(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Arr."))
    expect(page.locator("#chat-tools .bar-button").first).to_be_visible()
    box(page).click()
    page.keyboard.type("/")
    options(page).get_by_text("New prompt").click()
    form(page).get_by_label("System prompt of a chat").check()
    form(page).get_by_role("button", name="Save").click()
    expect(form(page).get_by_role("alert")).to_have_text("Write the text of the prompt first.")
    form(page).get_by_label("Text").fill("Talk like a pirate.")
    form(page).get_by_label("Name").fill("Pirate")
    page.keyboard.press("Enter")
    note = page.locator("#chat-main .composer-note")
    expect(note).to_have_text("Saved as Pirate. Type / to use it.")
    page.reload()
    open_tab(page)
    expect(page.locator("#mm-tools .bar-button").first).to_be_visible()
    page.get_by_role("tab", name="Chat").click()
    box(page).click()
    page.locator("#chat-tools").get_by_label("Saved prompts").click()
    page.keyboard.press("Escape")
    expect(box(page)).to_have_value("")
    page.keyboard.type("/pir")
    page.keyboard.press("Tab")
    expect(note).to_contain_text("System prompt of this chat: Pirate.")
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    expect(answer_text(page)).to_have_text("Arr.")
    assert up.requests[0].json["messages"][0] == {"role": "system", "content": "Talk like a pirate."}
    wait_idle(page)
    page.keyboard.type("/")
    options(page).get_by_text("Edit or delete").click()
    dialog = page.get_by_role("dialog", name="Saved prompts")
    dialog.get_by_role("button", name="Pirate System").click()
    form(page).get_by_label("Name").fill("Sailor")
    form(page).get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Delete Sailor").click()
    dialog.get_by_role("button", name="Undo").click()
    dialog.get_by_role("button", name="Delete Sailor").click()
    expect(dialog).to_contain_text("No prompt is saved yet.")
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()


def test_on_a_phone_a_thumb_finds_and_fills_in_a_prompt(
    open_page: Callable[..., Page], shared_app: App, up: Upstream
) -> None:
    page = open_page(shared_app.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    save_prompt(page, "Translate {{text}}.")
    page.locator("#chat-tools").get_by_label("Attach files").tap()
    page.get_by_role("menuitem", name="Saved prompts").tap()
    for button in [options(page).first, page.locator("#chat-tools .bar-button").first]:
        size = button.bounding_box()
        assert size
        assert size["height"] >= 44
    options(page).first.tap()
    page.keyboard.type("house")
    page.locator("#chat-main .composer-note").get_by_role("button", name="Done").tap()
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("Translate house.\n")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
