"""What the screenshots of docs/screenshots show, and the text that a person reads in each, so that a test can say when
they are no longer the page's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser import chat_page, multimodal_page

QUESTION = "Compare simple and compound interest on 1,000 at 5 % after 1, 5, 10 and 30 years: a table and the formulas."


def _finished(page: Page) -> None:
    """What is said aloud comes last, and stands in the text too."""
    expect(page.locator("body > .off-screen[role=status]")).to_have_text("Answer finished.")


def chat(page: Page) -> None:
    page.get_by_role("tab", name="Chat").click()
    chat_page.ask(page, QUESTION)
    chat_page.wait_idle(page)
    _finished(page)
    expect(page.locator("[data-waiting]")).to_have_count(0)  # formulas are drawn once there is time
    page.evaluate("document.activeElement.blur()")


def multimodal(page: Page) -> None:
    multimodal_page.open_tab(page)
    page.locator(".mm-example").first.click()
    multimodal_page.wait_idle(page)
    _finished(page)
    expect(page.locator("#mm-thinking")).to_contain_text("Thought for")
    expect(page.locator("#mm-answer .metrics")).not_to_contain_text("≈")
    page.evaluate("document.activeElement.blur()")


SCENES: Final[dict[str, Callable[[Page], None]]] = {"chat": chat, "multimodal": multimodal}
"""name of the screenshot -> what a person did before it was taken, on a page of the offline demo."""

_MEASURED = re.compile(r"\d[\d.,]*(?= ?(?:s|ms|tok/s|tokens/s)\b)")


_FORMULAS = """for (const drawn of document.querySelectorAll('.katex'))
    drawn.replaceWith(drawn.querySelector('annotation').textContent)"""


def visible_text(page: Page) -> str:
    """What stands on the page, a line each, with `#` in place of what was measured and so differs each time. Formulas
    become TeX, in the page too: each browser lays their letters out in lines of its own."""
    page.evaluate(_FORMULAS)
    lines = (line.strip() for line in page.locator("body").inner_text().splitlines())
    return "".join(f"{_MEASURED.sub('#', line)}\n" for line in lines if line)
