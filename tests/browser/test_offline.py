"""The page opens without a connection, from what the browser kept of it."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, box, wait_idle
from tests.browser.conftest import KEY, READY, App, pointed_at, start_app, stop_app
from tests.browser.conversation_page import open_row
from tests.browser.forwarder import forwarding
from tests.browser.profiles import PATIENCE
from tests.upstream import Reply, Upstream, openai_frames

SETTLED = """async ([version, patience]) => {
  for (const end = Date.now() + patience; ; await new Promise((done) => setTimeout(done, 50))) {
    const { active, waiting, installing } = (await navigator.serviceWorker.getRegistration()) ?? {};
    const names = await caches.keys();
    const now = [active?.state ?? "", ...names].join();
    if (!waiting && !installing && now === (version && `activated,glm-ui-shell / ${version}`)) return;
    if (Date.now() > end) throw new Error(now);
  }
}"""
KEPT = """async () => {
  const [name] = await caches.keys();
  const cache = await caches.open(name);
  const all = await Promise.all((await cache.keys()).map(async (each) => [each.url, await (await cache.match(each)).text()]));
  return all;
}"""


def kept(page: Page, version: str) -> list[tuple[str, str]]:
    """Waits until the browser keeps that version of the page and no other; address and text of all that it keeps."""
    page.evaluate(SETTLED, [version, PATIENCE])
    return [(address, text) for address, text in page.evaluate(KEPT)] if version else []


def version_of(page: Page) -> str:
    return cast(str, page.evaluate("document.querySelector('meta[name=glm-ui-version]')?.content ?? ''"))


def reopen(page: Page) -> None:
    page.reload()
    page.wait_for_selector(READY, state="attached")


def test_the_page_opens_without_a_connection(
    open_page: Callable[..., Page], shared_app: App, up: Upstream
) -> None:
    with forwarding("127.0.0.1", shared_app.url) as way:
        page = open_page(way.url, service_workers="allow")
        up.reply(
            Reply(sse=openai_frames("", "Quagga **words**.")), Reply(sse=openai_frames("", "Here again."))
        )
        ask(page, "Zanzibar")
        expect(answer_text(page)).to_have_text("Quagga words.")
        wait_idle(page)
        first = version_of(page)
        stored = kept(page, first)
        page.wait_for_function("navigator.serviceWorker.controller")
        reopen(
            page
        )  # what the first visit loaded before the worker stood is in its cache, or comes into it now

        page.context.set_offline(True)
        reopen(page)
        expect(page.locator("#bar-state")).to_have_text("Offline")
        open_row(page, "Zanzibar")
        expect(answer_text(page)).to_have_text("Quagga words.")
        page.goto(f"{way.url}?lang=zh")
        expect(page.get_by_role("tab", name="聊天")).to_be_visible()
        expect(page.locator("#bar-state")).to_have_text("离线")
        page.goto(way.url)
        open_row(page, "Zanzibar")
        box(page).fill("after")
        box(page).press("Enter")
        expect(page.locator("#chat-main .line-rows li")).to_have_text(["after"])
        page.context.set_offline(False)
        expect(answer_text(page)).to_have_text("Here again.")
        wait_idle(page)
        stored += kept(page, first)
        for address, text in stored:
            path = urlsplit(address).path
            assert path in ("/", "/theme.css", "/glm_ui/words") or path.startswith(
                ("/assets/", "/static/", "/glm_ui/static/")
            )
            assert not [said for said in (KEY, "Quagga", "Zanzibar") if said in text], address


UPGRADED = """
import sys
from glm_ui.serving import static_files

ours = static_files.version
for module in [*sys.modules.values()]:
    if getattr(module, "version", None) is ours:
        module.version = lambda: "v-0123456789abcdef"
"""
"""The same app as another version of it: each of its files has another address."""


def test_an_upgraded_app_replaces_all_that_was_kept_of_the_old_one(
    open_page: Callable[..., Page], shared_app: App, up: Upstream
) -> None:
    upgraded = start_app(code=UPGRADED, **pointed_at(up.url))
    with forwarding("127.0.0.1", shared_app.url) as way:
        page = open_page(way.url, service_workers="allow")
        old = version_of(page)
        kept(page, old)
        page.context.set_offline(True)
        reopen(page)  # from what is kept, which the old worker hands out
        page.context.set_offline(False)
        way.lead_to(upgraded.url)
        reopen(page)
        new = version_of(page)
        assert new != old
        addresses = [
            address for address, _ in kept(page, new)
        ]  # the one page there is takes the new worker at once
        assert not [address for address in addresses if old.split()[0] in address]
        page.context.set_offline(True)
        reopen(page)
        assert version_of(page) == new
        expect(page.locator("#bar-state")).to_have_text("Offline")
        box(page).fill("written without a connection")
    stop_app(upgraded)
