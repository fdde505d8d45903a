"""Recordings: their facts, and their sound as WAV or MP3 for providers that take it. Hostile input: call it through
`worker.run`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.kinds import Format, Source, shown_name
from glm_ui.media.formats.pdf import Tell, silent
from glm_ui.media.formats.video import Recording, clock, facts, opened_media

MAX_SECONDS = 3600
_RATE = 16_000
"""What speech models listen at."""
_NEARLY = 0.9
"""Share of the length that a file claims from which nothing is said: some containers only estimate it."""


@dataclass(frozen=True, slots=True)
class Sound:
    """`data` in `mime`, mono, 16 kHz; `seconds` as decoded; `note` is one sentence where it breaks off."""

    data: bytes
    mime: str
    seconds: float
    recording: Recording
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Target:
    container: str
    codec: str
    layout: str = "mono"
    bit_rate: int | None = None


_TARGETS: Mapping[str, _Target] = {
    "audio/wav": _Target("wav", "pcm_s16le"),
    "audio/mpeg": _Target("mp3", "libmp3lame", bit_rate=64_000),
}


def convert(source: Source, format: Format, name: str, mime: str = "audio/wav", tell: Tell = silent) -> Sound:
    """The sound of a recording or a film as `mime` (audio/wav or audio/mpeg), mono at 16 kHz. BadInput when
    there is none or it is damaged, CannotSend when it is longer than MAX_SECONDS."""
    target = _TARGETS[mime]
    recording = facts(source, format, name)
    if not recording.audio_codec:
        raise BadInput(say("“{name}” holds no sound.", name=shown_name(name)), "", "Choose another file.")
    if (recording.seconds or 0) > MAX_SECONDS * 1.05:  # a length that is only estimated may be a little off
        raise _too_long(name)
    out = io.BytesIO()
    samples = 0
    with opened_media(source, format, name) as container, av.open(out, "w", format=target.container) as made:
        stream = cast(AudioStream, made.add_stream(target.codec, rate=_RATE, layout=target.layout))
        if target.bit_rate:
            stream.bit_rate = target.bit_rate
        resampler = AudioResampler(stream.codec_context.format, target.layout, _RATE)
        for frame in _whole_frames(container):
            for piece in resampler.resample(frame):
                samples += piece.samples
                made.mux(stream.encode(piece))
            if samples > MAX_SECONDS * _RATE:
                raise _too_long(name)
            tell(int(samples / _RATE), int(recording.seconds or 0))
        for piece in resampler.resample(None):
            samples += piece.samples
            made.mux(stream.encode(piece))
        made.mux(stream.encode(None))
    if not samples:
        raise BadInput(
            say("“{name}” is damaged.", name=shown_name(name)),
            "No sound in it can be read.",
            "Choose a whole copy.",
        )
    heard, note = samples / _RATE, ""
    if recording.seconds and heard < recording.seconds * _NEARLY - 0.2:
        note = say(
            "Nothing could be heard after {time}: the file ends early or is damaged.", time=clock(heard)
        )
    return Sound(out.getvalue(), mime, heard, recording, note)


def _whole_frames(container: InputContainer) -> Iterator[AudioFrame]:
    """What can be decoded, as a player would play it: a file that breaks off gives what came before."""
    any_heard = False
    try:
        for frame in container.decode(container.streams.audio[0]):
            any_heard = True
            yield frame
    except FFmpegError:
        if not any_heard:
            raise


def _too_long(name: str) -> CannotSend:
    return CannotSend(
        say("“{name}” is longer than {time}.", name=shown_name(name), time=clock(MAX_SECONDS)),
        "",
        "Cut out a part of it.",
    )
