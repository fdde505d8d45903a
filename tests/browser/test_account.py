"""Whose key a turn takes, what is left of it, and a server that comes back without what it knew."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, box, chip, wait_idle
from tests.browser.conftest import App, end_app, pointed_at, start_app, stop_app
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
OWN = "a-visitors-own-key.0123456789"


@pytest.fixture
def counted_app(shared_upstream: Upstream) -> Iterator[list[App]]:
    apps = [start_app(**pointed_at(shared_upstream.url), GLM_UI_TURNS_PER_VISITOR="1")]
    yield apps
    stop_app(apps[-1])


def test_turns_run_out_an_own_key_goes_on_and_a_restart_is_told(
    open_page: Open, counted_app: list[App], up: Upstream
) -> None:
    up.reply(sse=openai_frames("", "Yes."))
    page = open_page(counted_app[0].url)
    bar = page.locator("#bar-state")
    expect(bar).to_contain_text("server's key · 1 turn left")
    ask(page, "One")
    wait_idle(page)
    expect(bar).to_contain_text("used up until")

    ask(page, "Two")
    expect(chip(page)).to_contain_text("used up")
    expect(chip(page)).to_contain_text("come back in 24 hours")
    chip(page).get_by_role("button", name="Enter a key").click()
    expect(page.locator("#api-key input")).to_be_focused()
    page.locator("#api-key input").fill(OWN)
    page.locator("#api-key input").press("Enter")
    expect(bar).to_contain_text("your key")
    expect(box(page)).to_have_value("Two")  # given back, to be sent again
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("Yes.")
    wait_idle(page)
    assert up.requests[-1].headers["authorization"] == f"Bearer {OWN}"

    port = counted_app[0].url.rstrip("/").rpartition(":")[2]
    end_app(counted_app[0], signal.SIGKILL)
    ask(page, "Three")
    expect(chip(page)).to_contain_text("cannot be reached")
    counted_app.append(start_app(**pointed_at(up.url), GLM_UI_TURNS_PER_VISITOR="1", GLM_UI_PORT=port))
    chip(page).get_by_role("button", name="Retry").click()
    wait_idle(page)
    expect(answer_text(page)).to_have_text("Yes.")
    expect(page.locator("#chat-log")).to_contain_text("Your key is no longer kept")
    expect(bar).to_contain_text("server's key")
