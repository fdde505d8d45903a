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

from tests.browser.chat_page import answer_text, answers, ask, box, chip, last, pick_model, wait_idle
from tests.browser.conftest import FLAGS, KEY, App, chromium
from tests.browser.conversation_page import (
    choose,
    everything,
    exported,
    from_menu,
    give,
    note,
    open_row,
    row,
    rows,
    search,
    stored,
    text_of,
    titles,
)
from tests.browser.profiles import PATIENCE
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]
DAY = 86_400_000
FILES = Path(__file__).parents[1] / "files"


def second_tab(page: Page, url: str) -> Page:
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(url)
    other.wait_for_selector("#chat-log .log-column", state="attached")
    return other


def slowly(words: int = 400) -> Reply:
    """An answer of which a piece comes every 20 ms, and then nothing more."""
    return Reply(
        sse=openai_frames("", [f"word{i} " for i in range(words)], finish=None), delay=0.02, then="stall"
    )


# --- the list -------------------------------------------------------------------------------------------------------


def test_a_conversation_is_titled_by_its_first_words_and_renamed_by_hand(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Blue."))
    ask(page, "**Why** is the sky blue?\n\nBriefly.")
    wait_idle(page)
    expect(titles(page)).to_have_text(["Why is the sky blue?"])
    rows(page).locator(".list-open").focus()
    page.keyboard.press("F2")
    page.locator(".list-rename").fill("Sky")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["Sky"])
    expect(rows(page).locator(".list-open")).to_be_focused()
    choose(page, "Sky", "Rename")
    page.locator(".list-rename").fill("Nothing of it")
    page.keyboard.press("Escape")
    expect(titles(page)).to_have_text(["Sky"])
    page.reload()
    expect(titles(page)).to_have_text(["Sky"])


def test_search_finds_words_in_any_text_and_shows_where(page_with: Open) -> None:
    page = page_with(
        {"title": "Cooking", "answer": "First wash the rice, then take the SAFFRON out of its tin."},
        {"title": "Travel", "answer": "Nothing of the kind."},
    )
    search(page, "saffron rice")
    expect(titles(page)).to_have_text(["Cooking"])
    expect(rows(page).locator("mark")).to_have_text(["rice", "SAFFRON"])
    search(page, "no such thing")
    expect(page.locator("#chat-list .list-none")).to_have_text("Nothing found.")
    search(page, "travel")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-log .bubble")).to_have_text("Travel")


def test_the_newest_is_first_in_groups_and_the_pinned_stay_above(page_with: Open) -> None:
    page = page_with(
        {"title": "old", "ago": 90 * DAY}, {"title": "new"}, {"title": "last week", "ago": 4 * DAY}
    )
    expect(titles(page)).to_have_text(["new", "last week", "old"])
    choose(page, "old", "Pin")
    expect(titles(page)).to_have_text(["old", "new", "last week"])
    expect(page.locator("#chat-list .list-group")).to_have_text(["Pinned", "Today", "Last 7 days"])
    choose(page, "old", "Unpin")
    expect(titles(page)).to_have_text(["new", "last week", "old"])


def test_what_was_deleted_comes_back_by_undo_all_of_it(page_with: Open) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, {"title": "three", "ago": 2000})
    choose(page, "one", "Delete")
    expect(titles(page)).to_have_text(["two", "three"])
    row(page, "two").locator(".list-open").focus()
    page.keyboard.press("Delete")
    expect(titles(page)).to_have_text(["three"])
    expect(note(page)).to_contain_text("2 deleted.")
    note(page).get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text(["one", "two", "three"])
    choose(page, "three", "Delete")
    expect(rows(page)).to_have_count(2)
    page.reload()
    expect(titles(page)).to_have_text(["one", "two"])


def test_deleting_the_open_conversation_leaves_an_empty_page(page_with: Open) -> None:
    page = page_with({"title": "one"}, {"title": "two"})
    open_row(page, "one")
    expect(page.locator("#chat-log .bubble")).to_have_text("one")
    choose(page, "one", "Delete")
    expect(page.locator("#chat-log .empty")).to_be_visible()
    note(page).get_by_role("button", name="Undo").click()
    open_row(page, "one")
    expect(answer_text(page)).to_have_text("An answer.")


