"""Pictures made fit to be sent: upright, in sRGB, on white, without metadata, within a provider's limits.

Everything here decodes files that strangers wrote, so it is called through `worker.run`. No network, no
provider's name: limits come as values.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.kinds import Source, opened, shown_name, size_of
from glm_ui.media.stripping import stripped
from glm_ui.tokens import visual_tokens

pillow_heif.register_heif_opener(thumbnails=False)

# The formats that may be opened, in Pillow's words. EPS is not among them: it would start Ghostscript.
_OPENED = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "DIB", "GIF")
MAX_PIXELS = 100_000_000
MAX_JPEG_PIXELS = 178_000_000
"""JPEG is decoded at a half or less where it is much too large, so it may declare more."""
THUMBNAIL = 256
_BEST, _WORST_JPEG = 95, 50
_STRIPPED_BYTES = 64 << 20
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
    drawn on."""

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

    @property
    def tokens(self) -> int:
        return visual_tokens(self.width, self.height)


def prepare(source: Source, name: str, limits: Limits, frames: int = 1) -> tuple[Picture, ...]:
    """The picture, or up to `frames` pictures evenly over an animation or a file of several pages.

    BadInput for a damaged file, CannotSend for one that is too large to open.
    """
    with _open(source, name) as image:
        count = getattr(image, "n_frames", 1)
        if frames <= 1 or count <= 1:
            note = f"Only the first of its {count} pictures is sent." if count > 1 else ""
            return (_prepare_one(image, source, name, limits, whole_file=count <= 1, note=note),)
        wanted = sorted(
            {round(i * (count - 1) / max(1, min(frames, count) - 1)) for i in range(min(frames, count))}
        )
        pictures = []
        for index in wanted:
            image.seek(index)
            note = f"Picture {index + 1} of {count}."
            pictures.append(_prepare_one(image, source, name, limits, whole_file=False, note=note))
        return tuple(pictures)


def from_pillow(image: Image.Image, name: str, limits: Limits, quality: int = _BEST) -> Picture:
    """A picture that we drew ourselves (a page, a frame of a video) as it will be sent."""
    data, mime, sent, notes = _encode(image, limits, drawn=False, best=quality)
    return Picture(
        data,
        mime,
        *sent.size,
        image.size,
        image.size,
        len(data),
        name,
        _digest(data),
        _thumbnail(sent),
        tuple(notes),
    )


def upright(source: Source, name: str = "picture") -> Image.Image:
    """The picture as a person sees it: first frame, EXIF orientation applied, sRGB, on white, 8 bits."""
    with _open(source, name) as image:
        return _plain(image)


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
    return CannotSend(f"“{shown}” is too large to open.", why, "Save it smaller and choose that.")


def _unread(shown: str) -> BadInput:
    """A TIFF may hold a hundred codings; which one it is that Pillow lacks, it does not say."""
    why = "It is damaged, or of a rare variety that is not read here."
    return BadInput(f"“{shown}” cannot be read.", why, "Choose a whole copy, or save it as JPEG or PNG.")


def _damaged(shown: str, why: str) -> BadInput:
    return BadInput(f"“{shown}” is damaged.", why, "Choose a whole copy.")


def _check_size(image: Image.Image, shown: str) -> None:
    pixels = image.width * image.height
    if pixels == 0:
        raise _damaged(shown, "It declares no pixels.")
    if pixels > (MAX_JPEG_PIXELS if image.format in ("JPEG", "MPO") else MAX_PIXELS):
        why = f"It declares {image.width}×{image.height} pixels."
        raise _too_large(shown, why)


def _prepare_one(
    image: Image.Image, source: Source, name: str, limits: Limits, *, whole_file: bool, note: str
) -> Picture:
    stored = image.size
    turned = _orientation(image) in (5, 6, 7, 8)
    mime = Image.MIME.get("JPEG" if image.format == "MPO" else image.format or "", "")
    drawn = image.format in ("PNG", "BMP", "GIF", "TIFF") or image.mode in ("1", "P", "L")
    kept = _kept_as_it_is(image, source, mime, limits) if whole_file else None
    if whole_file and image.format in ("JPEG", "MPO") and limits.max_pixels:
        image.draft("RGB", limits.max_pixels)
    plain = _plain(image)
    original = (stored[1], stored[0]) if turned else stored
    if image.format in ("TIFF", "HEIF", "AVIF") or not whole_file:
        original = plain.size  # these loaders, and frames, are upright by themselves
    notes = [note] if note else []
    if kept is not None:
        data, sent = kept, plain
    else:
        data, mime, sent, more = _encode(plain, limits, drawn=drawn)
        notes += more
    return Picture(
        data, mime, *(original if kept is not None else sent.size), original, stored, size_of(source), name,
        _digest(data), _thumbnail(sent), tuple(notes),
    )  # fmt: skip


def _kept_as_it_is(image: Image.Image, source: Source, mime: str, limits: Limits) -> bytes | None:
    """The file's own bytes without metadata, when its pixels can go as they are; None when they cannot."""
    plain_mode = image.mode in ("RGB", "L") and "transparency" not in image.info
    if mime not in limits.mimes or not plain_mode or _orientation(image) != 1 or not _is_srgb(image):
        return None
    if not _fits(image.size, limits) or size_of(source) > _STRIPPED_BYTES:
        return None
    data = stripped(source if isinstance(source, bytes) else source.read_bytes(), mime)
    if data is None or (limits.max_bytes and len(data) > limits.max_bytes):
        return None
    if mime == "image/png" and data[24] == 16:  # bits a channel, in IHDR
        return None
    return data


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001  Broken EXIF is no reason to refuse a picture.
        return 1


