"""Video as frames with their times, and what a recording is. Sound to be sent is made in `audio`.

Films that strangers wrote are decoded here, so it is called through `worker.run`. The container is always
named to the library (see CONTAINERS): left to guess, it takes a playlist for a film and opens the addresses
in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.media.formats import film_memory
from glm_ui.media.formats.images import Limits, Picture, from_pillow
from glm_ui.media.formats.kinds import Format, Source, opened, shown_name
from glm_ui.media.formats.pdf import Tell, silent

CONTAINERS: Mapping[str, str] = {
    "mp4": "mp4", "mov": "mov", "m4a": "mp4", "mkv": "matroska", "webm": "matroska",
    "wav": "wav", "mp3": "mp3", "flac": "flac", "ogg": "ogg",
}  # fmt: skip
MAX_SECONDS = 6 * 3600
FRAME_SIDE = 1344
"""Longer side of a frame that is sent: 48×28 pixels, at 16:9 about 1,300 visual tokens."""
_SEEK_AHEAD = 8.0
"""Seconds to the next wanted frame above which seeking is worth more than decoding on."""
_SKIPPED_RUN = 4
"""Frames in a row that may be left out where only those are decoded that others are made from."""
_NEARLY = 0.9
"""Share of the length that a file claims from which it counts as whole: some containers only estimate it."""
_QUALITY = 90
_ENDS_EARLY = "Nothing could be read after {time}: the file ends early or is damaged."
_ONLY_KEY_FRAMES = (
    "Its frames are so large that only those are read which need no others: some times are not shown. "
    "Save it smaller for every one."
)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a film or a recording is. `size` is (width, height) as shown, after rotation; None without
    pictures."""

    seconds: float | None
    size: tuple[int, int] | None
    frame_rate: float | None
    video_codec: str = ""
    audio_codec: str = ""
    sample_rate: int = 0
    channels: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """`seconds` from the start of the film: when the frame is really shown, not when it was asked for."""

    seconds: float
    picture: Picture


@dataclass(frozen=True, slots=True)
class Clip:
    frames: tuple[Frame, ...]
    recording: Recording
    notes: tuple[str, ...] = ()


def clock(seconds: float) -> str:
    """A time in a film as a person writes it: 0:07, 1:02:03; tenths only where frames are closer than a
    second."""
    tenths = round(seconds * 10)
    whole, tenth = divmod(tenths, 10)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    head = f"{hours}:{minute:02d}" if hours else str(minute)
    return f"{head}:{second:02d}" + (f".{tenth}" if tenth else "")


def facts(source: Source, format: Format, name: str) -> Recording:
    """What it is, without taking it apart. The size is that of its first frame: only frames know their
    rotation."""
    with opened_media(source, format, name) as container:
        film = _film(container)
        if film is None:
            return _recording(container, None)
        film_memory.prepare(film, name)
        return _recording(container, next(iter(container.decode(film)), None))


def clip(
    source: Source,
    format: Format,
    name: str,
    limits: Limits,
    per_second: float = 1.0,
    most: int = 32,
    side: int = FRAME_SIDE,
    tell: Tell = silent,
) -> Clip:
    """One frame each 1/`per_second` seconds from the start, at most `most`: a longer film is sampled evenly
    over its whole length. Upright, `side` pixels at the longer side at most. BadInput when no frame can be
    decoded."""
    found: list[Frame] = []
    notes: tuple[str, ...] = ()
    with opened_media(source, format, name) as container:
        recording = _recording(container, None)
        film = _film(container)
        if film is None:
            what = say("“{name}” holds no pictures.", name=shown_name(name))
            raise BadInput(what, "It is only sound.", "Send it as a recording.")
        film_memory.prepare(film, name)
        budget = film_memory.Budget(film)
        span, broken = _span(container, film), False
        wanted = times(span.end - span.start or recording.seconds, per_second, most)
        try:
            for seconds, frame in _sampled(container, film, wanted, span, budget):
                tell(len(found), len(wanted))
                recording = recording if found else replace(recording, size=_shown_size(frame, film))
                found.append(Frame(seconds, _picture(frame, film, f"{name}, {clock(seconds)}", limits, side)))
        except FFmpegError:
            broken = True
            if not found:
                raise
        if not found:
            raise _damaged(name)
        if broken or span.ends_early:
            notes = (say(_ENDS_EARLY, time=clock(found[-1].seconds)),)
        if budget.spent:
            notes = (*notes, _ONLY_KEY_FRAMES)
    tell(len(found), len(found))
    return Clip(tuple(found), recording, notes)


def times(seconds: float | None, per_second: float, most: int) -> tuple[float, ...]:
    """The times to look at, in seconds. Where the length is unknown, the rate alone decides, from the
    start."""
    gap = 1 / min(max(per_second, 0.01), 60.0)
    most = max(1, most)
    if seconds is None:
        return tuple(i * gap for i in range(most))
    count = int(seconds / gap - 1e-6) + 1
    if count > most:
        count, gap = most, seconds / most
    return tuple(i * gap for i in range(count))


@contextmanager
def opened_media(source: Source, format: Format, name: str) -> Iterator[InputContainer]:
    with opened(source) as file:
        try:
            with av.open(file, "r", format=CONTAINERS[format.key], metadata_errors="ignore") as container:
                if container.duration and container.duration / av.time_base > MAX_SECONDS:
                    hours = MAX_SECONDS // 3600
                    raise CannotSend(
                        say("“{name}” is longer than {hours} hours.", name=shown_name(name), hours=hours),
                        "",
                        "Cut out a part of it.",
                    )
                yield container
        except FFmpegError as e:
            raise _damaged(name) from e
        except MemoryError as e:
            raise CannotSend(
                say("“{name}” is too large to open.", name=shown_name(name)),
                "It needs more memory than is allowed.",
                "Make it smaller.",
            ) from e
        except (ValueError, IndexError, OverflowError) as e:
            raise _damaged(name) from e


