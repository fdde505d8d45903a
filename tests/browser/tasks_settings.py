"""Tasks of docs/people.md that are about the key, the settings, what is typed, and the connection: see tasks.py.

Each begins in a new conversation on the Chat tab and ends there, with the settings as they were.
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import answer_text, answers, box, chip, last, wait_idle
from tests.browser.conftest import KEY, READY
from tests.browser.hands import Hands, Keys
from tests.browser.promises import comes_true
from tests.browser.tasks import Task, bubble, had, next_are
from tests.browser.test_drafts import KEPT
from tests.test_doctor import healthy, loses_pictures
from tests.upstream import Reply, Upstream, openai_frames

OWN = "visitors-own-key-canary-7890"


def key_state(page: Page) -> Locator:
    return page.locator("#chat-side .key-state")


def saves(hands: Hands, up: Upstream) -> None:
    up.lists = Reply(body={"object": "list", "data": []})
    hands.open_side()
    hands.write(hands.page.locator("#api-key input"), OWN)
    hands.page.keyboard.press("Enter")


def forgets(hands: Hands) -> None:
    hands.open_side()
    hands.press(hands.button("Forget", key_state(hands.page)))
    expect(key_state(hands.page)).not_to_contain_text("7890")
    expect(hands.page.locator("#bar-state")).to_contain_text(hands.word("server's key"))


def enters_a_key(hands: Hands, up: Upstream) -> None:
    state = key_state(hands.page)
    saves(hands, up)
    expect(state).to_contain_text("•••• 7890")
    expect(state.locator("[data-state=good]")).to_be_visible()
    had(hands, up)
    assert up.requests[-1].headers["authorization"] == f"Bearer {OWN}"
    forgets(hands)
    had(hands, up, answer="Second.")
    assert up.requests[-1].headers["authorization"] == f"Bearer {KEY}"


def comes_back_with_a_key(hands: Hands, up: Upstream) -> None:
    """In another page of the same browser."""
    first = hands.page
    hands.open_side()
    remember = key_state(first).get_by_label(hands.word("Remember in this browser"))
    tick(hands, remember)
    expect(remember).to_be_checked()
    saves(hands, up)
    expect(key_state(first)).to_contain_text("•••• 7890")
    hands.page = first.context.new_page()
    try:
        hands.page.goto(first.url)
        hands.page.wait_for_selector(READY, state="attached")
        expect(hands.page.locator("#bar-state")).to_contain_text(hands.word("your key"))
        had(hands, up)
        assert up.requests[-1].headers["authorization"] == f"Bearer {OWN}"
        forgets(hands)
    finally:
        hands.page.close()
        hands.page = first
        first.bring_to_front()
    forgets(hands)


def tick(hands: Hands, at: Locator) -> None:
    if isinstance(hands, Keys):
        hands.go(at)
        hands.page.keyboard.press("Space")
    else:
        hands.press(at)


def changes_settings(hands: Hands, up: Upstream) -> None:
    page = hands.page
    hands.open_side()
    hands.press(page.locator("#chat-more button").first)
    boxes = {
        name: page.locator(f"#chat-{name} {kind}")
        for name, kind in (("system", "textarea"), ("temperature", "input"), ("max-tokens", "input"))
    }
    before = {name: at.input_value() for name, at in boxes.items()}
    for name, value in (("system", "Be brief."), ("temperature", "0.4"), ("max-tokens", "900")):
        hands.write(boxes[name], value)
    had(hands, up)
    body = up.requests[-1].json
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["temperature"], body["max_tokens"]) == (0.4, 900)
    hands.open_side()
    for name, value in before.items():
        hands.write(boxes[name], value)
    had(hands, up, answer="Second.")
    assert up.requests[-1].json["messages"][0]["role"] == "user"
    hands.open_side()
    hands.press(page.locator("#chat-more button").first)


def writes_during_a_reply(hands: Hands, up: Upstream) -> None:
    page = hands.page
    rows = page.locator("#chat-main .line-rows li")
    said = rows.locator(".line-text")
    next_are(
        up,
        Reply(sse=openai_frames("", ["One", "."]), hold=(2,)),
        Reply(sse=openai_frames("", "Two.")),
    )
    hands.send("first")
    expect(page.locator("#chat-log .turn.live")).to_have_count(1)
    for text in ("second", "not this one"):
        hands.send(text)
        expect(said.last).to_have_text(text)
        expect(box(page)).to_have_value("")
    hands.press(hands.button("Edit", rows.first))
    hands.write(rows.locator(".edit-box"), "second, changed")
    hands.press(hands.button("Save", rows.first))
    expect(said).to_have_text(["second, changed", "not this one"])
    hands.press(hands.button("Take out of the line", rows.last))
    expect(said).to_have_text(["second, changed"])
    up.release()
    expect(answers(page)).to_have_count(2)
    expect(answer_text(page)).to_have_text("Two.")
    wait_idle(page)
    asked = [request.json["messages"][-1]["content"] for request in up.requests]
    assert asked == ["first", "second, changed"]


def finds_its_words_again(hands: Hands, up: Upstream) -> None:
    page = hands.page
    hands.write(box(page), "A long draft")
    comes_true(page, f"async (text) => (await ({KEPT})()).includes(text)", arg="A long draft")
    page.reload()
    expect(box(page)).to_have_value("A long draft")
    next_are(up, Reply(sse=openai_frames("", "Well said.")))
    hands.press(page.locator("#chat-input .submit-button"))
    expect(bubble(page)).to_have_text("A long draft")
    expect(answer_text(page)).to_have_text("Well said.")
    expect(box(page)).to_have_value("")
    wait_idle(page)


def tests_a_connection(hands: Hands, up: Upstream) -> None:
    page = hands.page
    tabs = page.locator("#tabs > .tab-wrapper [role=tab]")
    report = page.locator("#doctor-report")
    provider = page.locator("#live-provider")
    hands.press(tabs.nth(2))
    hands.press(page.locator('.views [data-view="providers"]'))
    up.script(loses_pictures)
    if isinstance(hands, Keys):
        hands.go(provider)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Home")
    else:
        provider.select_option("zai")  # what a phone draws over the page
    expect(provider).to_have_value("zai")
    hands.press(page.locator("#doctor-ask"))
    expect(report.locator('[data-check="image"]')).to_have_attribute("data-state", "bad")
    expect(report.locator('[data-state="good"]')).to_have_count(7)
    hands.press(hands.button("Copy the report", report))
    expect(report.locator("[data-copied]")).to_be_visible()
    up.script(healthy)
    hands.press(page.locator("#doctor-ask"))
    expect(report.locator('[data-state="good"]')).to_have_count(8)
    hands.press(tabs.nth(0))
    expect(box(page)).to_be_visible()


def writes_with_an_input_method(hands: Hands, up: Upstream) -> None:
    """Its Enter takes the words that it offers, and its Escape gives them up: neither is the page's."""
    page = hands.page
    method = page.context.new_cdp_session(page)

    def composes(text: str, key: str, number: int) -> None:
        at = len(text)
        method.send("Input.imeSetComposition", {"text": text, "selectionStart": at, "selectionEnd": at})
        expect(box(page)).to_have_value(text)
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": number}
        method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **pressed})
        method.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})

    next_are(up, Reply(sse=openai_frames("", "Half", finish=None), then="stall"))
    hands.write(box(page), "")
    composes("ni hao", "Enter", 13)
    method.send("Input.insertText", {"text": "你好"})
    expect(box(page)).to_have_value("你好")
    expect(answers(page)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(bubble(page)).to_have_text("你好")
    expect(answer_text(page)).to_have_text("Half")
    composes("zai jian", "Escape", 27)
    method.send("Input.imeSetComposition", {"text": "", "selectionStart": 0, "selectionEnd": 0})
    expect(box(page)).to_have_value("")
    expect(page.locator("#chat-log .turn.live")).to_have_count(1)
    page.keyboard.press("Escape")
    wait_idle(page)
    expect(chip(page)).to_contain_text(hands.word("Stopped"))
    method.detach()


def tries_without_a_key(hands: Hands) -> None:
    page = hands.page
    note = page.locator("#chat-log .demo-note")
    said = "This is the offline demo: its replies are prepared, and no model reads what you write."
    expect(note).to_contain_text(hands.word(said))
    hands.press(hands.button("Enter it here", note))
    expect(page.locator("#api-key input")).to_be_focused()
    hands.close_side()
    hands.press(page.locator(".example").first)
    expect(last(page).locator(".thinking-label")).to_contain_text(hands.word("Thought for"))
    wait_idle(page)
    expect(last(page)).to_contain_text(hands.word("Demo with canned replies."))


SETTINGS: dict[tuple[int, ...], Task] = {
    (3,): enters_a_key,
    (4,): comes_back_with_a_key,
    (6,): changes_settings,
    (14,): writes_during_a_reply,
    (15,): finds_its_words_again,
    (29,): tests_a_connection,
}
"""By their numbers in docs/people.md."""
INPUT_METHOD: dict[tuple[int, ...], Task] = {(16,): writes_with_an_input_method}
"""By the keys alone: on a phone the system's own keyboard does it."""
