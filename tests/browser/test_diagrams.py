"""Diagrams of answers: drawn by Mermaid in a sandbox, shown as an image, their text one button away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conversation_page import open_row

FLOW = "flowchart TD\n  A[Question] --> B{Known?}\n  B -- yes --> C[Answer]\n  B -- no --> A"
HOSTILE = 'flowchart TD\n  A["<img src=x onerror=top.pwned=1>"] --> B\n  click A "javascript:top.pwned=1"'
BROKEN = "flowchart TD\n  A[open"
DIAGRAMS = "\n\n".join(f"```mermaid\n{text}\n```" for text in (FLOW, HOSTILE, BROKEN))


def test_diagrams_are_drawn_apart_and_shown_as_images(page_with: Callable[..., Page]) -> None:
    page = page_with({"title": "A diagram", "answer": f"See:\n\n{DIAGRAMS}"}, color_scheme="dark")
    library = "performance.getEntriesByType('resource').filter((r) => r.name.includes('mermaid')).length"
    assert page.evaluate(library) == 0, "it is loaded when first met"
    open_row(page, "A diagram")
    blocks = page.locator("#chat-log .md-code")
    images = blocks.locator(".md-diagram img")
    expect(images).to_have_count(2, timeout=60_000)
    assert page.evaluate(library) == 1
    assert images.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 50
    expect(images.first).to_have_attribute("src", re.compile("^data:image/svg"))
    expect(images.first).to_have_attribute("alt", FLOW)
    expect(blocks.first.locator("pre")).to_be_hidden()
    source = blocks.first.get_by_role("button", name="Show the text")
    source.click()
    expect(blocks.first.locator("pre")).to_be_visible()
    expect(source).to_have_attribute("aria-pressed", "true")
    expect(blocks.nth(2).locator(".md-diagram-failed")).to_contain_text("This diagram cannot be drawn.")
    expect(blocks.nth(2).locator("pre")).to_be_visible()
    assert page.evaluate("window.pwned ?? null") is None

    blocks.first.get_by_role("button", name="More").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Save the picture (SVG)").click()
    assert download.value.suggested_filename == "diagram.svg"
    assert Path(download.value.path()).read_text().startswith("<svg")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_drawing_that_comes_late_moves_nothing_that_is_read(page_with: Callable[..., Page]) -> None:
    story = "\n\n".join(f"Paragraph {n}. " + "Some words of it. " * 30 for n in range(30))
    page = page_with({"title": "A diagram", "answer": f"```mermaid\n{FLOW}\n```\n\n{story}"})
    held: list[Route] = []
    page.route("**/mermaid.min.js", lambda route: held.append(route))
    with page.expect_request("**/mermaid.min.js"):
        open_row(page, "A diagram")
        page.evaluate("document.querySelector('glm-log').scrollTop = 200")
    block = page.locator("#chat-log .md-code")
    tall = block.evaluate("block => block.offsetHeight")
    read = page.get_by_text("Paragraph 1.")
    place = read.evaluate("paragraph => paragraph.getBoundingClientRect().top")
    held[0].continue_()
    expect(block.locator("img")).to_have_count(1, timeout=60_000)
    assert block.evaluate("block => block.offsetHeight") > tall + 100
    assert abs(read.evaluate("paragraph => paragraph.getBoundingClientRect().top") - place) < 1
    assert block.locator("img").evaluate(
        "i => i.decode().then(() => i.naturalWidth / i.width)"
    ) == pytest.approx(1, 0.02)
