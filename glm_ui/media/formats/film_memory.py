"""The memory that decoding a film takes. How many frames a decoder keeps depends on the codec and the film (up to 16
that others refer to, and more for each thread), so memory is measured while it decodes; only the size of one frame is
known before. Runs in the worker.
"""

from __future__ import annotations

import os
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from glm_ui.errors import CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.kinds import shown_name
from glm_ui.media.formats.pixels import HELD

MAX_FRAME_PIXELS = 7680 * 4320
ONE_THREAD = 4_000_000
"""Pixels from which one thread decodes: each further one holds frames of its own."""
THREADS = 4
_AT_ONCE = 3
"""Frames that are held at least: the one being decoded, the one before it, and the one being made smaller."""
_OVERHEAD = 1.4
"""What H.264 keeps with a frame besides its pixels, as a factor."""
_MARGIN = 128
"""Pixels a side by which coded frames exceed what is shown."""


def frame_bytes(context: VideoCodecContext) -> float:
    """Bytes of one decoded frame, by the header."""
    bits = av.VideoFormat(context.pix_fmt or "yuv420p", 16, 16).padded_bits_per_pixel
    return context.width * context.height * bits / 8


def prepare(film: VideoStream, name: str) -> None:
    """Sets limits before the first frame is decoded: frames may grow in the middle of a film, so the decoder gets
    the largest size. CannotSend for frames that are too large."""
    context = film.codec_context
    width, height = context.width, context.height
    if width * height > MAX_FRAME_PIXELS or _AT_ONCE * frame_bytes(context) > HELD:
        raise CannotSend(
            say("“{name}” is too large to open.", name=shown_name(name)),
            say("Its frames are {width}×{height}.", width=width, height=height),
            "Save it smaller.",
        )
    context.options = {"max_pixels": str(max(ONE_THREAD, (width + _MARGIN) * (height + _MARGIN)))}
    context.thread_type = "AUTO"
    context.thread_count = 1 if width * height > ONE_THREAD else THREADS


class Budget:
    """Ends the decoding of frames that need others before they hold more than HELD."""

    def __init__(self, film: VideoStream) -> None:
        self._context = film.codec_context
        self._before = resident()
        self._room = HELD - 2 * _OVERHEAD * frame_bytes(film.codec_context)
        self.spent = False
        """Whether only frames are decoded that stand on their own."""

    def check(self) -> None:
        """After each frame."""
        if not self.spent and resident() - self._before > self._room:
            self.spent = True
            self._context.skip_frame = "NONKEY"


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
