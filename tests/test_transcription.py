"""A recording written down by the provider's own endpoint: what goes over the wire, and what comes of it."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from glm_ui.catalogue import load
from glm_ui.errors import CannotSend, GlmUiError, KeyRejected, MissingKey, NotAStream
from glm_ui.events import AnswerDelta
from glm_ui.providers.transcription import MOST, hearing, pieces, transcribe
from glm_ui.settings import Settings
from tests.conftest import CANARY
from tests.upstream import Reply, Upstream

TAKES = load().providers["zai"].transcription
assert TAKES is not None
PIECE = TAKES.max_seconds


def silence(seconds: float, rate: int = 16_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(bytes(int(2 * seconds * rate)))
    return out.getvalue()


def seconds(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as sound:
        return sound.getnframes() / sound.getframerate()


def test_a_long_recording_is_cut_into_pieces_that_add_up() -> None:
    assert [seconds(piece) for piece in pieces(silence(2 * PIECE + 5), TAKES)] == [PIECE, PIECE, 5]


def test_a_recording_is_cut_where_it_is_quiet_and_nothing_is_lost() -> None:
    rate = 1000
    loud = np.full((PIECE + 10) * rate, 9000, "<i2")
    loud[int((PIECE - 1.6) * rate) : int((PIECE - 1.2) * rate)] = 3
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(loud.tobytes())
    first, second = pieces(out.getvalue(), TAKES)
    assert PIECE - 1.6 < seconds(first) < PIECE - 1.1
    assert seconds(first) + seconds(second) == PIECE + 10


def test_no_piece_is_larger_than_is_taken() -> None:
    small = replace(TAKES, max_bytes=20_000)
    cut = pieces(silence(3, rate=8000), small)
    assert all(len(piece) <= 20_000 for piece in cut)
    assert sum(map(seconds, cut)) == 3


def test_the_limits_say_where_they_are_from() -> None:
    assert load().sources[TAKES.source].url.startswith("https://docs.z.ai/")
    assert TAKES.date


def test_a_recording_beyond_the_limit_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(CannotSend, match="too long"):
        pieces(silence(MOST + 1, rate=100), TAKES)


async def said(up: Upstream, settings: Settings, wav: bytes) -> str:
    events = transcribe(wav, load().providers["zai"], TAKES, settings, {})
    return "".join([event.text async for event in events if isinstance(event, AnswerDelta)])


async def test_each_piece_goes_as_a_form_with_the_key_and_its_text_comes_back(
    up: Upstream, settings_for: Callable[..., Settings], pool: None
) -> None:
    up.reply(Reply(body={"text": "Good morning. "}), Reply(body={"text": "And good night."}))
    wav = silence(PIECE + 1)
    assert await said(up, settings_for(up), wav) == "Good morning.\nAnd good night."
    first, second = up.requests
    assert first.path == "/api/paas/v4/audio/transcriptions"
    assert first.headers["authorization"] == f"Bearer {CANARY}"
    edge = first.headers["content-type"].partition("boundary=")[2].encode()
    parts = [part.partition(b"\r\n\r\n") for part in first.body.split(b"--" + edge)[1:-1]]
    fields = {head.split(b'name="')[1].split(b'"')[0]: body.removesuffix(b"\r\n") for head, _, body in parts}
    assert fields[b"model"] == b"glm-asr-2512"
    assert fields[b"file"] == pieces(wav, TAKES)[0]
    assert len(second.body) < len(first.body)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (
            Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}}),
            KeyRejected,
        ),
        (Reply(body={"nothing": 1}), NotAStream),
        (Reply(body="<html>"), NotAStream),
        (Reply(status=500, body="oops"), GlmUiError),
    ],
)
async def test_what_goes_wrong_is_said(
    up: Upstream, settings_for: Callable[..., Settings], pool: None, reply: Reply, error: type[GlmUiError]
) -> None:
    up.reply(reply)
    with pytest.raises(error) as raised:
        await said(up, settings_for(up), silence(1))
    assert CANARY not in str(raised.value)


def test_only_a_provider_with_a_key_is_asked(settings_for: Callable[..., Settings], up: Upstream) -> None:
    assert hearing(settings_for(up), {})[0].key == "zai"
    with pytest.raises(MissingKey):
        hearing(settings_for(up, zai_api_key=None), {})
    assert hearing(settings_for(up, zai_api_key=None), {"zai": "k" * 20})[0].key == "zai"
