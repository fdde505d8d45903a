"""The page at an address that is neither https nor localhost, as in an office network. Browsers give such a page no
`crypto.randomUUID` and no clipboard."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import media_files as files
import pytest
from playwright.sync_api import Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import answer_text, ask, box, chip, last, wait_idle
from tests.browser.conftest import App
from tests.browser.forwarder import forwarding
from tests.upstream import Reply, Upstream, openai_frames


def own_address() -> str | None:
    """An address of this machine that is not loopback; nothing is sent to find it."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
        return None if address.startswith("127.") else address


@pytest.fixture(scope="module")
def address(shared_app: App) -> Iterator[str]:
    """The shared app at this machine's own address in the network."""
    own = own_address()
    if own is None:
        pytest.skip("this machine has no address but loopback")
    with forwarding(own, shared_app.url) as forwarder:
        yield forwarder.url


def pasted(page: Page) -> str:
    """What is on the clipboard, as a person gets it: by pasting it into the composer."""
    box(page).fill("")
    box(page).press("Control+V")
    text = box(page).input_value()
    box(page).fill("")
    return text


def test_a_person_can_do_everything_over_plain_http(
    open_page: Callable[..., Page], address: str, up: Upstream, tmp_path: Path
) -> None:
    page = open_page(address)
    assert not page.evaluate("isSecureContext")

    up.reply(sse=openai_frames("a thought", "Half an ans", finish=None), then="stall")
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("Half an ans")
    page.locator("#chat-input .stop-button").click()
    up.wait_aborted(1, patience=1.5)
    expect(chip(page)).to_contain_text("Stopped")
    wait_idle(page)
    last(page).get_by_label("Copy", exact=True).click()
    assert pasted(page) == "Half an ans"
    last(page).get_by_label("The exact request").click()
    page.locator(".request-block").filter(has_text="messages").get_by_role("button", name="Copy").click()
    page.locator(".request-view").get_by_label("Close").click()
    assert "Hi" in pasted(page)

    up.forget()
    up.reply(sse=openai_frames("", ["One ", "two."]), hold=(1,))
    ask(page, "Count")
    expect(answer_text(page)).to_have_text("One")
    page.reload()
    expect(last(page)).to_have_class(re.compile(r"\blive\b"))
    up.release()
    expect(answer_text(page)).to_have_text("One two.")
    wait_idle(page)

    page.locator("#new-chat").click()
    up.forget()
    up.reply(sse=openai_frames("", "```python\nprint(1)\n```"))
    page.locator(".example").first.click()
    expect(answer_text(page)).to_contain_text("print(1)")
    wait_idle(page)
    answer_text(page).get_by_role("button", name="Copy").click()
    assert pasted(page).strip() == "print(1)"

    up.forget()
    up.reply(sse=openai_frames("", "Four fields."))
    multimodal_page.open_tab(page)
    multimodal_page.choose(page, files.write(tmp_path, "photo.jpg"))
    multimodal_page.ask(page, "What is this?")
    expect(multimodal_page.answer(page)).to_have_text("Four fields.")
    multimodal_page.wait_idle(page)

    up.forget()
    up.script(lambda _: Reply(sse=openai_frames("", "The same.")))
    page.get_by_role("tab", name="Models").click()
    page.locator(".views").get_by_role("button", name="Compare").click()
    page.locator("#try-two").check()
    for lane in ("a", "b"):
        page.locator(f"#try-name-{lane}").fill("glm-4.6")
        page.locator(f"#try-provider-{lane}").select_option("zai")
    page.locator("#try-prompt").fill("Hi")
    page.locator("#try-send").click()
    for lane in ("a", "b"):
        expect(page.locator(f"#try-lane-{lane} .answer")).to_have_text("The same.")
