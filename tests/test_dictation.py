"""What is said into the microphone: where it goes, whose turn it takes, and what is told when it fails."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from glm_ui.settings import Settings
from glm_ui.ui.chat import dictation_routes
from glm_ui.ui.routes import routes
from glm_ui.ui.turn.run import Live
from tests import media_files
from tests.conftest import CANARY, PAGE
from tests.upstream import Reply, Upstream

OWN = "a-visitors-own-key-1234567890"
SOUND = media_files.tone("ogg")


@pytest.fixture
async def ask(pool: None, up: Upstream, settings_for: Callable[..., Settings]) -> Any:
    live = Live(settings_for(up, glm_ui_turns_per_visitor=1))
    app = Starlette(routes=[*routes(live), *dictation_routes.routes(live)])
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example") as client:
        yield client


async def dictated(ask: httpx.AsyncClient, provider: str = "zai", sound: bytes = SOUND) -> httpx.Response:
    said = {"session": PAGE, "provider": provider, "sound": base64.b64encode(sound).decode()}
    return await ask.post("/glm_ui/dictation", json=said)


async def test_a_recording_goes_to_the_provider_with_the_key_and_comes_back_as_words(
    ask: httpx.AsyncClient, up: Upstream
) -> None:
    up.reply(Reply(body={"text": "Good morning."}))
    answer = await dictated(ask)
    assert answer.json() == {"text": "Good morning."}
    assert answer.headers["cache-control"] == "no-store"
    (request,) = up.requests
    assert request.path == "/api/paas/v4/audio/transcriptions"
    assert request.headers["authorization"] == f"Bearer {CANARY}"
    assert b"glm-asr-2512" in request.body
    assert b"RIFF" in request.body


async def test_it_counts_as_a_turn_and_an_own_key_goes_on(ask: httpx.AsyncClient, up: Upstream) -> None:
    up.reply(Reply(body={"text": "One."}), Reply(body={"text": "Two."}))
    assert (await dictated(ask)).json() == {"text": "One."}
    used_up = await dictated(ask)
    assert used_up.is_error
    assert used_up.json()["error"]["slug"] == "used_up"
    await ask.post("/glm_ui/key", json={"session": PAGE, "provider": "zai", "key": OWN})
    assert (await dictated(ask)).json() == {"text": "Two."}
    assert up.requests[-1].headers["authorization"] == f"Bearer {OWN}"


async def test_what_fails_is_told_without_the_key(ask: httpx.AsyncClient, up: Upstream) -> None:
    up.reply(Reply(status=401, body={"error": {"code": "1000", "message": f"Bad key {CANARY}"}}))
    answer = await dictated(ask)
    assert answer.status_code == 502
    assert answer.json()["error"]["todo"]
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("provider", "sound"), [("zai", b"no sound"), ("zai", b""), ("demo", SOUND), ("nobody", SOUND)]
)
async def test_what_cannot_be_written_down_is_refused_before_anything_is_asked(
    ask: httpx.AsyncClient, up: Upstream, provider: str, sound: bytes
) -> None:
    answer = await dictated(ask, provider, sound)
    assert answer.status_code == 400
    assert answer.json()["error"]["what"]
    assert up.requests == []


async def test_more_than_a_short_recording_is_refused_unread(ask: httpx.AsyncClient, up: Upstream) -> None:
    answer = await dictated(ask, sound=bytes(4 * 2**20))
    assert answer.status_code == 400
    assert up.requests == []
