"""Files in a question of the Chat tab: how they come, what is said of them, that they go with it and stay there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import media_files as files
import pytest
from playwright.sync_api import FileChooser, Locator, Page, expect

from tests.browser.chat_page import answer_text, box, last, wait_idle
from tests.browser.conftest import App, firefox, has_window
from tests.browser.multimodal_page import DROP, PASTE, as_file, cards, pictures_in
from tests.upstream import Reply, Upstream, openai_frames

PICTURE = files.jpeg(120, 80)
DRAWING = files.EVERY["drawing.png"]()


def chips(page: Page) -> Locator:
    return page.get_by_role("list", name="Attached files").get_by_role("listitem")


def names(page: Page) -> Locator:
    return page.locator("#chat-input .chip-file")


def asked(up: Upstream) -> tuple[int, str]:
    """Pictures and words of the last question that the provider was sent."""
    message = up.requests[-1].json["messages"][-1]
    return len(pictures_in(message)), message["content"][-1]["text"]


def choose(page: Page, path: Path) -> None:
    """By the button beside the box, with the keys alone. The driver does not wait until the browser hands it the dialog
    of files: somebody must have listened for one before."""
    page.get_by_role("button", name="Attach files").press("Enter")
    expect(page.get_by_role("menuitem", name="Choose files")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(path)
    page.remove_listener("filechooser", listens)


def listens(_: FileChooser) -> None:
    """Keeps the browser's dialog of files from opening."""


COPIES = """(data) => {
    const picture = new Blob([Uint8Array.from(atob(data), c => c.charCodeAt(0))], { type: "image/png" });
    window.copied = new Promise((done, fail) => addEventListener("click", () => {
        navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]).then(done, fail);
    }, { once: true }));
}"""
"""The next click puts a picture on the clipboard."""


def test_a_picture_on_the_clipboard_is_pasted_by_the_keys(
    open_page: Callable[..., Page], shared_app: App, up: Upstream
) -> None:
    if firefox() and not has_window():
        pytest.skip("The clipboard of a Firefox without a window holds no picture.")
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    up.reply(sse=openai_frames("", "A drawing."))
    page.evaluate(COPIES, as_file("", DRAWING)["data"])
    box(page).click()
    page.evaluate("() => window.copied")
    page.keyboard.press("ControlOrMeta+v")
    expect(names(page)).to_have_text([re.compile(r"^pasted-\d{6}\.png$")])
    page.get_by_role("alert").get_by_role("button", name=re.compile("^Use GLM-")).click()
    expect(chips(page).locator("img")).to_have_count(1)
    box(page).fill("What is it?")
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("A drawing.")
    assert asked(up) == (1, "What is it?")


def test_files_of_a_question_in_chat_are_seen_by_a_model_one_click_away(
    page: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(*[Reply(sse=openai_frames("", said)) for said in ("A photo.", "Again.", "Reworded.", "More.")])
    page.on("filechooser", listens)
    box(page).focus()
    page.evaluate(PASTE, [as_file("photo.jpg", PICTURE, "image/jpeg")])
    expect(names(page)).to_have_text(["photo.jpg"])
    page.evaluate(DROP, ["#chat-main", [as_file("drawing.png", DRAWING)]])
    expect(names(page)).to_have_text(["photo.jpg", "drawing.png"])
    choose(page, files.write(tmp_path, "notes.txt", b"Buy milk."))
    expect(names(page)).to_have_text(["photo.jpg", "drawing.png", "notes.txt"])
    expect(box(page)).to_be_focused()

    expect(page.get_by_role("alert")).to_have_text(re.compile(r"^GLM-4\.6 does not accept images\."))
    box(page).fill("What is it?")
    box(page).press("Enter")
    expect(page.locator("#chat-input .attached > .mm-progress")).to_have_text(
        re.compile(r"Use another model, or remove the file\.$")
    )
    expect(box(page)).to_have_value("What is it?")
    assert not up.requests
    page.get_by_role("button", name="Remove: drawing.png").press("Enter")
    expect(names(page)).to_have_text(["photo.jpg", "notes.txt"])
    expect(page.get_by_role("button", name="Remove: notes.txt")).to_be_focused()
    page.get_by_role("alert").get_by_role("button", name=re.compile("^Use GLM-")).click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(chips(page).locator("img")).to_have_count(1)
    expect(box(page)).to_be_focused()
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("A photo.")
    wait_idle(page)
    assert asked(up) == (1, "What is it?")
    assert "Buy milk." in str(up.requests[-1].json["messages"])
    expect(chips(page)).to_have_count(0)

    in_turn = page.locator("#chat-log .turn-files li")
    expect(in_turn).to_have_count(2)
    last(page).get_by_role("button", name="Retry").click()
    expect(answer_text(page)).to_have_text("Again.")
    wait_idle(page)
    assert asked(up) == (1, "What is it?")
    page.locator("#chat-log .turn.user").hover()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.locator(".edit-box").fill("What colour is it?")
    page.locator(".edit-box").press("Enter")
    expect(answer_text(page)).to_have_text("Reworded.")
    wait_idle(page)
    assert asked(up) == (1, "What colour is it?")

    page.evaluate(PASTE, [as_file("second.png", DRAWING)])
    expect(chips(page).locator("img")).to_have_count(1)
    box(page).fill("And this?")
    page.reload()
    expect(in_turn).to_have_count(2)
    expect(in_turn.locator("img")).to_be_visible()
    expect(names(page)).to_have_text(["second.png"])
    expect(box(page)).to_have_value("And this?")
    chips(page).get_by_role("button", name="second.png. Look closely").click()
    expect(cards(page).locator("strong")).to_have_text(["second.png"])
    expect(page.locator("#mm-input textarea")).to_have_value("And this?")
    page.get_by_role("tab", name="Chat").click()
    expect(names(page)).to_have_text(["second.png"])
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("More.")
    assert asked(up) == (1, "And this?")
