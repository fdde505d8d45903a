"""Tasks of docs/people.md, each under its number, written once for every way of working the page (hands.py).

Each begins in a new conversation on the Chat tab and ends there.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import answer_text, answers, box, chip, last, wait_idle
from tests.browser.conversation_page import note, row, rows
from tests.browser.hands import Hands, Keys
from tests.browser.tasks_files import FILE_TASKS
from tests.tool_frames import openai_calls
from tests.upstream import Reply, Upstream, openai_frames

Task = Callable[[Hands, Upstream], None]


def bubble(page: Page) -> Locator:
    return page.locator("#chat-log .turn.user .bubble").last


def next_are(up: Upstream, *replies: Reply) -> None:
    """What the provider says from now on."""
    up.forget()
    up.reply(*replies)


def had(hands: Hands, up: Upstream, question: str = "Hi", answer: str = "First.") -> None:
    """An exchange."""
    next_are(up, Reply(sse=openai_frames("Hm.", answer)))
    hands.send(question)
    up.wait_requests(1)  # the last turn may say the same
    expect(answer_text(hands.page)).to_have_text(answer)
    wait_idle(hands.page)


def asks(hands: Hands, up: Upstream) -> None:
    page = hands.page
    had(hands, up, "Why is the sky blue?", "Scattering.")
    expect(bubble(page)).to_have_text("Why is the sky blue?")
    expect(last(page).locator(".thinking-label")).to_contain_text(hands.word("Thought for"))
    hands.press(last(page).locator(".thinking summary"))
    expect(last(page).locator(".thinking-body")).to_have_text("Hm.")
    expect(answer_text(page)).to_have_text("Scattering.")


def picks_a_model(hands: Hands, up: Upstream) -> None:
    """By the keys from the message box's own list, by finger from the side bar's."""
    page = hands.page
    hands.open_side()
    model = page.locator("#chat-model input")
    rows = page.get_by_role("dialog").get_by_role("option")
    before = model.input_value()
    for name in ("GLM-5.3 · Z.ai", before):
        if isinstance(hands, Keys):
            hands.press(page.locator("#chat-tools .model-chip"))
            expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
            page.keyboard.type(name.replace(" · ", " "))
            expect(rows.first.locator(".suggestion-text > span").first).to_have_text(name.partition(" · ")[0])
        else:
            hands.write(model, name)
        page.keyboard.press("Enter")
        expect(model).to_have_value(name)
    had(hands, up)


def turns_thinking_off(hands: Hands, up: Upstream) -> None:
    hands.open_side()
    thinking = hands.page.locator("#chat-thinking input")
    for wanted in ("disabled", "enabled"):
        if isinstance(hands, Keys):
            hands.go(thinking)
            hands.page.keyboard.press("Space")
        else:
            hands.press(thinking)
        had(hands, up)
        assert up.requests[-1].json["thinking"]["type"] == wanted
        hands.open_side()


def stops(hands: Hands, up: Upstream) -> None:
    page = hands.page
    next_are(up, Reply(sse=openai_frames("", "Half an ans", finish=None), then="stall"))
    hands.send("Hi")
    expect(answer_text(page)).to_have_text("Half an ans")
    if isinstance(hands, Keys):
        page.keyboard.press("Escape")
    else:
        hands.press(page.locator("#chat-input .stop-button"))
    wait_idle(page)
    expect(chip(page)).to_contain_text(hands.word("Stopped"))


def asks_again(hands: Hands, up: Upstream) -> None:
    page = hands.page
    had(hands, up)
    next_are(up, Reply(sse=openai_frames("", "Second.")))
    hands.press(hands.button("Retry", last(page)))
    expect(answer_text(page)).to_have_text("Second.")
    wait_idle(page)
    hands.press(hands.button("Previous version", last(page)))
    expect(answer_text(page)).to_have_text("First.")


def words_it_better(hands: Hands, up: Upstream) -> None:
    page = hands.page
    had(hands, up)
    next_are(up, Reply(sse=openai_frames("", "Second.")))
    hands.press(hands.button("Edit", page.locator("#chat-log .turn.user")))
    hands.write(page.locator(".edit-box"), "Hello")
    hands.press(page.locator(".edit-buttons .main"))
    expect(answer_text(page)).to_have_text("Second.")
    wait_idle(page)
    assert [message["content"] for message in up.requests[-1].json["messages"]] == ["Hello"]


def takes_it_back(hands: Hands, up: Upstream) -> None:
    page = hands.page
    had(hands, up, "A long question")
    hands.press(hands.button("Remove this exchange", last(page)))
    expect(answers(page)).to_have_count(0)
    expect(box(page)).to_have_value("A long question")
    hands.write(box(page), "")


def goes_on(hands: Hands, up: Upstream) -> None:
    page = hands.page
    next_are(
        up,
        Reply(sse=openai_frames("", "The quick brown fox jum", finish=None), then="cut"),
        Reply(sse=openai_frames("", "ps over.")),
    )
    hands.send("Say it")
    expect(chip(page)).to_be_visible()
    wait_idle(page)
    hands.press(hands.button("Continue", chip(page)))
    expect(answer_text(page)).to_have_text("The quick brown fox jumps over.")
    wait_idle(page)


def learns_why(hands: Hands, up: Upstream) -> None:
    page = hands.page
    refused = {"error": {"code": "1000", "message": "Authentication Failed"}}
    next_are(up, Reply(status=401, body=refused))
    hands.send("My question")
    expect(chip(page)).to_be_visible()
    expect(box(page)).to_have_value("My question")
    wait_idle(page)
    next_are(up, Reply(sse=openai_frames("", "Now it works.")))
    hands.send("My question")
    expect(answer_text(page)).to_have_text("Now it works.")
    wait_idle(page)


def finds_renames_deletes(hands: Hands, up: Upstream) -> None:
    """Tasks 17, 18 and 19: they are done in the list one after the other."""
    page = hands.page
    had(hands, up, "Where is the saffron?")
    hands.open_side()
    hands.write(page.locator("#chat-list .list-search"), "saffron")
    expect(rows(page)).to_have_count(1)
    hands.from_menu(rows(page).first.locator(".list-more"), "Rename")
    page.locator(".list-rename").fill("Spices")
    page.keyboard.press("Enter")
    hands.open_side()
    hands.write(page.locator("#chat-list .list-search"), "")
    expect(row(page, "Spices")).to_have_count(1)
    hands.from_menu(row(page, "Spices").locator(".list-more"), "Delete")
    expect(row(page, "Spices")).to_have_count(0)
    hands.press(hands.button("Undo", note(page)))
    hands.press(row(page, "Spices").locator(".list-open"))
    expect(bubble(page)).to_have_text("Where is the saffron?")


def lets_a_tool_run(hands: Hands, up: Upstream) -> None:
    page = hands.page
    hands.press(page.locator(".tools-button"))
    sum_of_two = page.locator(".tools-panel").get_by_label(hands.word("Calculator"), exact=False)
    if isinstance(hands, Keys):
        hands.go(sum_of_two)
        page.keyboard.press("Space")
    else:
        hands.press(sum_of_two)
    expect(sum_of_two).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator(".tools-panel")).to_have_count(0)
    next_are(
        up,
        Reply(sse=openai_calls([("c1", "calculator", {"expression": "6 * 7"})], "Hm.", "One moment.")),
        Reply(sse=openai_frames("", "It is 42.")),
    )
    hands.send("What is 6 * 7?")
    expect(answer_text(page).last).to_have_text("It is 42.")
    wait_idle(page)
    hands.press(last(page).locator(".tool summary"))
    expect(last(page).locator(".tool-result pre")).to_have_text("42")


def traces_a_name(hands: Hands, up: Upstream) -> None:
    page = hands.page
    tabs = page.locator("#tabs > .tab-wrapper [role=tab]")
    hands.press(tabs.nth(2))
    hands.press(page.locator('.views [data-view="names"]'))
    hands.write(page.locator("#trace-name"), "claude-3-sonnet-20240229")
    page.keyboard.press("Enter")
    expect(page.locator(".trace h2")).to_have_text("claude-3-sonnet-20240229")
    expect(page.locator(".trace .to")).to_contain_text("GLM-4.5")
    hands.press(tabs.nth(0))
    expect(box(page)).to_be_visible()


def chooses_colours(hands: Hands, up: Upstream) -> None:
    page = hands.page
    dark = "document.body.classList.contains('dark')"
    hands.press(page.locator(".appearance-place button"))
    if isinstance(hands, Keys):
        hands.go(page.locator("#appearance input:checked").first)
        page.keyboard.press("ArrowUp")
    else:
        hands.press(page.locator("#appearance label", has_text=hands.word("Dark")))
    page.wait_for_function(dark)
    if isinstance(hands, Keys):
        page.keyboard.press("ArrowDown")
    else:
        hands.press(page.locator("#appearance label", has_text=hands.word("As the system")))
    page.keyboard.press("Escape")
    page.wait_for_function(f"!{dark}")


TASKS: dict[tuple[int, ...], Task] = {
    (2,): asks,
    (5,): picks_a_model,
    (7,): turns_thinking_off,
    (8,): stops,
    (9,): asks_again,
    (10,): words_it_better,
    (11,): takes_it_back,
    (12,): goes_on,
    (13,): learns_why,
    (17, 18, 19): finds_renames_deletes,
    (26,): lets_a_tool_run,
    (28,): traces_a_name,
    (30,): chooses_colours,
    **FILE_TASKS,
}
"""By their numbers in docs/people.md."""
