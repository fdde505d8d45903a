"""Tasks of docs/people.md with files: what goes in as one, and what comes out. Written once for every way of working
the page (hands.py), as those of tasks.py.

Each begins in a new conversation on the Chat tab and ends there. Dropping a file (23) is for a mouse alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import media_files as files
from playwright.sync_api import FileChooser, FilePayload, Frame, Locator, Page, expect

from tests.browser.chat_page import answer_text, box, last, wait_idle
from tests.browser.conversation_page import note, row, rows
from tests.browser.downloads import saving
from tests.browser.hands import Hands, Keys
from tests.browser.multimodal_page import PASTE, answer, as_file, card, cards, pictures_in, planned
from tests.browser.multimodal_page import wait_idle as mm_idle
from tests.upstream import Upstream, openai_frames

MM_BOX = "#mm-input textarea"
PICTURE = files.jpeg(120, 80)
BOXES = "A cat at [[100,200,500,800]], a dog at [[600,100,900,400]]."
PAGE_OF_MODEL = """<!doctype html><title>Counter</title><button id="b" style="font-size:3rem">0</button>
<script>let n = 0; b.onclick = () => { b.textContent = ++n; };</script>"""


def payload(name: str, data: bytes, mime: str) -> FilePayload:
    return {"name": name, "mimeType": mime, "buffer": data}


def listens(_: FileChooser) -> None:
    """Keeps the browser's dialog of files from opening: the driver does not wait until the browser hands it over."""


@contextmanager
def chosen(page: Page, file: FilePayload) -> Iterator[None]:
    """What is done in it opens the browser's dialog of files, where `file` is chosen."""
    page.on("filechooser", listens)
    with page.expect_file_chooser() as chooser:
        yield
    chooser.value.set_files([file])
    page.remove_listener("filechooser", listens)


@contextmanager
def on_multimodal(hands: Hands) -> Iterator[Page]:
    """In a new conversation of the Multimodal tab; then back on the Chat tab."""
    page = hands.page
    tabs = page.locator("#tabs > .tab-wrapper [role=tab]")
    hands.press(tabs.nth(1))
    page.wait_for_function("GLM.multimodal")
    page.evaluate("GLM.multimodal.chat.fresh()")
    expect(page.locator(".mm-empty")).to_be_visible()
    yield page
    hands.press(tabs.nth(0))
    expect(box(page)).to_be_visible()


def shows(hands: Hands, file: FilePayload) -> Locator:
    """Chooses a file on the Multimodal tab; its card in the plan of what will be sent."""
    page = hands.page
    with chosen(page, file):
        hands.press(page.locator("#mm-files button").first)
    expect(cards(page)).to_have_count(1)
    planned(page)
    return card(page, file["name"])


def asks_there(hands: Hands, up: Upstream, question: str, said: str) -> None:
    """Asks on the Multimodal tab, and waits for the answer."""
    page = hands.page
    up.forget()
    up.reply(sse=openai_frames("Hm.", said))
    hands.write(page.locator(MM_BOX), question)
    if isinstance(hands, Keys):
        page.keyboard.press("Enter")
    else:
        hands.press(page.locator("#mm-input .submit-button"))
    expect(page.locator(".mm-question .bubble")).to_have_text(question)
    expect(answer(page)).to_have_text(said)
    mm_idle(page)


def checks(hands: Hands, at: Locator) -> None:
    if isinstance(hands, Keys):
        hands.go(at)
        hands.page.keyboard.press("Space")
    else:
        hands.press(at)


def takes_all_out_and_in(hands: Hands, up: Upstream) -> None:
    page = hands.page
    up.reply(sse=openai_frames("", "Kept."))
    hands.send("Where is the cinnamon?")
    expect(answer_text(page)).to_have_text("Kept.")
    wait_idle(page)
    hands.open_side()
    expect(row(page, "Where is the cinnamon?")).to_have_count(1)
    many = rows(page).count()
    menu = page.locator("#chat-list .list-menu")
    with saving(page) as file:
        hands.from_menu(menu, "JSON, complete")
    hands.from_menu(menu, "Clear everything…")
    hands.press(hands.button("Clear everything", page.get_by_role("dialog")))
    expect(rows(page)).to_have_count(0)
    with chosen(page, payload("all.json", file.data, "application/json")):
        hands.from_menu(menu, "Import…")
    expect(note(page)).to_be_visible()
    expect(rows(page)).to_have_count(many)
    hands.press(row(page, "Where is the cinnamon?").locator(".list-open"))
    expect(answer_text(page)).to_have_text("Kept.")


def copies_an_answer(hands: Hands, up: Upstream) -> None:
    """Pasted into the message box, it comes without the thinking."""
    page = hands.page
    up.reply(sse=openai_frames("secret thought", "The **answer**."))
    hands.send("Hi")
    expect(answer_text(page)).to_have_text("The answer.")
    wait_idle(page)
    hands.press(hands.button("Copy", last(page)))
    hands.write(box(page), "")
    page.keyboard.press("ControlOrMeta+v")
    expect(box(page)).to_have_value("The **answer**.")
    hands.write(box(page), "")


