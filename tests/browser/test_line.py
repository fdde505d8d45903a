"""Messages in line: sent while a reply comes in, or without a connection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import media_files as files
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import multimodal_page
from tests.browser.chat_page import answer_text, answers, ask, box, chip, wait_idle
from tests.browser.conversation_page import open_row
from tests.browser.hands import tap
from tests.browser.promises import comes_true
from tests.browser.test_composer import offline
from tests.browser.test_drafts import PHONE, WIDE
from tests.upstream import Reply, Upstream, openai_frames


def in_line(page: Page, of: str = "#chat-main") -> Locator:
    return page.locator(f"{of} .line-text")


def head(page: Page) -> Locator:
    return page.locator("#chat-main .line-head")


def send(page: Page, text: str, *, touch: bool) -> None:
    """On a touch screen Enter breaks the line: there is a button."""
    box(page).fill(text)
    if touch:
        tap(page.locator("#chat-input .submit-button"))
    else:
        box(page).press("Enter")
    expect(box(page)).to_have_value("")  # or what is typed next is cleared with it


def asked(up: Upstream) -> list[str]:
    return [request.json["messages"][-1]["content"] for request in up.requests]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_is_sent_during_a_reply_waits_and_goes_after_it(
    open_page: Callable[..., Page], shared_app: object, up: Upstream, size: dict[str, object]
) -> None:
    touch = size is PHONE
    up.reply(
        Reply(sse=openai_frames("", ["One", "."]), hold=(2,)),
        Reply(sse=openai_frames("", "Two.")),
        Reply(sse=openai_frames("", "Three.")),
    )
    page = open_page(shared_app.url, **size)  # type: ignore[attr-defined]
    send(page, "first", touch=touch)
    expect(page.locator("#chat-log .turn.live")).to_have_count(1)
    for text in ("second", "third", "not this one"):
        send(page, text, touch=touch)
        expect(box(page)).to_have_value("")
    expect(in_line(page)).to_have_text(["second", "third", "not this one"])
    expect(head(page)).to_contain_text("when the reply has ended")
    page.locator(".line-rows li").nth(2).get_by_label("Take out of the line").click()
    page.locator(".line-rows li").nth(1).get_by_label("Edit").click()
    page.locator(".line-rows .edit-box").fill("third, changed")
    page.locator(".line-rows .editor").get_by_role("button", name="Save").click()
    expect(in_line(page)).to_have_text(["second", "third, changed"])
    assert len(up.requests) == 1
    up.release()
    expect(answers(page)).to_have_count(3)
    expect(answer_text(page)).to_have_text("Three.")
    wait_idle(page)
    expect(page.locator("#chat-main .line")).to_be_hidden()
    assert asked(up) == ["first", "second", "third, changed"]


def test_the_line_goes_on_out_of_sight_and_after_a_reload(page: Page, up: Upstream) -> None:
    up.reply(
        Reply(sse=openai_frames("", ["One", "."]), hold=(1,)),
        Reply(sse=openai_frames("", ["Two", "."]), hold=(1,)),
        Reply(sse=openai_frames("", "Three.")),
    )
    ask(page, "first")
    expect(answer_text(page)).to_have_text("One")
    for text in ("second", "third"):
        send(page, text, touch=False)
    page.locator("#new-chat").click()
    expect(answers(page)).to_have_count(0)
    up.release()
    comes_true(page, "async () => (await GLM.chat.store.list())[0]?.count === 4")
    open_row(page, "first")
    expect(answer_text(page)).to_have_text("Two")
    expect(in_line(page)).to_have_text(["third"])
    page.reload()
    expect(answer_text(page)).to_have_text("Two")
    expect(in_line(page)).to_have_text(["third"])
    expect(head(page)).to_contain_text("when the reply has ended")
    up.release()
    expect(answer_text(page)).to_have_text("Three.")
    wait_idle(page)
    assert asked(up) == ["first", "second", "third"]


def test_a_message_that_is_being_changed_holds_the_line(page: Page, up: Upstream) -> None:
    up.reply(
        Reply(sse=openai_frames("", ["One", "."]), hold=(2,)),
        Reply(sse=openai_frames("", "Two.")),
        Reply(sse=openai_frames("", "Three.")),
    )
    send(page, "first", touch=False)
    expect(page.locator("#chat-log .turn.live")).to_have_count(1)
    for text in ("old words", "third"):
        send(page, text, touch=False)
    page.locator(".line-rows").get_by_label("Edit").first.click()
    page.locator(".line .edit-box").press_sequentially(" and new ones")
    up.release()
    wait_idle(page)
    expect(page.locator(".line .edit-box")).to_have_value("old words and new ones")
    expect(page.locator(".line .edit-box")).to_be_focused()
    assert asked(up) == ["first"]
    page.locator(".line .edit-box").press("Enter")
    expect(answers(page).locator(".answer")).to_have_text(["One.", "Two.", "Three."])
    assert asked(up) == ["first", "old words and new ones", "third"]


def test_a_message_whose_change_is_given_up_goes_as_it_was(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", ["One", "."]), hold=(2,)), Reply(sse=openai_frames("", "Two.")))
    send(page, "first", touch=False)
    expect(page.locator("#chat-log .turn.live")).to_have_count(1)
    send(page, "second", touch=False)
    page.locator(".line-rows").get_by_label("Edit").click()
    page.locator(".line .edit-box").fill("something else")
    up.release()
    wait_idle(page)
    page.locator(".line .edit-box").press("Escape")
    expect(answers(page).locator(".answer")).to_have_text(["One.", "Two."])
    assert asked(up) == ["first", "second"]


def test_after_stop_and_after_an_error_the_line_asks(page: Page, up: Upstream) -> None:
    up.reply(
        Reply(sse=openai_frames("", "Half", finish=None), then="stall"),
        Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}}),
        Reply(sse=openai_frames("", "At last.")),
    )
    ask(page, "first")
    expect(answer_text(page)).to_have_text("Half")
    send(page, "second", touch=False)
    send(page, "third", touch=False)
    page.locator("#chat-input .stop-button").click()
    expect(chip(page)).to_contain_text("Stopped")
    expect(head(page)).to_contain_text("Not sent yet")
    expect(in_line(page)).to_have_text(["second", "third"])
    page.reload()
    expect(in_line(page)).to_have_text(["second", "third"])
    expect(head(page)).to_contain_text("Not sent yet")
    now = head(page).get_by_role("button", name="Send now")
    now.click()
    expect(box(page)).to_have_value("second")  # refused, and given back
    expect(in_line(page)).to_have_text(["third"])
    box(page).fill("")
    now.click()
    expect(answer_text(page)).to_have_text("At last.")
    expect(page.locator("#chat-main .line")).to_be_hidden()
    assert len(up.requests) == 3


def test_what_is_sent_beside_a_line_that_waits_for_a_word_goes_behind_it(page: Page, up: Upstream) -> None:
    up.reply(
        Reply(sse=openai_frames("", ["Half", " of"], finish=None), hold=(1,), then="stall"),
        Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}}),
        Reply(sse=openai_frames("", "Two.")),
        Reply(sse=openai_frames("", "Three.")),
        Reply(sse=openai_frames("", "Four.")),
    )
    ask(page, "first")
    expect(answer_text(page)).to_have_text("Half")
    send(page, "second", touch=False)
    send(page, "third", touch=False)
    page.locator("#chat-input .stop-button").click()
    expect(head(page)).to_contain_text("Not sent yet")
    send(page, "fourth", touch=False)
    expect(in_line(page)).to_have_text(["second", "third", "fourth"])
    expect(head(page)).to_contain_text("Not sent yet")
    head(page).get_by_role("button", name="Send now").click()
    expect(box(page)).to_have_value("second")  # refused, and given back
    expect(in_line(page)).to_have_text(["third", "fourth"])
    box(page).press("Enter")  # the same words again go at once: they stood before what waits
    expect(answer_text(page)).to_have_text("Two.")
    wait_idle(page)
    expect(in_line(page)).to_have_text(["third", "fourth"])
    head(page).get_by_role("button", name="Send now").click()
    expect(answer_text(page)).to_have_text("Four.")
    wait_idle(page)
    assert asked(up) == ["first", "second", "second", "third", "fourth"]


def test_without_a_connection_a_message_waits_for_it(page: Page, up: Upstream) -> None:
    bar = page.locator("#bar-state")
    up.reply(sse=openai_frames("", "Hello again."))
    with offline(page):
        expect(bar).to_have_text("Offline")
        send(page, "Are you there?", touch=False)
        send(page, "Not this", touch=False)
        expect(head(page)).to_contain_text("when the connection is back")
        page.locator(".line-rows li").nth(1).get_by_label("Take out of the line").click()
        expect(in_line(page)).to_have_text(["Are you there?"])
    expect(answer_text(page)).to_have_text("Hello again.")
    expect(bar).not_to_have_text("Offline")
    wait_idle(page)
    assert asked(up) == ["Are you there?"]


def test_a_server_that_is_gone_is_told_and_asked_again(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Back."))
    page.route("**/glm_ui/*", lambda route: route.abort("connectionrefused"))
    page.route("**/healthz", lambda route: route.abort("connectionrefused"))
    ask(page, "Hello?")
    expect(chip(page)).to_contain_text("cannot be reached")
    expect(page.locator("#bar-state")).to_have_text("Offline")
    expect(box(page)).to_have_value("Hello?")
    box(page).press("Enter")
    expect(head(page)).to_contain_text("when the connection is back")
    page.unroute("**/glm_ui/*")
    page.unroute("**/healthz")
    expect(answer_text(page)).to_have_text("Back.")
    wait_idle(page)
    assert asked(up) == ["Hello?"]


def test_files_stand_in_line_with_their_question(page: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(Reply(sse=openai_frames("", ["One", "."]), hold=(2,)), Reply(sse=openai_frames("", "A photo.")))
    multimodal_page.open_tab(page)
    multimodal_page.ask(page, "first")
    multimodal_page.choose(page, files.write(tmp_path, "photo.jpg"))
    place = page.locator("#mm-input textarea")
    place.fill("What is this?")
    place.press("Enter")
    expect(in_line(page, "#mm-in")).to_have_text("What is this? · photo.jpg")
    expect(multimodal_page.cards(page)).to_have_count(0)
    up.release()
    expect(multimodal_page.answer(page)).to_have_text("A photo.")
    expect(page.locator("#mm-in .line")).to_be_hidden()
    assert multimodal_page.pictures_in(up.requests[-1].json["messages"][-1])


@pytest.mark.parametrize("tab", ["chat", "mm"])
def test_the_bar_of_the_box_leaves_room_for_stop_and_send(page: Page, up: Upstream, tab: str) -> None:
    up.reply(Reply(sse=openai_frames("", ["One", "."]), hold=(2,)))
    if tab == "mm":
        multimodal_page.open_tab(page)
    typed = page.locator(f"#{tab}-input textarea")
    room = f"() => getComputedStyle(document.querySelector('#{tab}-tools')).getPropertyValue('--send-room')"
    assert page.evaluate(room) == "52px"
    typed.fill("first")
    typed.press("Enter")
    expect(page.locator(f"#{tab}-input .stop-button")).to_be_visible()
    typed.fill("second")
    page.wait_for_function(f"({room})() === '98px'")
    typed.fill("")
    page.wait_for_function(f"({room})() === '52px'")
    up.release()


def test_send_comes_back_where_gradio_misses_that_a_reply_is_over(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", ["One"]), hold=(1,)))
    ask(page, "First?")
    expect(page.locator("#chat-input .stop-button")).to_be_visible()
    page.evaluate(
        """() => {
          window.missed = 0;
          const bridge = document.querySelector("#chat-bridge");
          const miss = (event) => (missed++, event.stopImmediatePropagation());
          bridge.parentElement.addEventListener("click", miss, { capture: true, once: true });
        }"""
    )
    up.release()
    wait_idle(page)
    assert page.evaluate("missed") == 1
