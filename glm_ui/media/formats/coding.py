"""Pictures coded as JPEG, WebP or PNG, at the best quality that fits into a number of bytes."""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image, JpegImagePlugin

from glm_ui.media.formats.pixels import form_of


@dataclass(frozen=True, slots=True)
class Coding:
    """The best that a lossy picture is coded with: quality from 1 to 100, and how colour is kept as Pillow numbers it
    (0 whole, 1 half, 2 a quarter)."""

    quality: int = 95
    colour: int = 0


BEST, _WORST_QUALITY = Coding(), 50
_STANDARD_TABLE = 3688
"""Sum of the table of brightness at quality 50 (JPEG, annex K)."""
_SMALL_PIXELS, _STRIPS = 2_000_000, 8


def coding_of(image: Image.Image) -> Coding:
    """What a JPEG was coded with: better would cost bytes and time, and bring nothing back. The best for others."""
    tables = getattr(image, "quantization", None)
    if form_of(image) != "JPEG" or not tables:
        return BEST
    scale = 100 * sum(tables[min(tables)]) / _STANDARD_TABLE
    quality = round((200 - scale) / 2 if scale <= 100 else 5000 / scale)
    colour = JpegImagePlugin.get_sampling(image)
    return Coding(
        min(BEST.quality, max(_WORST_QUALITY, quality)), colour if colour in (0, 1, 2) else BEST.colour
    )


def best_quality(image: Image.Image, form: str, cap: int, best: Coding) -> bytes:
    """Of the qualities that fit the highest, of a large picture one close to it; the smallest bytes where none fits."""

    def coded(picture: Image.Image, quality: int) -> bytes:
        return save(picture, form, replace(best, quality=quality))

    data = save(image, form, best)
    if len(data) <= cap or form == "PNG":
        return data
    low, high = _WORST_QUALITY, best.quality - 1
    if image.width * image.height <= _SMALL_PIXELS:
        return coded(image, _highest(low, high, lambda quality: len(coded(image, quality)) <= cap))
    # A large one is judged by strips of it: what makes them this much smaller, with 3 % to spare, does so to the whole.
    strips = _strips(image)
    most = 0.97 * cap / len(data) * len(save(strips, form, best))
    quality = _highest(low, high, lambda quality: len(coded(strips, quality)) <= most)
    data = coded(image, quality)
    while len(data) > cap and quality > low:
        quality = max(low, quality - 4)
        data = coded(image, quality)
    return data


def _highest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The highest number that fits, where all below it fit too; `low` where none does."""
    return low + max(0, bisect_left(range(low, high + 1), True, key=lambda number: not fits(number)) - 1)


def _strips(image: Image.Image) -> Image.Image:
    """An eighth of a picture: strips at even distances, cut where the codings' squares begin."""
    rows = max(16, image.height // 8 // _STRIPS // 16 * 16)
    cut = Image.new(image.mode, (image.width, rows * _STRIPS))
    for n in range(_STRIPS):
        top = (image.height - rows) * n // (_STRIPS - 1) // 16 * 16
        cut.paste(image.crop((0, top, image.width, top + rows)), (0, n * rows))
    return cut


def save(image: Image.Image, form: str, coding: Coding = BEST) -> bytes:
    """The picture as JPEG, WEBP or PNG."""
    out = io.BytesIO()
    if form == "JPEG":
        # No `optimize`: it fails on noise, where Pillow's buffer is too small for the whole picture.
        colour = coding.colour if coding.quality >= 90 else 2
        image.save(out, form, quality=coding.quality, subsampling=colour)
    elif form == "WEBP":
        image.save(out, form, quality=coding.quality, method=2)
    else:
        image.save(out, form, optimize=image.width * image.height < 1_000_000)
    return out.getvalue()
