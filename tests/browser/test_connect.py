"""Connecting a program, as a person does it in the real page: from the chat's menu to a tested configuration, and the
requests of programs as they come."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import KEY, App
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
USAGE = {"prompt_tokens": 30, "completion_tokens": 12}


def test_a_program_is_configured_tested_and_followed(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Hello to you, my friend.", usage=USAGE))
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    page.locator(".list-menu").first.click()
    page.get_by_role("menuitem", name="Connect a program…").click()
    view = page.locator(".connect-view")
    view.locator('[data-client="codex"]').click()
    page.locator("#connect-model").fill("claude-sonnet-4-20250514")
    expect(page.locator("#connect-answers")).to_contain_text("is answered by GLM-4.6 at Z.ai")
    expect(view.locator(".request-block").first).to_contain_text('model = "claude-sonnet-4-20250514"')
    view.get_by_role("button", name="Copy").first.click()
    base = shared_app.url.rstrip("/")
    assert f'base_url = "{base}/v1"' in page.evaluate("navigator.clipboard.readText()")
    page.locator("#connect-test").click()
    mine, theirs = view.locator('[data-wire="client"]'), view.locator('[data-wire="provider"]')
    expect(mine).to_contain_text("POST /v1/responses")
    expect(mine).to_contain_text("response.completed")
    expect(theirs).to_contain_text('"model": "glm-4.6"')
    expect(theirs).to_contain_text("Bearer $ZAI_API_KEY")
    expect(view.locator('[data-figure="status"]')).to_have_text("200")
    rows = page.locator("#connect-live tbody tr")
    expect(rows.first).to_contain_text("claude-sonnet-4-20250514")
    ask = {"model": "claude-3-haiku", "messages": [{"role": "user", "content": "private words"}]}
    httpx.post(f"{base}/v1/chat/completions", json=ask, headers={"user-agent": "aider/1"}, timeout=60)
    expect(rows.first).to_contain_text("aider")
    expect(rows.first).to_contain_text("30 → 12")
    rows.first.get_by_role("button").click()
    dialog = page.locator(".request-view")
    expect(dialog).to_contain_text("What was said is not kept.")
    said = page.content()
    assert "private words" not in said
    assert KEY not in said
    assert up.requests[-1].json["messages"][0]["content"] == "private words"
