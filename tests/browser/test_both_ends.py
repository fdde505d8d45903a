"""The app on both ends, in the page: it asks its own gateway in both protocols, and the gateway asks a provider."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, last, wait_idle
from tests.browser.conftest import free_port, pointed_at, start_app, stop_app
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
USAGE = {"prompt_tokens": 30, "completion_tokens": 12}


def test_the_page_talks_to_its_own_gateway_in_both_protocols(open_page: Open, up: Upstream) -> None:
    port = str(free_port())
    own = {
        "GLM_UI_PORT": port,
        "GLM_UI_GATEWAY_BASE_URL": f"http://localhost:{port}",
        "OPENROUTER_API_KEY": "",
    }
    app = start_app(**(pointed_at(up.url) | own))
    try:
        page = open_page(app.url)
        for model, name in (("gateway:GLM-4-6-API-V1", "GLM-4-6-API-V1"),
                            ("gateway-anthropic:claude-sonnet-4-20250514", "claude-sonnet-4-20250514")):  # fmt: skip
            up.forget()
            up.reply(sse=openai_frames("Six sevens.", f"42, says {name}.", usage=USAGE))
            page.goto(f"{app.url}?model={name}&provider={model.partition(':')[0]}")
            expect(page.locator("#chat-facts")).to_contain_text(name)
            ask(page, "What is 7 times 6?")
            expect(answer_text(page)).to_have_text(f"42, says {name}.")
            wait_idle(page)
            expect(last(page)).to_contain_text("30")
            (sent,) = up.requests
            assert (sent.path, sent.json["model"]) == ("/api/paas/v4/chat/completions", "glm-4.6")
    finally:
        stop_app(app)
