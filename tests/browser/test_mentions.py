"""What "@" brings into a message: a file of the conversation, an earlier answer."""

from __future__ import annotations

from pathlib import Path

import media_files as files
from playwright.sync_api import Page, expect

from tests.browser import multimodal_page
from tests.browser.multimodal_page import answer, card
from tests.browser.prompts_page import options
from tests.upstream import Reply, Upstream, openai_frames


def test_a_file_goes_with_the_message_again_and_an_answer_is_named(
    page: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(*(Reply(sse=openai_frames("", text)) for text in ("A *red* house.", "The same.")))
    multimodal_page.open_tab(page)
    multimodal_page.choose(page, files.write(tmp_path, "photo.jpg"))
    multimodal_page.ask(page, "What is this?")
    expect(answer(page)).to_have_text("A red house.")
    multimodal_page.wait_idle(page)
    expect(multimodal_page.cards(page)).to_have_count(0)
    box = page.locator("#mm-input textarea")
    box.click()
    page.keyboard.type("me@example.org")
    expect(options(page)).to_have_count(0)
    box.fill("")
    page.keyboard.type("Compare @")
    expect(page.get_by_role("listbox", name="Files and answers of this conversation")).to_be_visible()
    expect(options(page)).to_have_count(2)
    page.keyboard.type("pho")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Compare the file “photo.jpg” ")
    expect(card(page, "photo.jpg")).to_have_attribute("data-state", "ready")
    page.keyboard.type("with @house")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Tab")
    expect(box).to_have_value("Compare the file “photo.jpg” with answer 1 (“A red house.”) ")
    page.keyboard.press("Enter")
    expect(answer(page)).to_have_text("The same.")
    asked = up.requests[-1].json["messages"]
    assert asked[-2] == {"role": "assistant", "content": "A *red* house."}
    parts = asked[-1]["content"]
    assert [part["type"] for part in parts].count("image_url") == 1
    assert "the file “photo.jpg” with answer 1" in parts[-1]["text"]


def test_the_sign_says_what_it_is_for_where_there_is_nothing_to_name(page: Page) -> None:
    box = page.locator("#chat-input textarea")
    box.click()
    page.keyboard.type("see @")
    note = page.locator(".composer-note")
    expect(note).to_contain_text("There is nothing to name yet")
    page.keyboard.type("home")
    expect(note).to_be_hidden()
    expect(box).to_have_value("see @home")
