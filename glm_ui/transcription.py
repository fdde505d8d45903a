"""A recording as text, by a provider's own endpoint for that, asked for one short piece after the other. No decoding:
WAV comes in. No page, no file."""

from __future__ import annotations

import io
import secrets
import wave
from collections.abc import AsyncGenerator

import orjson

from glm_ui import transport
from glm_ui.catalogue import load
from glm_ui.catalogue.rows import Provider
from glm_ui.dialects import read_error
from glm_ui.errors import CannotSend, MissingKey, NotAStream, classify
from glm_ui.events import AnswerDelta, StreamEvent
from glm_ui.outgoing import Outgoing, Timeouts
from glm_ui.plan import Keys, door, has_key
from glm_ui.settings import Settings

PIECE = 30
"""Seconds of sound in one request; Z.ai takes no more."""
MOST = 600
"""Seconds of a whole recording."""


def hearing(settings: Settings, keys: Keys) -> Provider:
    """The first provider with such an endpoint that there is a key for. Raises MissingKey."""
    able = [p for p in load().providers.values() if p.transcription]
    for provider in able:
        if has_key(provider.key, settings, keys):
            return provider
    raise MissingKey.of(able[0].name)


def pieces(wav: bytes) -> list[bytes]:
    """The recording as WAV files of PIECE seconds at most. Raises CannotSend for one that is longer than MOST."""
    with wave.open(io.BytesIO(wav)) as whole:
        form, rate, total = whole.getparams(), whole.getframerate(), whole.getnframes()
        if total > MOST * rate:
            raise CannotSend(
                "The recording is too long to be written down here.",
                f"It has {total // rate // 60} minutes; at most {MOST // 60} are taken.",
                "Cut out a part of it.",
                way_out="",
            )
        made = []
        for _ in range(0, total, PIECE * rate):
            out = io.BytesIO()
            with wave.open(out, "wb") as piece:
                piece.setparams(form)
                piece.writeframes(whole.readframes(PIECE * rate))
            made.append(out.getvalue())
    return made


async def transcribe(
    wav: bytes, provider: Provider, settings: Settings, keys: Keys
) -> AsyncGenerator[StreamEvent, None]:
    """What is said in it, a text for each piece. Raises GlmUiError."""
    base_url, credential = door(provider, settings, keys)
    for number, piece in enumerate(pieces(wav)):
        kind, body = form_of({"model": provider.transcription or "", "stream": "false"}, piece)
        answer = await transport.fetch(
            Outgoing(
                base_url + "/audio/transcriptions",
                provider.key,
                provider.name,
                headers={**provider.headers, "Accept": "application/json", "Content-Type": kind},
                body=body,
                credential=credential,
                timeouts=Timeouts(settings.glm_ui_connect_timeout, 120, 60),
                check=settings.check(provider.key),
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


def read_text(answer: transport.Fetched, provider: Provider) -> str:
    if not 200 <= answer.status < 300:
        said = read_error(answer.body)
        raise classify(
            status=answer.status,
            code=said.code,
            kind=said.kind,
            message=said.message,
            parameter=said.parameter,
            provider=provider.name,
        )
    try:
        text = orjson.loads(answer.body)["text"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        raise NotAStream.of(
            provider.name, what="{provider} sent no transcript.", todo="Try again.", way_out="retry"
        )
    return text.strip()
