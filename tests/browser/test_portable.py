"""Conversations go out as files and come in again, in the real page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, answers, ask, wait_idle
from tests.browser.conftest import KEY
from tests.browser.conversation_page import (
    choose,
    everything,
    exported,
    from_menu,
    give,
    note,
    open_row,
    rows,
    titles,
)
from tests.browser.downloads import saving
from tests.browser.promises import comes_true
from tests.browser.prompts_page import prompt_names, save_prompt
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]


DAY = 86_400_000


FILES = Path(__file__).parents[1] / "files"


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
        with saving(page) as file:
            choose(page, "What is my key?", kind)
        assert file.name == f"What is my key.{ending}"
        texts[ending] = file.text
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
    save_prompt(page, "Summarise {{text}}.")
    first = exported(page, "JSON, complete").text
    assert "# one" in exported(page, "Markdown").text
    assert exported(page, "Web page (HTML)").text.count("<section") == 3
    from_menu(page, "Clear everything…")
    expect(page.get_by_role("dialog")).to_contain_text("Saved prompts that go with them: 1.")
    page.get_by_role("dialog").get_by_role("button", name="Clear everything").click()
    expect(rows(page)).to_have_count(0)
    assert prompt_names(page) == []
    give(page, ("all.json", first.encode()))
    expect(note(page)).to_have_text("3 conversations imported. Saved prompts imported: 1.")
    expect(titles(page)).to_have_text(["one", "two", "three"])
    assert prompt_names(page) == ["Summarise {{text}}."]
    assert exported(page, "JSON, complete").text == first


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
    expect(page.locator("#chat-log .turn-picture")).to_have_count(1)


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


def test_a_picture_as_it_was_sent_stays_with_its_conversation(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Shapes."))
    page.get_by_role("tab", name="Multimodal").click()
    page.locator("glm-stage .example", has_text="Count and locate").click()
    expect(page.locator("#mm-answer")).to_contain_text("Shapes.")
    comes_true(
        page,
        """async () => {
          const [row] = await GLM.multimodal.chat.store.list();
          const kept = row && (await GLM.multimodal.chat.store.get(row.id));
          return row?.tab === "multimodal" && kept.nodes[0].pictures[0].sent?.size > 1000;
        }""",
    )
    page.get_by_role("tab", name="Chat").click()
    out = exported(page, "JSON, complete").text
    assert out.count('"$blob":"data:image/') == 1
    assert exported(page, "Web page (HTML)").text.count('<img src="data:image/') == 1
    from_menu(page, "Clear everything…")
    page.get_by_role("dialog").get_by_role("button", name="Clear everything").click()
    expect(rows(page)).to_have_count(0)
    give(page, ("all.json", out.encode()))
    expect(rows(page)).to_have_count(1)
    assert exported(page, "JSON, complete").text == out
