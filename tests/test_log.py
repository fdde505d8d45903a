"""What the running app writes: one line of JSON a turn, whose id is the one that the person is shown, and nothing that
anyone said."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx
import pytest

from glm_ui.settings import Settings
from glm_ui.ui.turn import run as live_module
from glm_ui.ui.turn.request import read_turn
from glm_ui.ui.turn.run import Live
from tests.conftest import CANARY
from tests.serving import Served
from tests.upstream import openai_frames

SAID = "a-word-that-only-the-visitor-said"
ANSWERED = "a-word-that-only-the-model-said"
REFUSAL = {"error": {"code": "1113", "message": f"no balance, {SAID}"}}


def turn(id: str) -> dict[str, Any]:
    return {
        "session": "log",
        "id": id,
        "model": "glm-4.6",
        "provider": "zai",
        "messages": [{"role": "user", "text": SAID}],
    }


def line(served: Served, id: str) -> dict[str, Any]:
    """The turn's one line, once it is written."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = [json.loads(text) for text in served.app.output if f'"{id}"' in text]
        if found:
            assert len(found) == 1
            return found[0]
        time.sleep(0.02)  # it comes over a pipe, which nothing here can await
    pytest.fail(f"no line for {id}: {served.app.output[-5:]}")


def test_a_turn_is_one_line_with_who_how_long_how_much_and_how_it_ended(served: Served) -> None:
    served.up.reply(sse=openai_frames("Hm.", ANSWERED))
    httpx.post(f"{served.url}/glm_ui/chat", json=turn("turn-that-went-well"), timeout=30)
    said = line(served, "turn-that-went-well")
    assert (said["provider"], said["model"], said["ending"]) == ("zai", "glm-4.6", "stop")
    assert said["seconds"] >= said["first_answer"] >= 0
    assert {"time", "level", "attempts", "input_tokens", "output_tokens", "thinking_tokens"} <= said.keys()


def test_the_id_that_the_page_shows_is_the_one_in_the_log(served: Served) -> None:
    served.up.reply(status=429, body=REFUSAL)
    answer = httpx.post(f"{served.url}/glm_ui/chat", json=turn("turn-that-failed"), timeout=30)
    last = json.loads(answer.text.strip().rpartition("data: ")[2])
    assert last["error"]["details"]["turn"] == "turn-that-failed"
    assert line(served, "turn-that-failed")["ending"] == last["error"]["slug"]


def test_the_id_that_a_program_is_told_is_the_one_in_the_log(served: Served) -> None:
    served.up.reply(status=429, body=REFUSAL)
    data = [SAID, "glm-4.6", "zai", False, "", []]
    begun = httpx.post(f"{served.url}/gradio_api/call/chat", json={"data": data}).json()
    with httpx.stream("GET", f"{served.url}/gradio_api/call/chat/{begun['event_id']}", timeout=30) as answer:
        said = "".join(answer.iter_text())
    found = re.search(r"Request ([0-9a-f]{12})\.", said)
    assert found, said
    assert line(served, found[1])["provider"] == "zai"


def test_the_log_holds_no_word_no_key_and_no_address(served: Served) -> None:
    """Of a turn that went well, of one that failed, and of whatever else this process was asked."""
    for id, reply in (
        ("kept-quiet", {"sse": openai_frames("Hm.", ANSWERED)}),
        ("refused", {"status": 429, "body": REFUSAL}),
    ):
        served.up.forget()
        served.up.reply(**reply)
        httpx.post(f"{served.url}/glm_ui/chat", json=turn(id), timeout=30)
        line(served, id)
    written = "".join(served.app.output)
    for secret in (SAID, ANSWERED, CANARY, "HTTP Request", served.up.url):
        assert secret not in written


async def test_a_bug_of_ours_names_the_turn_and_shows_no_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("our own fault")

    monkeypatch.setattr(live_module, "stream_chat", broken)
    live = Live(Settings(_env_file=None))  # type: ignore[call-arg]
    frames = [f async for f in live.frames(read_turn(json.dumps(turn("turn-with-a-bug")).encode()))]
    assert frames[-1]["error"]["details"]["turn"] == "turn-with-a-bug"
    assert "our own fault" not in json.dumps(frames)
    assert "turn-with-a-bug" in caplog.text
