"""The app on both ends, in the page: it asks its own gateway, which wants a key, in both protocols; the gateway asks a
provider. Connect's test brings the key as a program would."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from glm_ui.gateway.keys import line_of, new_key
from tests.browser.chat_page import answer_text, ask, last, wait_idle
from tests.browser.conftest import App, free_port, pointed_at, start_app, stop_app
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
USAGE = {"prompt_tokens": 30, "completion_tokens": 12}
GATEWAY_KEY = new_key()


@pytest.fixture(scope="module")
def own_gateway(shared_upstream: Upstream) -> Iterator[App]:
    port = str(free_port())
    own = {
        "GLM_UI_PORT": port,
        "GLM_UI_GATEWAY_BASE_URL": f"http://localhost:{port}",
        "GLM_UI_GATEWAY_KEYS": line_of("page", GATEWAY_KEY),
        "GATEWAY_API_KEY": GATEWAY_KEY,
        "OPENROUTER_API_KEY": "",
    }
    app = start_app(**(pointed_at(shared_upstream.url) | own))
    yield app
    stop_app(app)


def test_the_page_talks_to_its_own_gateway_in_both_protocols(
    open_page: Open, own_gateway: App, up: Upstream
) -> None:
    page = open_page(own_gateway.url)
    for model, name in (("gateway:GLM-4-6-API-V1", "GLM-4-6-API-V1"),
                        ("gateway-anthropic:claude-sonnet-4-20250514", "claude-sonnet-4-20250514")):  # fmt: skip
        up.forget()
        up.reply(sse=openai_frames("Six sevens.", f"42, says {name}.", usage=USAGE))
        page.goto(f"{own_gateway.url}?model={name}&provider={model.partition(':')[0]}")
        expect(page.locator("#chat-facts")).to_contain_text(name)
        ask(page, "What is 7 times 6?")
        expect(answer_text(page)).to_have_text(f"42, says {name}.")
        wait_idle(page)
        expect(last(page)).to_contain_text("30")
        (sent,) = up.requests
        assert (sent.path, sent.json["model"]) == ("/api/paas/v4/chat/completions", "glm-4.6")
    assert GATEWAY_KEY not in page.content()


def test_connects_test_sends_the_key_that_is_typed(open_page: Open, own_gateway: App, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Hello to you, my friend.", usage=USAGE))
    page = open_page(own_gateway.url)
    page.locator(".list-menu").first.click()
    page.get_by_role("menuitem", name="Connect a program…").click()
    view = page.locator(".connect-view")
    key, status = page.locator("#connect-key"), view.locator('[data-figure="status"]')
    expect(key).to_be_visible()
    for client, path in (("claude-code", "/anthropic/v1/messages"), ("codex", "/v1/responses")):
        view.locator(f'[data-client="{client}"]').click()
        key.fill("sk-glmui-nobodys")
        page.locator("#connect-test").click()
        expect(status).to_have_text("401")
        expect(view.locator('[data-wire="client"]')).to_contain_text("This key is not known here")
        assert not up.requests
        key.fill(GATEWAY_KEY)
        page.locator("#connect-test").click()
        expect(status).to_have_text("200")
        expect(view.locator('[data-wire="client"]')).to_contain_text(f"POST {path}")
        expect(view.locator('[data-wire="provider"]')).to_contain_text("Bearer $ZAI_API_KEY")
        assert up.requests.pop().json["stream"] is True
    assert GATEWAY_KEY not in page.content()
