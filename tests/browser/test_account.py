"""Whose key a turn takes, what is left of it, and a server that comes back without what it knew."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, box, chip, wait_idle
from tests.browser.conftest import App, end_app, pointed_at, start_app, stop_app
from tests.browser.profiles import PATIENCE
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
OWN = "a-visitors-own-key.0123456789"
QUICKLY = "import glm_ui.serving.departures as departures; departures.GRACE = 0.1"
"""A page that has closed is forgotten at once."""


@pytest.fixture
def counted_app(shared_upstream: Upstream) -> Iterator[list[App]]:
    apps = [start_app(code=QUICKLY, **pointed_at(shared_upstream.url), GLM_UI_TURNS_PER_VISITOR="1")]
    yield apps
    stop_app(apps[-1])


def test_a_reload_keeps_the_key_another_tab_has_none_and_no_address_tells_the_secret(
    page: Page, shared_app: App
) -> None:
    bar = page.locator("#bar-state")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#api-key input").fill(OWN)
    page.locator("#api-key input").press("Enter")
    expect(bar).to_contain_text("your key")
    secret = page.evaluate("GLM.secret()")

    with page.expect_request("**/glm_ui/leave") as goodbye:
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert goodbye.value.post_data_json == {"session": secret}
    page.reload()
    expect(bar).to_contain_text("your key")
    assert page.evaluate("GLM.secret()") == secret
    hash_of_gradio = page.evaluate("window.__gradio_session_hash__")

    other = page.context.new_page()
    other.goto(shared_app.url)
    expect(other.locator("#bar-state")).to_contain_text("server's key")
    assert other.evaluate("GLM.secret()") != secret
    assert other.evaluate("sessionStorage.length") == 0

    state = f"{shared_app.url}glm_ui/state"
    assert httpx.post(state, json={"session": secret}).json()["own"] == ["zai"]
    assert httpx.post(state, json={"session": hash_of_gradio}).json()["own"] == []
    assert [url for url in asked if secret in url] == []
    assert secret not in "".join(shared_app.output)


def test_turns_run_out_an_own_key_goes_on_a_restart_is_told_and_a_closed_page_is_forgotten(
    open_page: Open, counted_app: list[App], up: Upstream
) -> None:
    up.reply(sse=openai_frames("", "Yes."))
    page = open_page(counted_app[0].url)
    bar = page.locator("#bar-state")
    expect(bar).to_contain_text("server's key · 1 turn left")
    ask(page, "One")
    wait_idle(page)
    expect(bar).to_contain_text("used up until")
    # uvicorn by itself would believe this header when it comes from the same machine.
    forged = {"x-forwarded-for": "198.51.100.9"}
    elsewhere = httpx.post(f"{counted_app[0].url}glm_ui/state", json={"session": ""}, headers=forged)
    assert elsewhere.json()["left"]["turns"] == 0

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
    same = pointed_at(up.url) | {"GLM_UI_TURNS_PER_VISITOR": "1", "GLM_UI_PORT": port}
    counted_app.append(start_app(code=QUICKLY, **same))
    chip(page).get_by_role("button", name="Retry").click()
    wait_idle(page)
    expect(answer_text(page)).to_have_text("Yes.")
    expect(page.locator("#chat-log")).to_contain_text("no longer has your key")
    expect(bar).to_contain_text("server's key")

    secret, turn = page.evaluate("[GLM.secret(), GLM.chat.conversation.nodes.at(-1).turn]")
    sent = f"{counted_app[-1].url}glm_ui/request"
    assert httpx.post(sent, json={"session": secret, "turn": turn}).status_code == 200
    page.close()
    deadline = time.monotonic() + PATIENCE / 1000
    while httpx.post(sent, json={"session": secret, "turn": turn}).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
