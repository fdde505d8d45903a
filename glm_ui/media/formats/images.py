"""Pictures made fit to be sent: upright, in sRGB, without metadata, no larger than the model looks at, within a
provider's limits.

Everything here decodes files that strangers wrote, so it is called through `worker.run`. No network, no
provider's name: limits come as values.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from glm_ui.accounting.tokens import MOST_ASPECT, MOST_PIXELS, PATCH, seen_size, visual_tokens
from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.coding import BEST, Coding, best_quality, coding_of, save
from glm_ui.media.formats.kinds import Source, opened, shown_name, size_of
from glm_ui.media.formats.pixels import decode, form_of, is_srgb, orientation
from glm_ui.media.formats.png import without_broken_extras
from glm_ui.media.formats.stripping import stripped

pillow_heif.register_heif_opener(thumbnails=False)

# The formats that may be opened, in Pillow's words. EPS is not among them: it would start Ghostscript.
_OPENED = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "DIB", "GIF")
MAX_PIXELS = 100_000_000
MAX_JPEG_PIXELS = 178_000_000
"""JPEG is decoded at a half or less where it is much too large, so it may declare more."""
THUMBNAIL = 256
_STRIPPED_BYTES = 64 << 20
_UPRIGHT_PIXELS = 20_000_000
"""A picture that regions are cut out of is held no larger."""
_PNG_PIXELS = 4_000_000
"""Above this, drawing-like pictures are not tried as PNG: it takes seconds and seldom fits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may be: bytes, (width, height), and MIME types from best to worst."""

    max_bytes: int | None = None
    max_pixels: tuple[int, int] | None = None
    mimes: tuple[str, ...] = ("image/jpeg", "image/png")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be sent. Sizes are (width, height) in pixels: `stored_size` as the file declares it,
    `original_size` after its EXIF orientation, which is the picture that a person sees and that boxes are
    drawn on. `count` is how many pictures the file holds."""

    data: bytes
    mime: str
    width: int
    height: int
    original_size: tuple[int, int]
    stored_size: tuple[int, int]
    original_bytes: int
    name: str
    sha256: str
    thumbnail: bytes
    notes: tuple[str, ...] = ()
    count: int = 1

    @property
    def tokens(self) -> int:
        return visual_tokens(self.width, self.height)


def prepare_image(source: Source, name: str, limits: Limits, frames: int = 1) -> tuple[Picture, ...]:
    """The picture, or up to `frames` pictures evenly over an animation or a file of several pages.

    BadInput for a damaged file, CannotSend for one that is too large to open.
    """
    source = without_broken_extras(source)
    with _open(source, name) as image:
        # What stands behind the first picture of an MPO is a depth map or the other eye's picture.
        count = 1 if form_of(image) == "JPEG" else getattr(image, "n_frames", 1)
        if frames <= 1 or count <= 1:
            note = say("Only the first of its {count} pictures is sent.", count=count) if count > 1 else ""
            made = _prepare_one(image, source, name, limits, still=count <= 1, note=note)
            return (replace(made, count=count),)
        most = min(frames, count)
        pictures = []
        for index in sorted({round(i * (count - 1) / max(1, most - 1)) for i in range(most)}):
            image.seek(index)
            note = (
                say("{most} of its {count} pictures are sent, at even distances.", most=most, count=count)
                if most < count
                else ""
            )
            made = _prepare_one(image, source, name, limits, still=False, note=note)
            pictures.append(replace(made, count=count))
        return tuple(pictures)


