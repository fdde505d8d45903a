"""Makes text of a recording through a provider's own endpoint, one short piece after the other. No decoding: WAV
comes in. No page, no file."""

from __future__ import annotations

import io
import secrets
import wave
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
import orjson

from glm_ui.backend.prepare import Keys, endpoint_and_credential, has_key
from glm_ui.catalogue import load
from glm_ui.catalogue.rows import Provider, Transcription
from glm_ui.errors import CannotSend, MissingKey, NotAStream
from glm_ui.events import AnswerDelta, StreamEvent
from glm_ui.languages import say
from glm_ui.net.exchange import WholeResponse, whole_response
from glm_ui.net.request import Outgoing, Timeouts
from glm_ui.protocol import refused
from glm_ui.settings import Settings

MOST = 600
"""Seconds of a whole recording."""
HEAD = 44
"""Bytes of a WAV file before its sound."""
_LATELY, _PAUSE = 3.0, 0.1
"""Seconds before a piece is full in which the quietest place is looked for, and how long that place is."""


def hearing(settings: Settings, keys: Keys) -> tuple[Provider, Transcription]:
    """The first provider with such an endpoint that there is a key for, and what it takes. Raises MissingKey."""
    able = [(p, p.transcription) for p in load().providers.values() if p.transcription]
    for provider, takes in able:
        if has_key(provider.key, settings, keys):
            return provider, takes
    raise MissingKey.of(able[0][0].name)


def pieces(wav: bytes, takes: Transcription) -> list[bytes]:
    """The recording (mono, 16 bits) in order as WAV files that one request takes, cut where it is quiet. Raises
    CannotSend for one that is longer than MOST."""
    with wave.open(io.BytesIO(wav)) as whole:
        form, rate, total = whole.getparams(), whole.getframerate(), whole.getnframes()
        if total > MOST * rate:
            raise CannotSend(
                "The recording is too long to be transcribed here.",
                say(
                    "It has {minutes} minutes; at most {most} are taken.",
                    minutes=total // rate // 60,
                    most=MOST // 60,
                ),
                "Cut out a part of it.",
                way_out="",
            )
        sound = np.frombuffer(whole.readframes(total), "<i2")
        longest = min(takes.max_seconds * rate, (takes.max_bytes - HEAD) // sound.itemsize)
        made, at = [], 0
        while at < len(sound):
            end = (
                at + longest
                if at + longest >= len(sound)
                else at + _quiet_end(sound[at : at + longest], rate)
            )
            out = io.BytesIO()
            with wave.open(out, "wb") as piece:
                piece.setparams(form)
                piece.writeframes(sound[at:end].tobytes())
            made.append(out.getvalue())
            at = end
    return made


def _quiet_end(sound: np.ndarray[Any, Any], rate: int) -> int:
    """Where to end a piece of a longer recording: after its last quietest moment, or words are halved."""
    step = max(1, int(_PAUSE * rate))
    steps = min(int(_LATELY * rate), len(sound)) // step
    if not steps:
        return len(sound)
    late = sound[len(sound) - steps * step :].reshape(steps, step)
    loudness = np.abs(late.astype(np.int32)).max(axis=1)
    after = int(np.argmin(loudness[::-1]))  # of equals the last
    return len(sound) - after * step


async def transcribe(
    wav: bytes, provider: Provider, takes: Transcription, settings: Settings, keys: Keys
) -> AsyncGenerator[StreamEvent, None]:
    """What is said in it, a text for each piece. Raises GlmUiError."""
    base_url, credential = endpoint_and_credential(provider, settings, keys)
    for number, piece in enumerate(pieces(wav, takes)):
        kind, body = form_of({"model": takes.model, "stream": "false"}, piece)
        answer = await whole_response(
            Outgoing(
                base_url + "/audio/transcriptions",
                provider.key,
                provider.name,
                headers={**provider.headers, "Accept": "application/json", "Content-Type": kind},
                body=body,
                credential=credential,
                timeouts=Timeouts(settings.glm_ui_connect_timeout, 120, 60),
                resolve_pinned=settings.pinned_resolver(provider.key),
            )
        )
        text = read_text(answer, provider)
        yield AnswerDelta(("\n" if number else "") + text)


def form_of(fields: dict[str, str], sound: bytes) -> tuple[str, bytes]:
    """(content type, body) of a multipart form with these fields and the sound as `file`."""
    edge = secrets.token_hex(16)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="sound.wav"\r\n'
    parts += [f"{head}Content-Type: audio/wav\r\n\r\n".encode(), sound, f"\r\n--{edge}--\r\n".encode()]
    return f"multipart/form-data; boundary={edge}", b"".join(parts)


def read_text(answer: WholeResponse, provider: Provider) -> str:
    if not 200 <= answer.status < 300:
        raise refused(answer.body, provider=provider.name, status=answer.status)
    try:
        text = orjson.loads(answer.body)["text"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        raise NotAStream.of(
            provider.name, what="{provider} sent no transcript.", todo="Try again.", way_out="retry"
        )
    return text.strip()
