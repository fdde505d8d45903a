"""Showing a vision model files, each as a whole task in the real page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import media_files as files
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.multimodal_page import (
    answer,
    ask,
    card,
    cards,
    choose,
    open_tab,
    pictures_in,
    wait_idle,
)
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]


@pytest.fixture
def tab(page: Page) -> Page:
    open_tab(page)
    return page


def test_a_vision_model_is_picked_and_vision_models_come_first(tab: Page) -> None:
    expect(tab.locator("#mm-model input")).to_have_value("GLM-4.5V · Z.ai")


def test_a_picture_is_planned_asked_about_and_answered_in_two_panels(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(sse=openai_frames(["I see ", "four fields."], ["Four ", "**colours**."]), hold=(3,))
    choose(tab, files.write(tmp_path, "photo.jpg"))
    photo = card(tab, "photo.jpg")
    expect(photo.locator(".mm-thumb img")).to_be_visible()
    expect(photo).to_contain_text(re.compile(r"\d+×\d+ · .*KB → \d+×\d+ · .*KB"))
    expect(photo).to_contain_text("tokens")
    expect(tab.locator(".mm-window")).to_be_visible()
    ask(tab, "What is this?")
    expect(tab.locator("#mm-thinking .thinking-body")).to_have_text("I see four fields.")
    expect(answer(tab)).to_have_text("Four")
    up.release()
    wait_idle(tab)
    expect(answer(tab).locator("strong")).to_have_text("colours")
    expect(tab.locator("#mm-thinking .thinking-body")).to_be_visible()
    expect(tab.locator("#mm-thinking .thinking-label")).to_contain_text("Thought for")
    expect(tab.locator("#mm-grounding img.mm-picture")).to_be_visible()
    sent = pictures_in(up.requests[0].json["messages"][-1])
    assert len(sent) == 1
    assert files.GPS_TEXT not in sent[0]
    expect(cards(tab)).to_have_count(0)


def test_each_panel_copies_its_own_text(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(sse=openai_frames("a thought", "The **answer**."))
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    open_tab(page)
    ask(page, "Hi")
    wait_idle(page)
    page.locator("#mm-answer").get_by_label("Copy", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == "The **answer**."
    page.locator("#mm-thinking").get_by_label("Copy the thinking").click()
    assert page.evaluate("navigator.clipboard.readText()") == "a thought"


def test_a_follow_up_sends_the_picture_again_without_a_new_upload(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(Reply(sse=openai_frames("", "A cat.")), Reply(sse=openai_frames("", "Black.")))
    choose(tab, files.write(tmp_path, "photo.jpg"))
    ask(tab, "What is it?")
    wait_idle(tab)
    uploads: list[str] = []
    tab.on("request", lambda r: "upload" in r.url and uploads.append(r.url))
    expect(tab.locator("#mm-plan")).to_contain_text("Also in this conversation: photo.jpg")
    ask(tab, "Which colour?")
    expect(answer(tab)).to_have_text("Black.")
    wait_idle(tab)
    assert not uploads
    once, again = (pictures_in(request.json["messages"][0]) for request in up.requests)
    assert once == again
    rows = tab.locator(".mm-earlier-row")
    expect(rows).to_have_count(2)
    rows.first.click()
    expect(answer(tab)).to_have_text("A cat.")


def test_a_conversation_with_its_picture_survives_a_reload(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(Reply(sse=openai_frames("", "At [[100,100,500,500]].")), Reply(sse=openai_frames("", "Yes.")))
    choose(tab, files.write(tmp_path, "photo.jpg"))
    ask(tab, "Where is the box?")
    wait_idle(tab)
    # Under load the address may not have followed yet: it names the tab alone.
    tab.evaluate("history.replaceState(history.state, '', '#multimodal')")
    tab.reload()
    tab.get_by_role("tab", name="Multimodal").click()
    expect(answer(tab)).to_contain_text("[[100,100,500,500]]")
    expect(tab.locator(".mm-box-shape")).to_have_count(1)
    tab.wait_for_function("location.hash.startsWith('#c=')")
    ask(tab, "Sure?")
    expect(answer(tab)).to_have_text("Yes.")
    assert len(pictures_in(up.requests[1].json["messages"][0])) == 1


BOXES = (
    "A cat at <|begin_of_box|>[[100,200,500,800]]<|end_of_box|>, "
    "a dog at <|begin_of_box|>[[600,100,900,400]]<|end_of_box|>."
)


def test_boxes_and_their_words_mark_each_other(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(sse=openai_frames("", BOXES))
    choose(tab, files.write(tmp_path, "turned.jpg", files.jpeg(120, 80, orientation=6)))
    ask(tab, "Find the cat and the dog")
    wait_idle(tab)
    expect(answer(tab)).not_to_contain_text("begin_of_box")
    cat = tab.locator(".mm-box-shape").and_(tab.locator("[data-box='0']"))
    attributes = {name: cat.get_attribute(name) for name in ("x", "y", "width", "height")}
    assert attributes == {"x": "12", "y": "16", "width": "48", "height": "48"}
    words = answer(tab).locator(".mm-ref")
    expect(words).to_have_count(2)
    cat.hover()
    expect(words.first).to_have_class(re.compile("marked"))
    expect(words.nth(1)).not_to_have_class(re.compile("marked"))
    words.nth(1).hover()
    expect(tab.locator(".mm-box-shape.marked")).to_have_attribute("data-box", "1")
    expect(tab.locator(".mm-tag[data-box='0']")).to_have_text("cat")


def test_a_region_is_cut_out_and_asked_about(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(Reply(sse=openai_frames("", BOXES)), Reply(sse=openai_frames("", "A red cat.")))
    choose(tab, files.write(tmp_path, "photo.png", files.saved(files.quadrants(400, 200), "PNG")))
    ask(tab, "Find the cat and the dog")
    wait_idle(tab)
    tab.locator(".mm-box-shape[data-box='0']").click()
    tab.locator(".mm-region input").fill("Which breed?")
    tab.get_by_role("button", name="Crop and ask").click()
    expect(answer(tab)).to_have_text("A red cat.")
    expect(tab.locator(".mm-question .bubble")).to_have_text("Which breed?")
    sent = pictures_in(up.requests[1].json["messages"][-1])
    assert len(sent) == 1
    from io import BytesIO

    from PIL import Image

    width, height = Image.open(BytesIO(sent[0])).size
    assert abs(width - 160) <= 8
    assert abs(height - 120) <= 5


def test_boxes_are_exported_in_cocos_form(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(sse=openai_frames("", BOXES))
    choose(tab, files.write(tmp_path, "photo.png", files.saved(files.quadrants(400, 200), "PNG")))
    ask(tab, "Find the cat and the dog")
    wait_idle(tab)
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export boxes").click()
    coco = json.loads(Path(download.value.path()).read_text())
    assert [a["bbox"] for a in coco["annotations"]] == [[40, 40, 160, 120], [240, 20, 120, 60]]
    assert [c["name"] for c in coco["categories"]] == ["cat", "dog"]


def test_an_expired_upload_asks_for_the_file_again_and_goes_on(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(Reply(sse=openai_frames("", "A cat.")), Reply(sse=openai_frames("", "Still a cat.")))
    path = files.write(tmp_path, "photo.jpg")
    choose(tab, path)
    ask(tab, "What is it?")
    wait_idle(tab)
    # The server forgets whose file it was, as it does after an hour.
    tab.evaluate("localStorage.setItem('glm-ui-visitor', 'someone-else'.padEnd(48, '-'))")
    tab.locator("#mm-input textarea").fill("Sure?")
    tab.locator("#mm-input textarea").press("Enter")
    chip = tab.locator("#mm-answer .ending")
    expect(chip).to_contain_text("no longer on the server")
    with tab.expect_file_chooser() as chooser:
        chip.get_by_role("button", name="Choose it again").click()
    chooser.value.set_files(str(path))
    expect(answer(tab)).to_have_text("Still a cat.")
    assert len(pictures_in(up.requests[1].json["messages"][0])) == 1


def test_stop_closes_the_upstream_and_keeps_both_panels(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(sse=openai_frames("Hm.", "Half an ans", finish=None), then="stall")
    choose(tab, files.write(tmp_path, "photo.jpg"))
    ask(tab, "What is it?")
    expect(answer(tab)).to_have_text("Half an ans")
    tab.locator("#mm-input .stop-button").click()
    up.wait_aborted(1, patience=1.5)
    expect(answer(tab)).to_have_text("Half an ans")
    expect(tab.locator("#mm-thinking .thinking-body")).to_have_text("Hm.")
    expect(tab.locator("#mm-answer .ending")).to_contain_text("Stopped")


def test_a_wrong_key_gives_words_and_files_back(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    choose(tab, files.write(tmp_path, "photo.jpg"))
    ask(tab, "What is it?")
    expect(tab.locator("#mm-answer .ending")).to_contain_text("did not accept the key")
    expect(tab.locator("#mm-input textarea")).to_have_value("What is it?")
    expect(card(tab, "photo.jpg")).to_have_attribute("data-state", "ready")
    up.forget()
    up.reply(sse=openai_frames("", "Now."))
    tab.locator("#mm-input textarea").press("Enter")
    expect(answer(tab)).to_have_text("Now.")
    assert len(up.requests[0].json["messages"]) == 1


def test_a_conversation_stands_in_the_lists_of_both_tabs(tab: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "ok"))
    ask(tab, "A question about pictures")
    wait_idle(tab)
    tab.locator(".mm-list summary").click()
    expect(tab.locator("#mm-conversations")).to_contain_text("A question about pictures")
    chats = tab.locator("#conversations .list-row")
    expect(chats).to_contain_text("A question about pictures")
    expect(chats.get_by_label("Multimodal")).to_have_count(1)


def test_boxes_of_one_label_have_one_colour(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(
        sse=openai_frames("", "A cat at [[1,1,90,90]], a dog at [[300,1,400,90]], a cat at [[600,1,700,90]].")
    )
    choose(tab, files.write(tmp_path, "photo.jpg"))
    ask(tab, "Find them")
    wait_idle(tab)
    boxes = tab.locator(".mm-box-shape")
    expect(boxes).to_have_count(3)
    found = tab.evaluate(
        "[...document.querySelectorAll('.mm-tag')]"
        ".map((tag) => [tag.textContent, getComputedStyle(tag).backgroundColor])"
    )
    colours: dict[str, set[str]] = {}
    for label, colour in found:
        colours.setdefault(label, set()).add(colour)
    assert [len(each) for each in colours.values()] == [1] * len(colours)
    assert len(set.union(*colours.values())) == len(colours) == 2


MARK = "node => { node.seenBefore = true; }"
MARKED = "node => node === document.activeElement && node.seenBefore === true"


def test_boxes_and_earlier_turns_that_are_drawn_again_keep_the_focus(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(Reply(sse=openai_frames("", BOXES)), Reply(sse=openai_frames("", BOXES)))
    choose(tab, files.write(tmp_path, "photo.png", files.saved(files.quadrants(400, 200), "PNG")))
    for question in ("Find the cat and the dog", "And now?"):
        ask(tab, question)
        wait_idle(tab)
    shape = tab.locator(".mm-box-shape[data-box='1']")
    shape.focus()
    shape.evaluate(MARK)
    # One more box, so large that it comes to lie below the others.
    tab.evaluate(
        "() => { const { grounding } = GLM.multimodal.chat.log; "
        "grounding.draw([...grounding.boxes, { box: [0, 0, 999, 999], label: 'all', picture: 0, text: '' }]); }"
    )
    expect(tab.locator(".mm-box-shape")).to_have_count(3)
    assert tab.locator(".mm-box-shape").first.get_attribute("aria-label").startswith("all")  # type: ignore[union-attr]
    assert shape.evaluate(MARKED)
    redraw = "() => { const { log } = GLM.multimodal.chat; log.show(log.path, log.siblingsOf); }"
    earlier = tab.locator(".mm-earlier-row").first
    earlier.focus()
    earlier.evaluate(MARK)
    tab.evaluate(redraw)
    assert earlier.evaluate(MARKED)
    # A question that is open for an edit stays so, with what was typed.
    tab.locator(".mm-question").get_by_role("button", name="Edit").click()
    tab.locator(".mm-question textarea").fill("And the mouse?")
    tab.evaluate(redraw)
    expect(tab.locator(".mm-question textarea")).to_have_value("And the mouse?")
    expect(tab.locator(".mm-question textarea")).to_be_focused()
