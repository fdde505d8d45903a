"""No word of a person is lost: not by a reload, a crash, a full disk or a second tab; and gone is gone. In the real
page, as a person does it."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.chat_page import answer_text, ask, chip, last, wait_idle
from tests.browser.conftest import FLAGS, App, chromium
from tests.browser.conversation_page import (
    choose,
    exported,
    note,
    open_row,
    second_tab,
    slowly,
    stored,
    titles,
)
from tests.browser.downloads import saving
from tests.browser.profiles import PATIENCE
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]


# --- what kills a page ----------------------------------------------------------------------------------------------


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kills a browser and what it started: Debian's are scripts, whose end alone ends no browser."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


@contextlib.contextmanager
def own_chromium(browser: Browser, profile: Path, url: str) -> Iterator[tuple[Page, subprocess.Popen[bytes]]]:
    """A browser of one's own with its profile on disk, to be killed."""
    port = profile / "DevToolsActivePort"
    port.unlink(missing_ok=True)
    path = chromium() or browser.browser_type.executable_path
    arguments = [
        *FLAGS,
        "--headless=new",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "about:blank",
    ]
    process = subprocess.Popen(
        [path, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not port.exists() or not port.read_text().strip():
            assert process.poll() is None, "Chromium did not start."
            time.sleep(0.05)
        address = f"http://127.0.0.1:{port.read_text().split()[0]}"
        connected = browser.browser_type.connect_over_cdp(address)
        page = connected.contexts[0].pages[0]
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_selector("#chat-log .log-column", state="attached")
        yield page, process
        if process.poll() is None:
            connected.close()
    finally:
        kill_all(process)


def test_a_killed_browser_loses_at_most_two_seconds_and_the_reply_can_be_continued(
    browser: Browser, hasty_app: App, up: Upstream, tmp_path: Path
) -> None:
    up.reply(slowly(), Reply(sse=openai_frames("", "and on.")))
    with own_chromium(browser, tmp_path, hasty_app.url) as (page, process):
        ask(page, "Go")
        expect(answer_text(page)).to_contain_text("word150 ")
        shown = answer_text(page).inner_text()
        kill_all(process)
    up.wait_aborted(1)
    with own_chromium(browser, tmp_path, hasty_app.url) as (again, _):
        open_row(again, "Go")
        expect(chip(again)).to_contain_text("Interrupted")
        kept = answer_text(again).inner_text()
        assert shown.startswith(kept[:200])
        assert len(shown.split()) - len(kept.split()) < 2 / 0.02
        again.get_by_role("button", name="Continue").click()
        expect(answer_text(again)).to_contain_text("and on.")
        wait_idle(again)
        assert answer_text(again).inner_text().startswith(kept[:200])


def test_a_closed_page_keeps_the_last_words(open_page: Open, hasty_app: App, up: Upstream) -> None:
    up.reply(slowly(60))
    page = open_page(hasty_app.url)
    ask(page, "Go")
    expect(answer_text(page)).to_contain_text("word59 ")
    page.close()
    up.wait_aborted(1)
    again = second_tab(page, hasty_app.url)
    open_row(again, "Go")
    expect(answer_text(again)).to_contain_text("word59")
    expect(chip(again)).to_contain_text("Interrupted")


def test_a_stopped_reply_does_not_grow_back(page: Page, up: Upstream) -> None:
    up.reply(slowly())
    ask(page, "Go")
    expect(answer_text(page)).to_contain_text("word20 ")
    page.locator("#chat-input .stop-button").click()
    wait_idle(page)
    shown = answer_text(page).inner_text()
    page.reload()
    expect(answer_text(page)).to_have_text(shown)
    expect(chip(page)).to_contain_text("Stopped")


def test_leaving_a_conversation_that_streams_frees_the_box_and_lets_the_reply_go_on(
    page_with: Open, up: Upstream
) -> None:
    page = page_with({"title": "other"})
    up.reply(Reply(sse=openai_frames("", [f"word{i} " for i in range(150)]), delay=0.02))
    ask(page, "Go")
    expect(answer_text(page)).to_contain_text("word20 ")
    open_row(page, "other")
    wait_idle(page)
    expect(page.locator("#chat-log .bubble")).to_have_text("other")
    open_row(page, "Go")
    expect(answer_text(page)).to_contain_text("word149")
    wait_idle(page)
    expect(chip(page)).to_be_hidden()


def test_a_formula_too_deep_for_the_browser_leaves_the_tab_alive_and_the_conversation_opens(
    page: Page, up: Upstream
) -> None:
    deep = r"$$" + r"\frac{1}{" * 150 + "x" + "}" * 150 + "$$\n\nAnd so on."
    up.reply(sse=openai_frames("", deep))
    ask(page, "How deep?")
    wait_idle(page)
    expect(answer_text(page)).to_contain_text("And so on.")
    page.reload()
    open_row(page, "How deep?")
    expect(answer_text(page)).to_contain_text("And so on.")
    expect(answer_text(page)).to_contain_text(r"\frac{1}{")


# --- storage that fails ---------------------------------------------------------------------------------------------


def problem(page: Page) -> Locator:
    return page.locator(".problem-line")


def test_a_full_disk_is_said_in_one_line_and_nothing_stops(
    open_page: Open, shared_app: App, up: Upstream
) -> None:
    page = open_page(shared_app.url)
    devtools = page.context.new_cdp_session(page)
    devtools.send(
        "Storage.overrideQuotaForOrigin", {"origin": shared_app.url.rstrip("/"), "quotaSize": 200_000}
    )
    long = [json.dumps([i * 7919 % 1000003 for i in range(k, k + 2000)]) for k in range(40)]
    up.reply(Reply(sse=openai_frames("", long)), Reply(sse=openai_frames("", "Still here.")))
    ask(page, "Fill it")
    wait_idle(page)
    expect(problem(page)).to_be_visible()
    expect(problem(page)).to_contain_text("The browser's storage is full")
    ask(page, "And now?")
    expect(answer_text(page)).to_have_text("Still here.")
    wait_idle(page)
    expect(titles(page)).to_have_text(["Fill it"])
    with saving(page) as file:
        problem(page).get_by_role("button", name="Export all").click()
    nodes = json.loads(file.text)["conversations"][0]["nodes"]
    assert [n["text"] for n in nodes if n["role"] == "user"] == ["Fill it", "And now?"]
    problem(page).get_by_role("button", name="Dismiss").click()
    expect(problem(page)).to_be_hidden()
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": shared_app.url.rstrip("/")})


def test_blocked_storage_is_said_and_the_chat_goes_on_from_memory(
    browser: Browser, shared_app: App, up: Upstream
) -> None:
    up.reply(sse=openai_frames("", "Here."))
    context: BrowserContext = browser.new_context()
    context.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError') };"
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError') } });"
    )
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(shared_app.url)
        expect(problem(page)).to_contain_text("This browser keeps nothing for this page")
        ask(page, "Anyone?")
        expect(answer_text(page)).to_have_text("Here.")
        wait_idle(page)
        expect(titles(page)).to_have_text(["Anyone?"])
        page.locator("#new-chat").click()
        open_row(page, "Anyone?")
        expect(answer_text(page)).to_have_text("Here.")
        assert json.loads(exported(page, "JSON, complete").text)["conversations"][0]["title"] == "Anyone?"
    finally:
        context.close()


def test_the_title_follows_the_words_that_were_answered_after_a_question_that_failed(
    page: Page, up: Upstream
) -> None:
    up.reply(
        Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}}),
        Reply(sse=openai_frames("", "It scatters.")),
    )
    ask(page, "Why is the sky bule?")
    expect(chip(page)).to_be_visible()
    expect(titles(page)).to_have_text(["Why is the sky bule?"])
    ask(page, "Why is the sky blue?")
    expect(answer_text(page)).to_have_text("It scatters.")
    wait_idle(page)
    expect(titles(page)).to_have_text(["Why is the sky blue?"])
    expect(page).to_have_title("Why is the sky blue? · GLM UI")
    page.reload()
    expect(titles(page)).to_have_text(["Why is the sky blue?"])