def test_hundreds_come_to_the_page_a_screenful_at_a_time(page_with: Open) -> None:
    page = page_with(*({"title": f"Conversation {i:03}", "ago": i * 1000} for i in range(400)))
    expect(rows(page).first).to_contain_text("Conversation 000")
    assert rows(page).count() < 200
    page.locator("#chat-list .list-open").first.focus()
    while (before := rows(page).count()) < 400:
        page.keyboard.press("End")
        expect(rows(page)).not_to_have_count(before)
    expect(rows(page).last).to_contain_text("Conversation 399")


def test_the_list_is_used_by_keys_alone(page_with: Open) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, {"title": "three", "ago": 2000})
    page.locator("#chat-list .list-search").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row(page, "two").locator(".list-open")).to_be_focused()
    page.keyboard.press("Tab")
    expect(row(page, "two").locator(".list-more")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, "two").locator(".list-more")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#chat-list :focus")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-log .bubble")).to_have_text("two")


def test_a_multimodal_conversation_is_marked_and_opens_its_tab(page_with: Open) -> None:
    page = page_with({"title": "a talk"}, {"title": "a picture", "tab": "multimodal"})
    expect(rows(page).get_by_label("Multimodal")).to_have_count(1)
    open_row(page, "a picture")
    expect(page.get_by_role("tab", name="Multimodal")).to_have_attribute("aria-selected", "true")
    expect(
        page.locator("glm-stage").get_by_role("region", name="Answer").get_by_text("An answer.")
    ).to_be_visible()
    # Both tabs' lists are of the same rows, and mark what is open.
    expect(row(page, "a picture").locator(".list-open")).to_have_attribute("aria-current", "true")
    page.locator(".mm-list summary").click()
    page.locator("#mm-conversations .list-row", has_text="a talk").hover()
    page.locator("#mm-conversations .list-row", has_text="a talk").locator(".list-more").click()
    page.get_by_role("menuitem", name="Delete", exact=True).click()
    expect(titles(page)).to_have_text(["a picture"])


def test_on_a_phone_the_list_folds_away_and_every_button_is_large_enough(page_with: Open) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    page = page_with({"title": "one"}, {"title": "two"}, **phone)
    page.locator("#side-toggle").click()
    expect(rows(page)).to_have_count(2)
    for button in rows(page).locator("button").all():
        size = button.bounding_box()
        assert size
        assert size["height"] >= 40
        assert size["width"] >= 40
    open_row(page, "one")
    expect(page.locator("#chat-log .bubble")).to_have_text("one")
    expect(rows(page).first).to_be_hidden()


def test_opening_a_conversation_brings_its_model_and_settings_back(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Yes."))
    temperature = page.locator("#chat-temperature textarea, #chat-temperature input")
    pick_model(page, "glm-4.5-air")
    expect(page.locator("#chat-facts")).to_contain_text("glm-4.5-air")
    page.locator("#chat-thinking input").uncheck()
    page.locator("#chat-more button").first.click()
    temperature.fill("0.3")
    page.locator("#chat-system textarea").fill("Be brief.")
    ask(page, "First")
    wait_idle(page)
    first = page.locator("#chat-model input").input_value()
    page.locator("#new-chat").click()
    pick_model(page, "glm-4.7")
    expect(page.locator("#chat-facts")).to_contain_text("glm-4.7")
    expect(page.locator("#chat-thinking input")).to_be_checked()
    temperature.fill("")
    page.locator("#chat-system textarea").fill("")
    ask(page, "Second")
    wait_idle(page)

    open_row(page, "First")
    expect(page.locator("#chat-model input")).to_have_value(first)
    expect(page.locator("#chat-thinking input")).not_to_be_checked()
    expect(temperature).to_have_value("0.3")
    expect(page.locator("#chat-system textarea")).to_have_value("Be brief.")
    open_row(page, "Second")
    expect(page.locator("#chat-thinking input")).to_be_checked()
    expect(temperature).to_have_value("")
    open_row(page, "First")
    page.reload()
    expect(page.locator("#chat-model input")).to_have_value(first)
    expect(page.locator("#chat-thinking input")).not_to_be_checked()
    ask(page, "Again")
    wait_idle(page)
    body = up.requests[-1].json
    assert body["model"] == "glm-4.5-air"
    assert body["thinking"]["type"] == "disabled"
    assert body["temperature"] == 0.3
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}


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
    browser: Browser, shared_app: App, up: Upstream, tmp_path: Path
) -> None:
    up.reply(slowly(), Reply(sse=openai_frames("", "and on.")))
    with own_chromium(browser, tmp_path, shared_app.url) as (page, process):
        ask(page, "Go")
        expect(answer_text(page)).to_contain_text("word150 ")
        shown = answer_text(page).inner_text()
        kill_all(process)
    up.wait_aborted(1)
    with own_chromium(browser, tmp_path, shared_app.url) as (again, _):
        open_row(again, "Go")
        expect(chip(again)).to_contain_text("Interrupted")
        kept = answer_text(again).inner_text()
        assert shown.startswith(kept[:200])
        assert len(shown.split()) - len(kept.split()) < 2 / 0.02
        again.get_by_role("button", name="Continue").click()
        expect(answer_text(again)).to_contain_text("and on.")
        wait_idle(again)
        assert answer_text(again).inner_text().startswith(kept[:200])


