"""A conversation that is open in two tabs of one browser."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, answers, ask, box, chip, wait_idle
from tests.browser.conftest import App
from tests.browser.conversation_page import (
    choose,
    everything,
    from_menu,
    open_row,
    rows,
    second_tab,
    slowly,
    stored,
    titles,
)
from tests.browser.promises import comes_true
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]


def test_an_idle_tab_follows_what_another_one_says(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "One.")), slowly(120))
    page = open_page(shared_app.url)
    ask(page, "First")
    wait_idle(page)
    other = second_tab(page, shared_app.url)
    open_row(other, "First")
    expect(answer_text(other)).to_have_text("One.")
    ask(page, "Second")
    expect(answers(other)).to_have_count(2)
    expect(chip(other)).to_contain_text("Running in another tab")
    expect(answer_text(other)).to_contain_text("word119")
    page.bring_to_front()
    page.locator("#chat-input .stop-button").click()
    expect(chip(other)).to_contain_text("Stopped")
    choose(page, "First", "Rename")
    page.locator(".list-rename").fill("Renamed")
    page.keyboard.press("Enter")
    expect(titles(other)).to_have_text(["Renamed"])


def test_an_answer_is_gone_on_with_after_another_tab_changed_it(
    open_page: Open, shared_app: App, up: Upstream
) -> None:
    cut = Reply(sse=openai_frames("", "Half", finish=None), then="cut")
    up.reply(cut, Reply(sse=openai_frames("", " and the rest.")))
    page = open_page(shared_app.url)
    ask(page, "First")
    wait_idle(page)
    other = second_tab(page, shared_app.url)
    choose(other, "First", "Rename")
    other.locator(".list-rename").fill("Renamed")
    other.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["Renamed"])
    page.get_by_role("button", name="Continue").click()
    expect(answer_text(page)).to_have_text("Half and the rest.")
    wait_idle(page)
    page.reload()
    expect(answer_text(page)).to_have_text("Half and the rest.")


def test_two_tabs_that_ask_at_once_keep_the_words_of_both(
    open_page: Open, shared_app: App, up: Upstream
) -> None:
    up.reply(Reply(sse=openai_frames("", "One.")), Reply(sse=openai_frames("", "Two.")))
    page = open_page(shared_app.url)
    ask(page, "First")
    wait_idle(page)
    other = second_tab(page, shared_app.url)
    open_row(other, "First")
    expect(answer_text(other)).to_have_text("One.")
    for each, words in ((page, "from one"), (other, "from two")):
        each.evaluate("words => GLM.chat.send(words)", words)
    for each in (page, other):
        wait_idle(each)
    comes_true(
        page,
        "async () => { const [row] = await GLM.chat.store.list(); return (await GLM.chat.store.get(row.id)).nodes.length === 6 }",
    )
    said = [row["node"]["text"] for row in stored(page, "nodes") if row["node"]["role"] == "user"]
    assert sorted(said) == ["First", "from one", "from two"]


def test_cleared_is_gone_from_browser_tabs_and_server(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "A secret-of-mine answer.")), slowly())
    page = open_page(shared_app.url)
    ask(page, "My secret-of-mine")
    wait_idle(page)
    turn = next(row["node"]["turn"] for row in stored(page, "nodes") if row["node"]["role"] == "assistant")
    other = second_tab(page, shared_app.url)
    open_row(other, "My secret-of-mine")
    expect(answer_text(other)).to_contain_text("secret")
    page.bring_to_front()
    ask(page, "More of secret-of-mine")
    expect(answer_text(page)).to_contain_text("word5 ")

    from_menu(page, "Clear everything…")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(rows(page)).to_have_count(1)
    from_menu(page, "Clear everything…")
    expect(page.get_by_role("dialog")).to_contain_text("cannot be undone")
    with page.expect_response("**/glm_ui/forget"):
        page.get_by_role("dialog").get_by_role("button", name="Clear everything").click()
    up.wait_aborted(1)
    for each in (page, other):
        expect(rows(each)).to_have_count(0)
        expect(each.locator("#chat-log .empty")).to_be_visible()
    page.wait_for_timeout(1500)
    assert everything(page) == "[[], [], [], [], []]"
    for each in (page, other):
        assert "secret-of-mine" not in each.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        )
    kept = page.evaluate(
        """async (turn) => (await fetch("glm_ui/request", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ session: GLM.secret(), turn }) })).status""",
        turn,
    )
    assert kept == 400
    expect(box(page)).to_be_editable()
