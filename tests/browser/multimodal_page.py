"""What a person does on the Multimodal tab, by name. Element ids are the ones that docs/api.md promises."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

DROP = """([at, files]) => {
    const transfer = new DataTransfer();
    for (const { name, type, data } of files) {
        transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], name, { type }));
    }
    const place = document.querySelector(at);
    for (const kind of ['dragenter', 'dragover', 'drop']) {
        place.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
}"""
PASTE = """(files) => {
    const transfer = new DataTransfer();
    for (const { name, type, data } of files) {
        transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], name, { type }));
    }
    const paste = new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true });
    if (!paste.clipboardData.files.length) { // Firefox gives the event a new one, and files may be put into it
        for (const file of transfer.files) paste.clipboardData.items.add(file);
    }
    document.activeElement.dispatchEvent(paste);
}"""


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="Multimodal").click()
    expect(page.locator(".mm-empty")).to_be_visible()


def open_tab_again(page: Page) -> None:
    """After a reload, where files may stand in it."""
    page.get_by_role("tab", name="Multimodal").click()
    expect(page.locator("#mm-stage glm-stage > *").first).to_be_visible()


def as_file(name: str, data: bytes, mime: str = "image/png") -> dict[str, str]:
    return {"name": name, "type": mime, "data": base64.b64encode(data).decode()}


def choose(page: Page, *paths: Path) -> None:
    """Through Gradio's own input, and waits until the plan shows them all."""
    before = cards(page).count()
    page.set_input_files("#mm-files input[type=file]", [str(path) for path in paths])
    expect(cards(page)).to_have_count(before + len(paths))
    planned(page)


def cards(page: Page) -> Locator:
    return page.locator("#mm-plan .mm-card")


def card(page: Page, name: str) -> Locator:
    return cards(page).filter(has=page.locator("strong", has_text=name))


def planned(page: Page) -> None:
    expect(page.locator("#mm-plan .mm-card[data-state=waiting]")).to_have_count(0)


def ask(page: Page, text: str) -> None:
    box = page.locator("#mm-input textarea")
    box.fill(text)
    box.press("Enter")
    expect(page.locator(".mm-question .bubble")).to_have_text(text)


def answer(page: Page) -> Locator:
    return page.locator("#mm-answer .answer")


def wait_idle(page: Page) -> None:
    expect(page.locator("#mm-input .submit-button")).to_be_visible()
    expect(page.locator("#mm-answer .metrics .metric").first).to_be_visible()


def pictures_in(message: dict[str, Any]) -> list[bytes]:
    urls = [part["image_url"]["url"] for part in message["content"] if part["type"] == "image_url"]
    return [base64.b64decode(url.split(",", 1)[-1]) for url in urls]