def from_pillow(image: Image.Image, name: str, limits: Limits, quality: int = BEST.quality) -> Picture:
    """A picture that we drew ourselves (a page, a frame of a video) as it will be sent. A strip gets white beside it:
    models refuse what is too narrow."""
    whole, least = image, -(-max(image.size) // MOST_ASPECT)
    if min(image.size) < least:
        whole = ImageOps.pad(image, (max(least, image.width), max(least, image.height)), color="white")
    data, mime, sent = _encode(whole, limits, drawn=False, best=Coding(quality))
    notes = (_resized_note(image.size, sent.size),) if sent.size != image.size else ()
    return Picture(
        data, mime, *sent.size, image.size, image.size, len(data), name, _digest(data), _thumbnail(sent), notes
    )  # fmt: skip


def upright(source: Source, name: str = "picture") -> Image.Image:
    """The picture as a person sees it: first frame, EXIF orientation applied, sRGB, nothing transparent, 8 bits; a very
    large one smaller."""

    def fit(size: tuple[int, int]) -> tuple[int, int]:
        scale = min(1.0, (_UPRIGHT_PIXELS / (size[0] * size[1])) ** 0.5)
        return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))

    source = without_broken_extras(source)
    with _open(source, name) as image:
        still = form_of(image) == "JPEG" or getattr(image, "n_frames", 1) <= 1
        return decode(image, source, name, fit, still=still).image


@contextmanager
def _open(source: Source, name: str) -> Iterator[Image.Image]:
    shown, form = shown_name(name), None
    try:
        # Pillow warns at half its bomb limit and fails at the limit; the size is judged below, from the
        # header.
        with warnings.catch_warnings(), opened(source) as file:
            warnings.simplefilter("ignore")
            with Image.open(file, formats=_OPENED) as image:
                form = image.format
                _check_size(image, shown)
                yield image
    except (BadInput, CannotSend):
        raise
    except Image.DecompressionBombError as e:
        raise _too_large(shown, "It declares more pixels than are ever opened here.") from e
    except UnidentifiedImageError as e:
        raise _unread(shown) from e
    except MemoryError as e:
        raise _too_large(shown, "Opening it needs more memory than is allowed.") from e
    except Exception as e:
        if form == "TIFF":
            raise _unread(shown) from e
        raise _damaged(shown, "It ends early or its content is broken.") from e


def _too_large(shown: str, why: str) -> CannotSend:
    return CannotSend(
        say("“{name}” is too large to open.", name=shown), why, "Save it smaller and choose that."
    )


def _unread(shown: str) -> BadInput:
    """A TIFF may hold a hundred codings; which one it is that Pillow lacks, it does not say."""
    why = "It is damaged, or of a rare variety that is not read here."
    return BadInput(
        say("“{name}” cannot be read.", name=shown), why, "Choose a whole copy, or save it as JPEG or PNG."
    )


def _damaged(shown: str, why: str) -> BadInput:
    return BadInput(say("“{name}” is damaged.", name=shown), why, "Choose a whole copy.")


def _check_size(image: Image.Image, shown: str) -> None:
    pixels = image.width * image.height
    if pixels == 0:
        raise _damaged(shown, "It declares no pixels.")
    if pixels > (MAX_JPEG_PIXELS if image.format in ("JPEG", "MPO") else MAX_PIXELS):
        why = say("It declares {width}×{height} pixels.", width=image.width, height=image.height)
        raise _too_large(shown, why)
    if max(image.size) > MOST_ASPECT * min(image.size):
        raise CannotSend(
            say("“{name}” is too long and narrow.", name=shown),
            say(
                "It has {width}×{height} pixels; for GLM's vision models the longer side may be at most {times} times "
                "the shorter one.",
                width=image.width,
                height=image.height,
                times=MOST_ASPECT,
            ),
            "Cut out a part of it and send that.",
        )


def _prepare_one(
    image: Image.Image, source: Source, name: str, limits: Limits, *, still: bool, note: str
) -> Picture:
    stored, mime = image.size, Image.MIME.get(form_of(image), "")
    drawn = image.format in ("PNG", "BMP", "GIF", "TIFF") or image.mode in ("1", "P", "L")
    # Decoded in any case: only so is it known to be whole.
    pixels = decode(image, source, name, lambda size: fitted(size, limits), still=still)
    sent, notes = pixels.image, [*([note] if note else []), *pixels.notes]
    data = _kept_as_it_is(image, source, mime, limits) if still else None
    if data is None:
        own = coding_of(image)
        best = own if sent.size == pixels.size else replace(own, quality=BEST.quality)
        data, mime, sent = _encode(sent, limits, drawn=drawn, best=best)
    if sent.size != pixels.size:
        notes.append(_resized_note(pixels.size, sent.size))
    return Picture(
        data, mime, *sent.size, pixels.size, stored, size_of(source), name, _digest(data), _thumbnail(sent),
        tuple(notes),
    )  # fmt: skip


