"""Working the page with the keys alone: where the focus is after the page has drawn something anew."""

from __future__ import annotations

from pathlib import Path

import media_files as files
from playwright.sync_api import Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import answer_text, answers, ask, chip, wait_idle
from tests.upstream import Reply, Upstream, openai_frames


def test_the_focus_stays_on_a_turns_buttons(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "One.")), Reply(sse=openai_frames("", "Two.")))
    ask(page, "First words")
    wait_idle(page)
    question = page.locator("#chat-log .turn.user")
    edit = question.get_by_label("Edit", exact=True)
    edit.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".edit-box")).to_be_focused()
    page.keyboard.press("Escape")
    expect(edit).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.type(", better")
    page.keyboard.press("Enter")
    expect(answer_text(page)).to_have_text("Two.")
    wait_idle(page)
    expect(edit).to_be_focused()
    question.get_by_label("Previous version").focus()
    page.keyboard.press("Enter")
    expect(question.locator(".bubble")).to_have_text("First words")
    expect(question.get_by_label("Next version")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question.locator(".bubble")).to_have_text("First words, better")
    expect(question.get_by_label("Previous version")).to_be_focused()


def test_an_error_is_said_when_it_happens_and_not_when_it_is_seen_again(page: Page, up: Upstream) -> None:
    up.reply(Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}}))
    ask(page, "Hi")
    expect(chip(page)).to_have_role("alert")
    page.reload()
    expect(chip(page)).to_be_visible()
    expect(chip(page)).to_have_role("note")
    expect(answers(page)).to_have_count(1)


BOXES = ("A cat at [[100,200,500,800]], ", "a dog at [[600,100,900,400]].")


def test_the_focus_stays_on_pictures_boxes_and_earlier_turns(
    page: Page, up: Upstream, tmp_path: Path
) -> None:
    multimodal_page.open_tab(page)
    up.reply(Reply(sse=openai_frames("", list(BOXES)), hold=(3,)), Reply(sse=openai_frames("", "Red.")))
    multimodal_page.choose(
        page,
        files.write(tmp_path, "photo.jpg"),
        files.write(tmp_path, "turned.jpg", files.jpeg(120, 80, orientation=6)),
    )
    multimodal_page.ask(page, "Find them")
    box = page.locator(".mm-box-shape[data-box='0']")
    box.focus()
    up.release()
    expect(page.locator(".mm-box-shape")).to_have_count(2)
    expect(box).to_be_focused()
    multimodal_page.wait_idle(page)
    expect(box).to_be_focused()
    tiles = page.locator(".mm-strip-tile")
    tiles.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_have_attribute("aria-selected", "true")
    expect(tiles.nth(1)).to_be_focused()
    multimodal_page.ask(page, "Which colour?")
    expect(multimodal_page.answer(page)).to_have_text("Red.")
    multimodal_page.wait_idle(page)
    earlier = page.locator(".mm-earlier-row").first
    earlier.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".mm-question .bubble")).to_have_text("Find them")
    expect(earlier).to_be_focused()


def test_arrows_go_from_tab_to_tab(page: Page) -> None:
    tabs = [page.get_by_role("tab", name=name) for name in ("Chat", "Multimodal", "Models")]
    tabs[0].focus()
    page.keyboard.press("ArrowRight")
    expect(tabs[1]).to_have_attribute("aria-selected", "true")
    expect(tabs[1]).to_be_focused()
    page.keyboard.press("End")
    expect(tabs[2]).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tabs[0]).to_have_attribute("aria-selected", "true")
    expect(tabs[0]).to_be_focused()


def test_names_and_headings_for_who_does_not_see_the_page(page: Page) -> None:
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_count(1)
    expect(heading).to_have_text("GLM UI")
    multimodal_page.open_tab(page)
    expect(heading).to_have_count(1)
    # Named by what it shows, or the words that are read on it do not reach it by voice.
    page.wait_for_function(
        "!document.querySelector('#mm-files .upload-container').hasAttribute('aria-label')"
    )
    page.get_by_role("tab", name="Chat").click()
    column, composer = (page.locator(at).bounding_box() for at in (".log-column", "#chat-input"))
    assert column
    assert composer
    assert abs(column["x"] + column["width"] / 2 - composer["x"] - composer["width"] / 2) < 1


def test_a_wide_formula_is_reached_with_the_keys(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Here:\n\n$$x = 1$$\n\nDone."))
    ask(page, "A formula")
    wait_idle(page)
    formula = answer_text(page).locator(".md-formula-block")
    expect(formula.locator(".katex")).to_be_visible()
    formula.focus()
    expect(formula).to_be_focused()
