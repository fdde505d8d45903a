"""What a person says into the microphone comes into the message box, and they are told who writes it down."""

from __future__ import annotations

import base64

from playwright.sync_api import Page, expect

from tests import media_files
from tests.browser.chat_page import box, pick_model
from tests.upstream import Reply, Upstream

MICROPHONE = """(sound) => {
  const bytes = Uint8Array.from(atob(sound), (letter) => letter.charCodeAt(0));
  window.open_tracks = 0;
  navigator.mediaDevices.getUserMedia = async () => {
    if (window.denied) throw new DOMException("No.", "NotAllowedError");
    window.open_tracks += 1;
    return { getTracks: () => [{ stop: () => (window.open_tracks -= 1) }] };
  };
  window.MediaRecorder = class {
    state = "inactive";
    mimeType = "audio/ogg";
    start() { this.state = "recording"; }
    stop() {
      this.state = "inactive";
      queueMicrotask(() => (this.ondataavailable({ data: new Blob([bytes]) }), this.onstop()));
    }
  };
  window.SpeechRecognition = class {
    start() { window.listening = this; }
    stop() { queueMicrotask(() => this.onend()); }
    abort() { this.stop(); }
  };
}"""
"""A microphone that hears `sound`, and a recognition that hears what a test says."""
HEARS = "(text) => listening.onresult({ resultIndex: 0, results: [[{ transcript: text }]] })"


def test_what_is_said_comes_into_the_box_and_the_page_says_who_writes_it_down(
    page: Page, up: Upstream
) -> None:
    page.evaluate(MICROPHONE, base64.b64encode(media_files.tone("ogg")).decode())
    bar, note = page.locator("#chat-tools"), page.locator("#chat-main .composer-note")
    dictate = bar.get_by_role("button", name="Dictate")
    expect(dictate).to_have_attribute("aria-pressed", "false")
    box(page).fill("Tell me about now")
    for _ in "now":
        box(page).press("ArrowLeft")

    page.evaluate("window.denied = true")
    dictate.click()
    expect(note).to_contain_text("does not let this page use the microphone")
    page.evaluate("window.denied = false")

    up.script(lambda _: Reply(body={"text": "boiling water"}))
    dictate.click()
    expect(note).to_contain_text("Recording, at most 30 seconds. The sound goes to Z.ai")
    expect(bar.locator(".bar-seconds")).to_have_text("0 s")
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()
    assert page.evaluate("open_tracks") == 0
    dictate.click()
    expect(bar.get_by_role("button", name="Stop, and write")).to_have_attribute("aria-pressed", "true")
    note.get_by_role("button", name="Stop").click()
    # The process that reads recordings starts with the first of them.
    expect(box(page)).to_have_value("Tell me about boiling water now", timeout=60_000)
    expect(note).to_be_hidden()
    assert page.evaluate("open_tracks") == 0
    assert [request.path for request in up.requests] == ["/api/paas/v4/audio/transcriptions"]

    up.script(
        lambda _: Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    )
    dictate.click()
    note.get_by_role("button", name="Stop").click()
    expect(note).to_contain_text("did not accept the key", timeout=60_000)
    expect(box(page)).to_have_value("Tell me about boiling water now")

    pick_model(page, "OpenRouter")
    expect(page.locator("#chat-facts glm-facts")).to_have_attribute("data-provider", "openrouter")
    box(page).fill("")
    dictate.click()
    expect(note).to_contain_text(
        "Your browser's own recognition writes it down: it may send the sound to its maker."
    )
    page.evaluate(HEARS, "Hello.")
    page.evaluate(HEARS, " How are you?")
    bar.get_by_role("button", name="Stop, and write").click()
    expect(note).to_be_hidden()
    expect(box(page)).to_have_value("Hello. How are you?")
    assert len(up.requests) == 2
    expect(page.locator("#chat-log .turn")).to_have_count(0)