def _resized_note(before: tuple[int, int], after: tuple[int, int]) -> str:
    sizes = {"before": f"{before[0]}×{before[1]}", "after": f"{after[0]}×{after[1]}"}
    if after < before:
        return say("Made smaller: {before} to {after} pixels.", **sizes)
    return say("Made larger: {before} to {after} pixels.", **sizes)


def fitted(size: tuple[int, int], limits: Limits) -> tuple[int, int]:
    """The size at which a picture is sent: within the limits, no more pixels than the model looks at, no side shorter
    than one of its squares."""
    if size[0] * size[1] > MOST_PIXELS or min(size) < PATCH:
        size = seen_size(*size)
    if limits.max_pixels and not _fits(size, limits):
        scale = min(most / side for most, side in zip(limits.max_pixels, size, strict=True))
        size = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return size


def _kept_as_it_is(image: Image.Image, source: Source, mime: str, limits: Limits) -> bytes | None:
    """The file's own bytes without metadata, when its pixels can go as they are; None when they cannot."""
    plain_mode = image.mode in ("RGB", "L") and "transparency" not in image.info
    if mime not in limits.mimes or not plain_mode or orientation(image) != 1 or not is_srgb(image):
        return None
    if fitted(image.size, limits) != image.size or size_of(source) > _STRIPPED_BYTES:
        return None
    data = stripped(source if isinstance(source, bytes) else source.read_bytes(), mime)
    if data is None or (limits.max_bytes and len(data) > limits.max_bytes):
        return None
    if mime == "image/png" and data[24] == 16:  # bits a channel, in IHDR
        return None
    return data


def _fits(size: tuple[int, int], limits: Limits) -> bool:
    return limits.max_pixels is None or (size[0] <= limits.max_pixels[0] and size[1] <= limits.max_pixels[1])


def _encode(
    image: Image.Image, limits: Limits, *, drawn: bool, best: Coding = BEST
) -> tuple[bytes, str, Image.Image]:
    """The best that fits: size first (the limit, then less by less), then quality. (data, mime, sent picture)."""
    size = fitted(image.size, limits)
    sent = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    cap = limits.max_bytes or 1 << 62
    lossless = "image/png" in limits.mimes and (drawn or "image/jpeg" not in limits.mimes)
    if lossless and (sent.width * sent.height <= _PNG_PIXELS or "image/jpeg" not in limits.mimes):
        data = save(sent, "PNG")
        if len(data) <= cap:
            return data, "image/png", sent
    lossy = next((m for m in ("image/jpeg", "image/webp", "image/png") if m in limits.mimes), "image/jpeg")
    while True:
        data = best_quality(sent, lossy.removeprefix("image/").upper(), cap, best)
        if len(data) <= cap or max(sent.size) <= 56:
            break
        sent = ImageOps.contain(image, (max(28, sent.width * 4 // 5), max(28, sent.height * 4 // 5)))
    return data, lossy, sent


def _thumbnail(image: Image.Image) -> bytes:
    small = image.copy() if max(image.size) <= THUMBNAIL else image.resize(
        _within(image.size, THUMBNAIL), Image.Resampling.BILINEAR, reducing_gap=2.0
    )  # fmt: skip
    return save(small, "JPEG", Coding(80))


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def named(picture: Picture, name: str) -> Picture:
    """The same picture under another name: what is kept by content may be asked for by two people."""
    return replace(picture, name=name)
