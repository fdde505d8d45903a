"""One key, typed as a person types it, and then looked for everywhere: it is in the upstream's Authorization header."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Request, Response, expect

from tests.browser.chat_page import answer_text, ask, box, chip, last, wait_idle
from tests.browser.conftest import pointed_at, start_app, stop_app
from tests.upstream import Reply, Upstream, openai_frames

CANARY = "c4n4ry-0f-a-v1s1t0r.9f8e7d6c5b4a"
TEMPORARY = "import os, tempfile; os.environ['TMPDIR'] = tempfile.tempdir = {!r}"
"""Says where the app puts temporary files."""

KEPT = """async () => {
  const found = [document.documentElement.outerHTML, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
  for (const box of document.querySelectorAll("input, textarea")) found.push(box.value);
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (e) => done(e.target.result)));
    for (const store of db.objectStoreNames) {
      const rows = await new Promise((done) => (db.transaction(store).objectStore(store).getAll().onsuccess = (e) => done(e.target.result)));
      found.push(JSON.stringify(rows));
    }
    db.close();
  }
  for (const key of Object.keys(window)) try { found.push(JSON.stringify(window[key]) ?? ""); } catch {}
  for (const name of await caches.keys()) found.push(name);
  return found.join("\\n");
}"""  # noqa: E501

EXPORTED = """async () => {
  const { toJson, toMarkdown } = await import("/glm_ui/static/conversations/export.js");
  const { toHtml } = await import("/glm_ui/static/conversations/export_html.js");
  const { words } = JSON.parse(document.querySelector("glm-config").textContent);
  const all = [GLM.chat.conversation];
  return (await Promise.all([toJson(all), toMarkdown(all, words), toHtml?.(all, words) ?? []])).flat().join("");
}"""


@pytest.mark.parametrize("owners", [False, True])
def test_a_key_is_in_nothing_but_the_upstreams_header(
    open_page: Callable[..., Page], up: Upstream, tmp_path: Path, owners: bool
) -> None:
    settings = pointed_at(up.url) | {"ZAI_API_KEY": CANARY if owners else ""}
    settings |= {"GLM_UI_LOG_LEVEL": "DEBUG", "GLM_UI_PROVIDER": "zai", "GLM_UI_MODEL": "glm-4.6"}
    app = start_app(code=TEMPORARY.format(str(tmp_path)), **settings)
    try:
        page = open_page(app.url, permissions=["clipboard-read", "clipboard-write"])
        sent, came = _listen(page)
        if not owners:
            page.locator("#api-key input").fill(CANARY)
            page.locator("#api-key input").press("Enter")
            expect(page.locator("#bar-state")).to_contain_text("your key")
            expect(page.locator(".key-check").first).to_have_text("Z.ai takes this key.")
        seen = _use(page, up)
        stored = page.evaluate(KEPT)
        page.reload()
        page.wait_for_selector("#chat-log .turn.assistant")
        stored += page.evaluate(KEPT)
        bodies = [_body(response) for response in came]
    finally:
        stop_app(app)

    assert {r.headers["authorization"] for r in up.requests} == {f"Bearer {CANARY}"}
    assert [path for path, body in sent if CANARY in body] == ([] if owners else ["/glm_ui/key"])
    assert len(bodies) > 20
    for text in (*bodies, seen, stored, "".join(app.output)):
        assert CANARY not in text
    assert any('"ending"' in line for line in app.output)  # the log was on
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert CANARY.encode() not in file.read_bytes(), file
    for request in up.requests:
        others = {name: value for name, value in request.headers.items() if name != "authorization"}
        assert CANARY not in f"{request.path} {others} {request.body!r}"


def _listen(page: Page) -> tuple[list[tuple[str, str]], list[Response]]:
    """(path, what was posted) of every request, and every response, as they come."""
    sent: list[tuple[str, str]] = []
    came: list[Response] = []

    def asked(request: Request) -> None:
        path = "/" + request.url.split("/", 3)[3]
        sent.append(
            (
                path,
                f"{request.url} {request.headers} {(request.post_data_buffer or b'').decode('utf-8', 'replace')}",
            )
        )

    page.on("request", asked)
    page.on("response", lambda response: came.append(response))
    return sent, came


def _body(response: Response) -> str:
    if "/heartbeat/" in response.url:
        return ""  # a stream without words and without end
    try:
        return f"{response.headers} {response.body().decode('utf-8', 'replace')}"
    except Error:
        return str(response.headers)  # a redirect, or what the reload has thrown away


def _use(page: Page, up: Upstream) -> str:
    """Chats, runs into an error that echoes the key, copies, opens the exact request. What was shown and copied."""
    up.forget()
    up.reply(
        Reply(sse=openai_frames("Hm.", f"Your key is {CANARY}, is it not?")),
        Reply(status=401, body={"error": {"code": "1000", "message": f"wrong key: Bearer {CANARY}"}}),
        Reply(sse=openai_frames("", "Done.")),
    )
    ask(page, "What is my key?")
    wait_idle(page)
    expect(answer_text(page)).to_contain_text("Your key is")
    last(page).get_by_label("Copy", exact=True).click()
    seen = [str(page.evaluate("navigator.clipboard.readText()"))]
    last(page).get_by_label("Request").click()
    expect(page.get_by_role("dialog")).to_contain_text("glm-4.6")
    seen.append(page.content())
    page.keyboard.press("Escape")
    ask(page, "And now?")
    expect(chip(page)).to_contain_text("did not accept the key")
    seen.append(page.content())
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("Done.")
    wait_idle(page)
    exported = page.evaluate(EXPORTED)
    assert "What is my key?" in exported
    return "\n".join([*seen, exported])
