"""What a person does with the list of conversations, by name."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.downloads import Saved, saving
from tests.browser.profiles import PATIENCE
from tests.upstream import Reply, openai_frames

STORED = """async (store) => {
  const db = await new Promise((done, fail) => {
    const opening = indexedDB.open("glm-ui");
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => fail(opening.error);
  });
  const all = await new Promise((done) => (db.transaction(store).objectStore(store).getAll().onsuccess = (e) => done(e.target.result)));
  db.close();
  return all;
}"""

SEED = """async (many) => {
  const { newConversation, addNode } = await import("/glm_ui/static/conversations/conversation.js");
  const { openStore } = await import("/glm_ui/static/conversations/store.js");
  const store = await openStore({ name: "glm-ui" });
  for (const { title, answer = "An answer.", tab = "chat", ago = 0, settings = {} } of many) {
    const c = newConversation({ tab, settings });
    c.title = title;
    const q = addNode(c, { text: title });
    addNode(c, { role: "assistant", parent: q.id, text: answer, ending: { kind: "stop" } });
    c.updatedAt = c.createdAt = Date.now() - ago;
    await store.save(c);
  }
}"""
"""Keeps conversations as if they had been had."""


def rows(page: Page) -> Locator:
    return page.locator("#chat-list .list-row")


def titles(page: Page) -> Locator:
    return page.locator("#chat-list .list-title")


def row(page: Page, title: str) -> Locator:
    return rows(page).filter(has=page.locator(".list-title", has_text=title))


def open_row(page: Page, title: str) -> None:
    """Until it is shown: what is typed before that is for the conversation that was there."""
    row(page, title).locator(".list-open").click()
    expect(row(page, title)).to_have_class(re.compile(r"\bcurrent\b"))


def choose(page: Page, title: str, item: str) -> None:
    """From the menu of a conversation."""
    row(page, title).hover()
    row(page, title).locator(".list-more").click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def from_menu(page: Page, item: str) -> None:
    page.locator("#chat-list .list-menu").click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def note(page: Page) -> Locator:
    return page.locator("#chat-list .list-note")


def search(page: Page, words: str) -> None:
    page.locator("#chat-list .list-search").fill(words)


def stored(page: Page, store: str = "conversations") -> list[dict[str, Any]]:
    """What lies in the visitor's IndexedDB."""
    found: list[dict[str, Any]] = page.evaluate(STORED, store)
    return found


def give(page: Page, *files: Path | tuple[str, bytes]) -> None:
    """Chooses files for Import."""
    with page.expect_file_chooser() as chooser:
        from_menu(page, "Import…")
    payloads: list[Any] = [
        {"name": f[0], "mimeType": "application/json", "buffer": f[1]}
        if isinstance(f, tuple)
        else {"name": f.name, "mimeType": "application/json", "buffer": f.read_bytes()}
        for f in files
    ]
    chooser.value.set_files(payloads)


def exported(page: Page, kind: str) -> Saved:
    with saving(page) as file:
        from_menu(page, kind)
    expect(note(page)).to_contain_text("Saved as")
    return file


def everything(page: Page) -> str:
    return json.dumps([stored(page, name) for name in ("conversations", "nodes", "rows", "texts", "waiting")])


def second_tab(page: Page, url: str) -> Page:
    """Another page of the app in the same browser."""
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
