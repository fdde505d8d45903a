"""The visitor's key: what is told of it beside its box, whether it is any good, and remembering it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import answer_text, ask
from tests.browser.conftest import App
from tests.browser.test_drafts import PHONE, WIDE, opened, side_bar
from tests.upstream import Reply, Upstream, openai_frames

OWN = "visitors-own-key-canary-7890"
EVERYTHING = """async () => {
  const all = [localStorage, sessionStorage].map((each) => JSON.stringify({ ...each }));
  all.push(location.href, document.body.innerHTML);
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (e) => done(e.target.result)));
    for (const store of db.objectStoreNames)
      all.push(JSON.stringify(await new Promise((done) =>
        (db.transaction(store).objectStore(store).getAll().onsuccess = (e) => done(e.target.result)))));
    db.close();
  }
  return all.join();
}"""
"""All that lies in the browser for this address, as text."""


def state(page: Page) -> Locator:
    return page.locator("#api-key + .key-state, #chat-side .key-state")


def save(page: Page, key: str = OWN) -> None:
    page.locator("#api-key input").fill(key)
    page.locator("#api-key input").press("Enter")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_saved_key_is_checked_shown_by_its_end_and_forgotten(
    open_page: Callable[..., Page], shared_app: App, up: Upstream, size: dict[str, object]
) -> None:
    page = open_page(shared_app.url, **size)
    side_bar(page)
    link = state(page).get_by_role("link", name="Get a key")
    expect(link).to_have_attribute("href", "https://z.ai/manage-apikey/apikey-list")
    save(page)
    expect(state(page)).to_contain_text("•••• 7890 · this session · Forget")
    expect(state(page)).to_contain_text("Z.ai takes this key.")
    assert OWN not in page.evaluate(EVERYTHING)
    page.reload()
    side_bar(page)
    expect(state(page)).to_contain_text("Your key •••• · this session · Forget")
    state(page).get_by_role("button", name="Forget").click()
    expect(link).to_be_visible()
    expect(page.locator("#bar-state")).to_contain_text("server's key")


def test_a_key_that_is_saved_already_can_still_be_remembered(page: Page) -> None:
    save(page)
    expect(state(page)).to_contain_text("•••• 7890 · this session · Forget · Remember")
    state(page).get_by_role("button", name="Remember").click()
    expect(page.locator("#api-key input")).to_be_focused()
    expect(state(page)).to_contain_text("Type the key once more")
    assert OWN not in page.evaluate(EVERYTHING)
    save(page)
    expect(state(page)).to_contain_text("•••• 7890 · remembered in this browser · Forget")
    expect(state(page).get_by_role("button", name="Remember")).to_have_count(0)


def test_what_is_wrong_with_a_key_is_told_when_it_is_saved(page: Page, up: Upstream) -> None:
    up.lists = Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    save(page, "short")  # its letters would give it away
    expect(state(page)).to_contain_text("•••• · this session · Forget")
    expect(state(page).locator("[data-state=bad]")).to_contain_text("key")
    expect(page.locator("#bar-state")).to_have_attribute("data-tone", "refused")
    expect(page.locator("#bar-state")).to_contain_text("key not accepted")
    expect(state(page).get_by_role("link", name="Get a key")).to_be_visible()
    save(page, "short-4321")
    expect(state(page)).to_contain_text("•••• 21 · this session · Forget")
    up.lists = Reply(body={"data": []})
    save(page)
    expect(state(page).locator("[data-state=good]")).to_be_visible()


def test_a_remembered_key_is_there_in_the_next_page_and_lies_encrypted(
    page: Page, shared_app: App, up: Upstream
) -> None:
    up.reply(sse=openai_frames("", "ok"))
    choice = state(page).get_by_label("Remember in this browser")
    expect(choice).not_to_be_checked()
    choice.check()
    expect(state(page)).to_contain_text("kept encrypted")
    save(page)
    expect(state(page)).to_contain_text("•••• 7890 · remembered in this browser")
    assert OWN not in page.evaluate(EVERYTHING)
    other = opened(page.context, shared_app.url)
    expect(other.locator("#bar-state")).to_contain_text("your key")
    ask(other, "Hi")
    expect(answer_text(other)).to_have_text("ok")
    assert up.requests[-1].headers["authorization"] == f"Bearer {OWN}"
    state(other).get_by_role("button", name="Forget").click()
    expect(state(other).get_by_label("Remember in this browser")).to_be_visible()
    third = opened(page.context, shared_app.url)
    expect(third.locator("#bar-state")).to_contain_text("server's key")
