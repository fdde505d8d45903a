"""A turn that is stopped, at whichever of its awaits: it leaves no connection open."""

from __future__ import annotations

import asyncio
from typing import Any

import httpcore
import pytest

from glm_ui.backend import stream
from glm_ui.errors import GlmUiError
from glm_ui.net import clients
from tests.cancelled import cancelled_at, left_open, streams_opened
from tests.test_backend import ASK, Make, collect
from tests.upstream import Reply, Upstream, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
BAD_KEY = {"error": {"message": "no such key", "type": "authentication_error"}}
REPLIES = {
    "an answer": [Reply(sse=openai_frames(["Seven ", "sixes."], ["4", "2"]))],
    "a whole reply": [Reply(body={"choices": [{"message": {"content": "42"}, "finish_reason": "stop"}]})],
    "an error": [Reply(status=401, body=BAD_KEY)],
    "a second try": [
        Reply(status=503, body={"error": {"message": "busy"}}),
        Reply(sse=openai_frames("", "42")),
    ],
}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[httpcore.AsyncNetworkStream]:
    return streams_opened(monkeypatch)


@pytest.mark.parametrize("replies", REPLIES.values(), ids=REPLIES)
async def test_a_turn_stopped_at_any_await_leaves_no_connection_open(
    up: Upstream,
    settings_for: Make,
    opened: list[httpcore.AsyncNetworkStream],
    monkeypatch: pytest.MonkeyPatch,
    replies: list[Reply],
) -> None:
    monkeypatch.setattr(stream, "PAUSES", (0.001,))
    settings = settings_for(up)

    async def turn() -> None:
        try:
            await collect(ASK, settings)
        except GlmUiError as error:
            assert error.status == 401  # noqa: PT017 - the other errors are not expected

    for step in range(1000):
        up.forget()
        up.reply(*replies)
        whole: Any = await cancelled_at(step, turn())
        await clients.aclose()
        await asyncio.sleep(0)  # the loop closes a closed transport's socket in its next round
        assert not left_open(opened), f"stopped at await {step}"
        if whole:
            break
    assert 0 < step < 999