def asks_about_a_picture(hands: Hands, up: Upstream) -> None:
    with on_multimodal(hands) as page:
        photo = shows(hands, payload("photo.jpg", PICTURE, "image/jpeg"))
        expect(photo.locator(".mm-thumb img")).to_be_visible()
        asks_there(hands, up, "What is this?", "Four colours.")
        expect(page.locator("#mm-thinking .thinking-body")).to_have_text("Hm.")
        expect(page.locator("#mm-grounding img.mm-picture")).to_be_visible()
        assert len(pictures_in(up.requests[0].json["messages"][-1])) == 1


def gives_chat_files(hands: Hands, up: Upstream) -> None:
    page = hands.page
    names = page.locator("#chat-input .chip-file")
    hands.write(box(page), "What is it?")
    page.evaluate(PASTE, [as_file("photo.jpg", PICTURE, "image/jpeg")])
    expect(names).to_have_text(["photo.jpg"])
    with chosen(page, payload("notes.txt", b"Buy milk.", "text/plain")):
        hands.from_menu(hands.button("Attach files"), "Choose files")
    expect(names).to_have_text(["photo.jpg", "notes.txt"])
    hands.press(page.get_by_role("alert").get_by_role("button", name=re.compile("GLM-")))
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#chat-input .attached li img")).to_have_count(1)
    up.reply(sse=openai_frames("", "A photo."))
    hands.send("What is it?")
    expect(answer_text(page)).to_have_text("A photo.")
    wait_idle(page)
    message = up.requests[-1].json["messages"][-1]
    assert len(pictures_in(message)) == 1
    assert "Buy milk." in str(message)


def picks_pages(hands: Hands, up: Upstream) -> None:
    with on_multimodal(hands) as page:
        report = shows(hands, payload("report.pdf", files.pdf(5), "application/pdf"))
        pages, of = hands.word("Pages"), hands.word("of")
        hands.press(report.locator("summary"))
        for number in (2, 4):
            checks(hands, report.get_by_label(f"{pages} {number}", exact=True))
            expect(report).to_contain_text(f"{number // 2} {of} 5")
        written = report.get_by_label(pages, exact=True)
        expect(written).to_have_value("2,4")
        hands.write(written, "4-5,2")
        page.keyboard.press("Tab")
        expect(report).to_contain_text(f"3 {of} 5")
        asks_there(hands, up, "Sum up", "Done.")
        content = up.requests[0].json["messages"][-1]["content"]
        labels = [part["text"] for part in content if part["type"] == "text"]
        assert [label[:6] for label in labels[:3]] == ["Page 4", "Page 5", "Page 2"]


def asks_about_a_part(hands: Hands, up: Upstream) -> None:
    with on_multimodal(hands) as page:
        picture = files.saved(files.quadrants(400, 200), "PNG")
        shows(hands, payload("photo.png", picture, "image/png"))
        asks_there(hands, up, "Find the cat and the dog", BOXES)
        up.forget()
        up.reply(sse=openai_frames("", "A red cat."))
        cat = page.locator(".mm-box-shape[data-box='0']")
        hands.press(cat)
        hands.press(hands.button("Cancel", page.locator(".mm-region")))
        expect(cat).to_be_focused()
        hands.press(cat)
        hands.write(page.locator(".mm-region input"), "Which breed?")
        hands.press(hands.button("Crop and ask"))
        expect(answer(page)).to_have_text("A red cat.")
        mm_idle(page)
        assert len(pictures_in(up.requests[0].json["messages"][-1])) == 1


def framed(page: Page) -> Frame:
    """The model's page: the innermost frame of the panel."""
    inner = page.frame_locator("#preview iframe").locator("iframe").last
    inner.wait_for(state="visible")
    handle = inner.element_handle()
    frame = handle.content_frame() if handle else None
    assert frame
    return frame


def looks_at_a_page(hands: Hands, up: Upstream) -> None:
    page = hands.page
    up.reply(sse=openai_frames("", f"Here it is.\n\n```html\n{PAGE_OF_MODEL}\n```\n\nThat is all."))
    hands.send("Write a counter")
    wait_idle(page)
    opens = page.locator("#chat-log [data-preview]")
    hands.press(opens)
    count = framed(page).locator("#b")
    expect(count).to_have_text("0")
    if isinstance(hands, Keys):
        into(hands, count)
        page.keyboard.press("Enter")
    else:
        hands.press(count)
    expect(count).to_have_text("1")
    if isinstance(hands, Keys):
        page.keyboard.press("Shift+Tab")
    hands.press(page.locator("#preview .preview-head button").last)
    expect(page.locator("#preview")).to_be_hidden()
    expect(opens).to_be_focused()


def into(hands: Keys, at: Locator) -> None:
    """From the panel's last button into the frames, Tab by Tab."""
    hands.go(hands.page.locator("#preview .preview-head button").last)
    for _ in range(3):
        hands.page.keyboard.press("Tab")
        if at.evaluate("at => at === document.activeElement"):
            break
    expect(at).to_be_focused()


FILE_TASKS = {
    (20,): takes_all_out_and_in,
    (21,): copies_an_answer,
    (22,): asks_about_a_picture,
    (23,): gives_chat_files,
    (24,): picks_pages,
    (25,): asks_about_a_part,
    (27,): looks_at_a_page,
}
"""By their numbers in docs/people.md."""
