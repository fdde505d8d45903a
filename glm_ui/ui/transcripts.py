"""What is said in a recording, through the doors that every turn passes: decoded in a worker, counted as a turn, asked
of the provider. No HTTP in or out."""

from __future__ import annotations

import contextlib
import math

from glm_ui.backend.prepare import Keys, ResolvedTurn
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import Provider, Transcription
from glm_ui.events import AnswerDelta
from glm_ui.media import worker
from glm_ui.media.formats import audio
from glm_ui.media.formats.kinds import Source
from glm_ui.media.job import look_at
from glm_ui.providers.transcription import transcribe
from glm_ui.ui.turn.run import Live

DECODED_WITHIN = 120
"""Seconds."""


async def write_down(
    live: Live,
    source: Source,
    name: str,
    *,
    by: tuple[Provider, Transcription],
    keys: Keys,
    visitor: str,
) -> str:
    """The words of a recording of any kind, with a last line where it breaks off. Seconds count as tokens where the
    owner pays. Raises GlmUiError."""
    provider, takes = by
    found = await look_at(source, name)
    sound = await worker.run(
        audio.convert, source, found.format, name, seconds=DECODED_WITHIN, about=f"“{name}”"
    )
    spends = ResolvedTurn(visitor, live.settings, keys, Route(None, provider, "")).owner_pays
    events = transcribe(sound.data, provider, takes, live.settings, keys)
    question = math.ceil(sound.seconds) if spends else None
    counted = live.turnstile.through(lambda _: events, visitor, question)
    async with contextlib.aclosing(counted) as heard:
        text = "".join([event.text async for event in heard if isinstance(event, AnswerDelta)])
    return text + (f"\n\n[{sound.note}]" if sound.note else "")
