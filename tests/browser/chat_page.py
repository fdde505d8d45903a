"""What a person does on the Chat tab, by name. Element ids are the ones that docs/api.md promises."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.profiles import in_firefox


def box(page: Page) -> Locator:
    return page.locator("#chat-input textarea")


def write(at: Locator, text: str) -> None:
    """Leaves `text` in the box. A line break in it would come to Firefox as Enter, which sends: there each is typed as
    a person types it."""
    if not in_firefox(at.page):
        return at.fill(text)
    first, *more = text.split("\n")
    at.fill(first)
    for line in more:
        at.press("Shift+Enter")
        at.page.keyboard.insert_text(line)
    return expect(at).to_have_value(text)


def ask(page: Page, text: str) -> None:
    """Sends, and waits until the page has taken it: a new bubble says it (a failed question's takes its place)."""
    page.locator("#chat-log .turn.user").evaluate_all(
        "turns => turns.forEach((turn) => turn.dataset.before = '')"
    )
    write(box(page), text)
    box(page).press("Enter")
    expect(page.locator("#chat-log .turn.user:not([data-before]) .bubble")).to_have_text(text)


def answers(page: Page) -> Locator:
    return page.locator("#chat-log .turn.assistant")


def last(page: Page) -> Locator:
    return answers(page).last


def answer_text(page: Page) -> Locator:
    return last(page).locator(".answer")


def chip(page: Page) -> Locator:
    return last(page).locator(".ending")


def wait_idle(page: Page) -> None:
    """Until the reply is over: the submit button is back."""
    expect(page.locator("#chat-input .submit-button")).to_be_visible()
    expect(page.locator("#chat-log .turn.live")).to_have_count(0)


def pick_model(page: Page, name: str, box: str = "#chat-model") -> None:
    model = page.locator(f"{box} input")
    model.click()
    page.wait_for_function("getSelection().toString() || document.activeElement.selectionEnd > 0")
    model.press_sequentially(name)
    page.locator(f"{box} ul[role=listbox] li").first.click()