def test_a_closed_page_keeps_the_last_words(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(slowly(60))
    page = open_page(shared_app.url)
    ask(page, "Go")
    expect(answer_text(page)).to_contain_text("word59 ")
    page.close()
    again = second_tab(page, shared_app.url)
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


def test_leaving_a_conversation_that_streams_keeps_it_stopped_and_frees_the_box(
    page_with: Open, up: Upstream
) -> None:
    page = page_with({"title": "other"})
    up.reply(slowly())
    ask(page, "Go")
    expect(answer_text(page)).to_contain_text("word20 ")
    open_row(page, "other")
    wait_idle(page)
    expect(page.locator("#chat-log .bubble")).to_have_text("other")
    open_row(page, "Go")
    expect(answer_text(page)).to_contain_text("word20")
    expect(chip(page)).to_contain_text("Stopped")


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
    with page.expect_download() as download:
        problem(page).get_by_role("button", name="Export all").click()
    nodes = json.loads(text_of(download.value))["conversations"][0]["nodes"]
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
        assert json.loads(text_of(exported(page, "JSON, complete")))["conversations"][0]["title"] == "Anyone?"
    finally:
        context.close()


# --- two tabs -------------------------------------------------------------------------------------------------------


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
    page.wait_for_function(
        "async () => { const [row] = await GLM.chat.store.list(); return (await GLM.chat.store.get(row.id)).nodes.length === 6 }"
    )
    said = [row["node"]["text"] for row in stored(page, "nodes") if row["node"]["role"] == "user"]
    assert sorted(said) == ["First", "from one", "from two"]


# --- out and in -----------------------------------------------------------------------------------------------------


def test_a_conversation_goes_out_in_three_forms_and_no_key_with_it(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames(f"The key is {KEY}.", f"It is **{KEY}**."))
    page.locator("#api-key input").fill(f"{KEY}-typed")
    page.locator("#api-key button").click()
    expect(page.locator("#api-key input")).to_have_value("")
    up.script(lambda _: Reply(sse=openai_frames("", f"Your key: {KEY}-typed.")))
    ask(page, "What is my key?")
    wait_idle(page)
    assert up.requests[0].headers["authorization"] == f"Bearer {KEY}-typed"
    texts = {}
    for kind, ending in (("Markdown", "md"), ("Web page (HTML)", "html"), ("JSON, complete", "json")):
        with page.expect_download() as download:
            choose(page, "What is my key?", kind)
        assert download.value.suggested_filename == f"What is my key.{ending}"
        texts[ending] = text_of(download.value)
    assert "## You\n\nWhat is my key?" in texts["md"]
    assert "What is my key?" in texts["html"]
    assert json.loads(texts["json"])["conversations"][0]["settings"]["model"]
    for text in [*texts.values(), everything(page)]:
        assert KEY not in text


def test_everything_goes_out_is_cleared_and_comes_back(page_with: Open) -> None:
    page = page_with(
        {"title": "one"},
        {"title": "two", "ago": DAY, "tab": "multimodal"},
        {"title": "three", "ago": 9 * DAY},
    )
    first = text_of(exported(page, "JSON, complete"))
    assert "# one" in text_of(exported(page, "Markdown"))
    assert text_of(exported(page, "Web page (HTML)")).count("<section") == 3
    from_menu(page, "Clear everything…")
    page.get_by_role("dialog").get_by_role("button", name="Clear everything").click()
    expect(rows(page)).to_have_count(0)
    give(page, ("all.json", first.encode()))
    expect(note(page)).to_have_text("3 conversations imported.")
    expect(titles(page)).to_have_text(["one", "two", "three"])
    assert text_of(exported(page, "JSON, complete")) == first


def test_an_import_says_what_it_took_and_what_not(page: Page) -> None:
    give(page, FILES / "chatgpt_2023.json", FILES / "openwebui_2025.json", ("notes.txt", b"just words"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 conversations imported.")
    expect(dialog).to_contain_text("notes.txt: This is not valid JSON, or it is incomplete.")
    expect(dialog).to_contain_text("Empty: it is empty")
    dialog.get_by_role("button", name="Close").click()
    open_row(page, "Tower")
    expect(answers(page).first).to_contain_text("It is 330 m tall.")
    expect(page.locator("#chat-log .branches").first).to_have_text("1/2")
    open_row(page, "Goldwater")
    expect(page.locator("#chat-log .thinking-label").first).to_contain_text("Thought")
    page.locator("#chat-more button").first.click()
    expect(page.locator("#chat-system textarea")).to_have_value("Be brief.")
    expect(page.locator("#chat-log .bubble-picture")).to_have_count(1)


def test_an_imported_conversation_can_be_gone_on_with(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Since 1973."))
    give(page, FILES / "openwebui_2025.json")
    open_row(page, "Goldwater")
    expect(answers(page).first).to_contain_text("Goldwater rule")
    ask(page, "Once more: since when?")
    expect(answer_text(page)).to_have_text("Since 1973.")
    said = up.requests[0].json["messages"]
    assert [m["role"] for m in said][:3] == ["system", "user", "assistant"]
    assert said[2]["content"] == "The **Goldwater rule**."


def test_a_turn_goes_out_as_a_file_and_plays_again_with_nobody_asked(
    open_page: Open, shared_app: App, demo_app: App, up: Upstream
) -> None:
    up.reply(
        sse=openai_frames(
            ["I ", "think."], ["The ", "**answer**."], usage={"prompt_tokens": 7, "completion_tokens": 5}
        )
    )
    page = open_page(shared_app.url)
    ask(page, "What then?")
    wait_idle(page)
    last(page).get_by_label("The exact request").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this turn").click()
    file = Path(download.value.path()).read_bytes()
    assert KEY.encode() not in file
    assert json.loads(file)["request"]["headers"]["Authorization"] == "Bearer $ZAI_API_KEY"

    elsewhere = open_page(demo_app.url)
    give(elsewhere, ("turn.json", file))
    expect(elsewhere.locator("#chat-log .bubble")).to_have_text("What then?")
    expect(answer_text(elsewhere)).to_have_text("The answer.")
    wait_idle(elsewhere)
    expect(last(elsewhere)).to_contain_text("Replayed from a file. No request was sent.")
    last(elsewhere).locator(".thinking summary").click()
    expect(last(elsewhere).locator(".thinking-body")).to_have_text("I think.")
    expect(last(elsewhere).locator(".metrics")).to_contain_text("7 in")
    assert len(up.requests) == 1


# --- away -----------------------------------------------------------------------------------------------------------


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


def test_a_picture_as_it_was_sent_stays_with_its_conversation(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Shapes."))
    page.get_by_role("tab", name="Multimodal").click()
    page.locator("glm-stage .example", has_text="Count and locate").click()
    expect(page.locator("#mm-answer")).to_contain_text("Shapes.")
    page.wait_for_function(
        """async () => {
          const [row] = await GLM.multimodal.chat.store.list();
          const kept = row && (await GLM.multimodal.chat.store.get(row.id));
          return row?.tab === "multimodal" && kept.nodes[0].pictures[0].sent?.size > 1000;
        }"""
    )
    page.get_by_role("tab", name="Chat").click()
    out = text_of(exported(page, "JSON, complete"))
    assert out.count('"$blob":"data:image/') == 1
    assert text_of(exported(page, "Web page (HTML)")).count('<img src="data:image/') == 1
    from_menu(page, "Clear everything…")
    page.get_by_role("dialog").get_by_role("button", name="Clear everything").click()
    expect(rows(page)).to_have_count(0)
    give(page, ("all.json", out.encode()))
    expect(rows(page)).to_have_count(1)
    assert text_of(exported(page, "JSON, complete")) == out