def test_the_only_exchange_that_was_taken_back_stays_away(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Well."))
    ask(page, "Once")
    wait_idle(page)
    expect(titles(page)).to_have_text(["Once"])
    last(page).get_by_label(re.compile("^(Undo|Remove this exchange)")).click()
    expect(titles(page)).to_have_count(0)
    page.reload()
    expect(page.locator("#chat-log .turn")).to_have_count(0)
    expect(titles(page)).to_have_count(0)
    assert stored(page, "nodes") == []


def test_the_figures_of_an_answer_that_was_gone_on_with_are_those_of_both_turns(
    page: Page, up: Upstream
) -> None:
    up.reply(
        Reply(
            sse=openai_frames(
                "", "Half", finish="length", usage={"prompt_tokens": 10, "completion_tokens": 500}
            )
        ),
        Reply(
            sse=openai_frames("", " and the rest.", usage={"prompt_tokens": 520, "completion_tokens": 250})
        ),
    )
    ask(page, "First")
    wait_idle(page)
    expect(last(page).locator(".metrics")).to_contain_text("500 out")
    page.get_by_role("button", name="Continue").click()
    wait_idle(page)
    expect(last(page).locator(".metrics")).to_contain_text("750 out")
    expect(last(page).locator(".metrics")).to_contain_text("530 in")


def test_undoing_the_deletion_of_a_coming_reply_keeps_its_words(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Half an ans", finish=None), then="stall")
    ask(page, "First")
    expect(answer_text(page)).to_have_text("Half an ans")
    choose(page, "First", "Delete")
    up.wait_aborted(1)
    note(page).get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text(["First"])
    open_row(page, "First")
    expect(answer_text(page)).to_have_text("Half an ans")
    expect(chip(page)).to_contain_text(re.compile("Stopped|Interrupted"))
    expect(page.locator(".list-running")).to_have_count(0)