def _is_srgb(image: Image.Image) -> bool:
    profile = image.info.get("icc_profile")
    if not profile:
        return True
    try:
        opened_profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return "srgb" in (ImageCms.getProfileDescription(opened_profile) or "").lower()
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return True  # A profile that nobody can read changes nothing on the screen either.


def _plain(image: Image.Image) -> Image.Image:
    """Decoded, upright, sRGB, on white, 8 bits a channel: mode RGB or L."""
    image.load()
    profile, srgb = image.info.get("icc_profile"), _is_srgb(image)
    flat: Image.Image = image.copy() if getattr(image, "is_animated", False) else image
    try:
        flat = ImageOps.exif_transpose(flat)
    except Exception:  # noqa: BLE001  As above.
        flat = flat.copy()
    flat = _eight_bits(flat)
    if profile and not srgb:
        flat = _to_srgb(flat, profile)
    if flat.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in flat.info:
        with_alpha = flat.convert("RGBA")
        white = Image.new("RGB", with_alpha.size, "white")
        white.paste(with_alpha, mask=with_alpha.getchannel("A"))
        flat = white
    flat = flat if flat.mode in ("RGB", "L") else flat.convert("L" if flat.mode == "1" else "RGB")
    flat.info = {}
    return flat


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and floating-point grey as 8-bit grey: Pillow's own convert clips instead of scaling."""
    if image.mode == "F" or (image.mode == "I" and image.getextrema()[1] > 65535):  # type: ignore[operator]
        low, high = image.getextrema()
        span = (float(high) - float(low)) or 1.0  # type: ignore[arg-type]
        return image.convert("F").point(lambda v: (v - float(low)) * (255.0 / span)).convert("L")  # type: ignore[arg-type]
    if image.mode == "I" or image.mode.startswith("I;16"):
        return image.convert("I").point(lambda v: v * (1 / 257)).convert("L")
    return image


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    alpha = image.convert("RGBA").getchannel("A") if image.mode in ("LA", "PA", "RGBA") else None
    base = (
        image if image.mode in ("RGB", "CMYK", "L") else image.convert("L" if image.mode == "LA" else "RGB")
    )
    try:
        converted = ImageCms.profileToProfile(
            base,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return (
            image  # The profile is for another colour model, or broken: the plain pixels are the best guess.
        )
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _fits(size: tuple[int, int], limits: Limits) -> bool:
    return limits.max_pixels is None or (size[0] <= limits.max_pixels[0] and size[1] <= limits.max_pixels[1])


def _encode(
    image: Image.Image, limits: Limits, *, drawn: bool, best: int = _BEST
) -> tuple[bytes, str, Image.Image, list[str]]:
    """The best that fits: size first (the limit, then less by less), then quality by halving. (data, mime,
    sent picture, notes)."""
    sent, notes = image, []
    if limits.max_pixels and not _fits(image.size, limits):
        sent = ImageOps.contain(image, limits.max_pixels, Image.Resampling.LANCZOS)
        notes.append(f"Made smaller: {image.width}×{image.height} to {sent.width}×{sent.height} pixels.")
    cap = limits.max_bytes or 1 << 62
    lossless = "image/png" in limits.mimes and (drawn or "image/jpeg" not in limits.mimes)
    if lossless and (sent.width * sent.height <= _PNG_PIXELS or "image/jpeg" not in limits.mimes):
        data = _save(sent, "PNG")
        if len(data) <= cap:
            return data, "image/png", sent, notes
    lossy = next((m for m in ("image/jpeg", "image/webp", "image/png") if m in limits.mimes), "image/jpeg")
    while True:
        data = _best_quality(sent, lossy, cap, best)
        if len(data) <= cap or max(sent.size) <= 56:
            break
        sent = ImageOps.contain(image, (max(28, sent.width * 4 // 5), max(28, sent.height * 4 // 5)))
        notes = [f"Made smaller: {image.width}×{image.height} to {sent.width}×{sent.height} pixels."]
    return data, lossy, sent, notes


def _best_quality(image: Image.Image, mime: str, cap: int, best: int) -> bytes:
    form = mime.removeprefix("image/").upper()
    data = _save(image, form, best)
    if len(data) <= cap or form == "PNG":
        return data
    low, high, fitting = _WORST_JPEG, best - 1, b""
    smallest = data
    while low <= high:
        middle = (low + high) // 2
        data = _save(image, form, middle)
        if len(data) <= cap:
            fitting, low = data, middle + 1
        else:
            smallest, high = min(smallest, data, key=len), middle - 1
    return fitting or smallest


def _save(image: Image.Image, form: str, quality: int = _BEST) -> bytes:
    out = io.BytesIO()
    if form == "JPEG":
        # No `optimize`: it fails on noise, where Pillow's buffer is too small for the whole picture.
        image.save(out, form, quality=quality, subsampling=0 if quality >= 90 else 2)
    elif form == "WEBP":
        image.save(out, form, quality=quality, method=2)
    else:
        image.save(out, form, optimize=image.width * image.height < 1_000_000)
    return out.getvalue()


def _thumbnail(image: Image.Image) -> bytes:
    small = image.copy() if max(image.size) <= THUMBNAIL else image.resize(
        _within(image.size, THUMBNAIL), Image.Resampling.BILINEAR, reducing_gap=2.0
    )  # fmt: skip
    return _save(small, "JPEG", 80)


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def named(picture: Picture, name: str) -> Picture:
    """The same picture under another name: what is kept by content may be asked for by two people."""
    return replace(picture, name=name)
