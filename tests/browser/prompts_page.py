"""What a person does with saved prompts, by name."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import box


def options(page: Page) -> Locator:
    """Of the list that is open over the message box."""
    return page.locator(".suggestions [role=option]")


def form(page: Page) -> Locator:
    return page.locator("dialog.prompts form")


def save_prompt(page: Page, text: str) -> None:
    """With the keys alone, from the words in the message box; who is fast types before the page offers anything."""
    box(page).fill(text)
    box(page).press("Control+Home")
    page.keyboard.type("/")
    options(page).get_by_text("Save this text").click()
    form(page).get_by_role("button", name="Save").click()
    expect(form(page)).to_have_count(0)
    expect(box(page)).to_have_value(text)
    box(page).fill("")


def prompt_names(page: Page) -> list[str]:
    """Those that "/" offers."""
    box(page).fill("/")
    expect(options(page).last).to_be_visible()
    names = options(page).filter(has=page.locator("small")).locator("span span").all_text_contents()
    box(page).press("Escape")
    box(page).fill("")
    return [name for name in names if not name.endswith("…")]
