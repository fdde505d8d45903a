"""A Space as people see it: in a frame of Hugging Face's page, on another origin, without a cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, pointed_at, start_app, stop_app
from tests.upstream import Upstream, openai_frames

AROUND = "https://huggingface.co/spaces/owner/name"


@pytest.fixture
def space(shared_upstream: Upstream) -> Iterator[App]:
    app = start_app(**pointed_at(shared_upstream.url), SYSTEM="spaces", SPACE_ID="owner/name")
    yield app
    stop_app(app)


def test_a_space_works_in_a_frame_of_another_site_without_cookies(
    open_page: Callable[..., Page], space: App, up: Upstream
) -> None:
    up.reply(sse=openai_frames("Hm.", "Framed and well."))
    here = f"http://127.0.0.1:{urlsplit(space.url).port}"
    page = open_page("about:blank", ready="body")
    page.route(
        f"{AROUND}**",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<iframe src="{here}/" width="1200" height="800"></iframe>'
        ),
    )
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.context.new_cdp_session(page).send("Emulation.setDocumentCookieDisabled", {"disabled": True})
    page.goto(AROUND)
    app = page.frame_locator("iframe")
    expect(app.locator("#bar-state")).to_contain_text("server's key")  # the page says whose key is used
    app.locator("#chat-input textarea").fill("Hi")
    app.locator("#chat-input textarea").press("Enter")
    expect(app.locator("#chat-log .turn.assistant .answer")).to_have_text("Framed and well.")
    expect(app.locator("#chat-input .submit-button")).to_be_visible()
    assert page.context.cookies() == []

    app.locator("#api-key input").fill("a-key-typed-in-the-frame")
    app.locator("#api-key input").press("Enter")
    expect(app.locator("#bar-state")).to_contain_text("your key")
    app.locator("#chat-input textarea").fill("Again")
    app.locator("#chat-input textarea").press("Enter")
    expect(app.locator("#chat-log .turn.assistant .answer")).to_have_count(2)
    expect(app.locator("#chat-input .submit-button")).to_be_visible()
    assert up.requests[-1].headers["authorization"] == "Bearer a-key-typed-in-the-frame"

    page.reload()
    expect(app.locator("#chat-log .turn.assistant .answer")).to_have_count(2)
    assert page.context.cookies() == []
    assert [line for line in said if "autofocus" not in line] == []  # a frame may not take the focus
