"""A visitor names a server of their own under More: a private address is refused in words, a good one answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, wait_idle
from tests.browser.conftest import App, start_app, stop_app
from tests.browser.test_canary import KEPT
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
OWN = "a-visitors-own-key.0123456789"
WITH_A_NAME = """
from glm_ui.serving import own_server
real = own_server.public_only
async def public_only(host, port):
    return "127.0.0.1" if host == "models.example" else await real(host, port)
own_server.public_only = public_only
"""
"""The app, for which one name of the open internet leads to this machine."""


@pytest.fixture
def open_app() -> Iterator[App]:
    app = start_app(code=WITH_A_NAME, GLM_UI_ALLOW_CUSTOM_ADDRESSES="true")
    yield app
    stop_app(app)


def use(page: Page, address: str) -> None:
    page.locator("#server-address textarea, #server-address input").fill(address)
    page.locator("#server-use").click()


def test_a_visitors_own_server_answers_and_a_private_one_is_refused(
    open_page: Open, open_app: App, up: Upstream
) -> None:
    up.reply(sse=openai_frames("Hm.", "From my own server."))
    page = open_page(open_app.url)
    page.locator("#chat-more button").first.click()
    page.locator("#server-name textarea, #server-name input").fill("my-glm")
    page.locator("#server-key input").fill(OWN)

    use(page, f"http://127.0.0.1:{up.port}/v1")
    expect(page.locator("#server-address")).to_contain_text("It leads into a private network.")
    expect(page.locator("#server-key input")).to_have_value(OWN)

    use(page, f"http://models.example:{up.port}/v1")
    expect(page.locator("#server-address")).to_contain_text("now go to your own server")
    expect(page.locator("#server-key input")).to_have_value("")
    expect(page.locator("#bar-state")).to_contain_text("Your own server · your key")
    ask(page, "Hi")
    wait_idle(page)
    expect(answer_text(page)).to_have_text("From my own server.")
    assert up.requests[0].headers["authorization"] == f"Bearer {OWN}"
    assert up.requests[0].json["model"] == "my-glm"
    assert OWN not in page.evaluate(KEPT) + "".join(open_app.output)


def test_without_the_owners_word_there_is_no_such_box(open_page: Open, shared_app: App) -> None:
    page = open_page(shared_app.url)
    expect(page.locator("#chat-more")).to_be_attached()
    expect(page.locator("#chat-server")).to_have_count(0)