def _damaged(name: str) -> BadInput:
    return BadInput(
        say("“{name}” is damaged.", name=shown_name(name)),
        "No frame or sound in it can be read.",
        "Choose a whole copy.",
    )


def _recording(container: InputContainer, first: VideoFrame | None) -> Recording:
    sound = container.streams.audio[0] if container.streams.audio else None
    film = _film(container)
    return Recording(
        seconds=_seconds(container),
        size=_shown_size(first, film) if first is not None and film is not None else None,
        frame_rate=float(film.average_rate) if film is not None and film.average_rate else None,
        video_codec=film.codec_context.name if film is not None else "",
        audio_codec=sound.codec_context.name if sound is not None else "",
        sample_rate=sound.codec_context.sample_rate if sound is not None else 0,
        channels=sound.codec_context.channels if sound is not None else 0,
    )


def _film(container: InputContainer) -> VideoStream | None:
    """The first stream of pictures that is not a cover."""
    covers = av.stream.Disposition.attached_pic
    return next((s for s in container.streams.video if not s.disposition & covers and s.codec_context), None)


def _seconds(container: InputContainer) -> float | None:
    if container.duration:
        return float(container.duration / av.time_base)
    known = [float(s.duration * s.time_base) for s in container.streams if s.duration and s.time_base]
    return max(known) if known else None


def _shown_size(frame: VideoFrame, film: VideoStream) -> tuple[int, int]:
    ratio = float(film.sample_aspect_ratio or 1) or 1.0
    width, height = max(1, round(frame.width * ratio)), frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


@dataclass(frozen=True, slots=True)
class _Span:
    """What the packets of a film say, in seconds: when its first picture is shown and when its last one ends, the
    longest time between two pictures, and whether the file ends before its own header says."""

    start: float
    end: float
    longest_gap: float
    ends_early: bool


def _span(container: InputContainer, film: VideoStream) -> _Span:
    """Reads the file through without decoding it: headers are often wrong, and frame rates are only averages."""
    base, starts, end, gap, before = float(film.time_base or 1), float("inf"), 0.0, 0.0, None
    last_of_all = 0.0
    try:
        for packet in container.demux():
            if packet.pts is None or packet.time_base is None or packet.is_discard:
                continue
            ends = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            last_of_all = max(last_of_all, ends)
            if packet.stream is not film:
                continue
            starts, end = min(starts, packet.pts * base), max(end, ends)
            decoded_at = (packet.pts if packet.dts is None else packet.dts) * base
            gap, before = max(gap, decoded_at - (decoded_at if before is None else before)), decoded_at
    except FFmpegError:
        last_of_all = min(last_of_all, end)
    stated = float(container.duration / av.time_base) if container.duration else 0.0
    start = 0.0 if starts == float("inf") else starts
    return _Span(start, max(start, end), gap, last_of_all < stated * _NEARLY - 0.5)


def _sampled(
    container: InputContainer,
    film: VideoStream,
    wanted: tuple[float, ...],
    span: _Span,
    budget: film_memory.Budget,
) -> Iterator[tuple[float, VideoFrame]]:
    """(seconds, frame) that is shown at each wanted time, and since when; a frame that is shown at several is given
    once."""
    if len(wanted) > 1 and span.longest_gap * _SKIPPED_RUN < wanted[1] / 4:
        film.codec_context.skip_frame = (
            "NONREF"  # half the work, where frames stand so close that it makes no odds
        )
    index, given, may_seek = 0, -1.0, True
    shown: tuple[float, VideoFrame] | None = None
    _seek(container, film, span.start)
    while index < len(wanted):
        again, before = False, shown[0] if shown else -1.0
        shown = None
        for frame in (each for each in container.decode(film) if each.time is not None):
            budget.check()
            at = float(frame.time or 0) - span.start
            may_seek = may_seek and (shown is not None or at > before)
            if wanted[index] < at - 1e-3:
                since, picture = shown or (at, frame)
                if since > given:
                    given = since
                    yield max(0.0, since), picture
                index = next((i for i in range(index, len(wanted)) if wanted[i] >= at - 1e-3), len(wanted))
            shown = at, frame
            if index == len(wanted):
                return
            if again := may_seek and wanted[index] - at > _SEEK_AHEAD:
                break
        if not again:
            break
        container.seek(
            int((wanted[index] + span.start) / float(film.time_base or 1)), stream=film, backward=True
        )
    if shown is not None and shown[0] > given:
        yield max(0.0, shown[0]), shown[1]


def _seek(container: InputContainer, film: VideoStream, seconds: float) -> None:
    container.seek(int(seconds / float(film.time_base or 1)), stream=film, backward=True)


def _picture(frame: VideoFrame, film: VideoStream, name: str, limits: Limits, side: int) -> Picture:
    width, height = frame.width, frame.height  # as stored
    ratio = float(film.sample_aspect_ratio or 1) or 1.0
    scale = min(1.0, side / max(width * ratio, height))
    small = frame.reformat(max(2, round(width * ratio * scale)), max(2, round(height * scale)), "rgb24")
    image: Image.Image = small.to_image()  # type: ignore[no-untyped-call]
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    return from_pillow(image, name, limits, _QUALITY)
