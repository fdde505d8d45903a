"""A picture's pixels, decoded no larger than they are wanted: upright, sRGB, 8 bits, nothing transparent (RGB or L).

What a decoder would hold is estimated from the header first, and refused when it is more than HELD. A large picture is
decoded small (JPEG), by a decoder that keeps it as it was coded (WebP, AVIF, HEIF), or turned into 8 bits and made
smaller strip by strip, so that it is never held twice. Hostile input: call it in a worker.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import pillow_heif
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PIL import Image, ImageCms, ImageOps, ImageStat

from glm_ui.errors import CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.kinds import Source, opened, shown_name, size_of
from glm_ui.media.formats.png import check_png

Size = tuple[int, int]
Fit = Callable[[Size], Size]
"""The upright size that a picture has -> the size that is wanted."""

HELD = 256 << 20
"""Bytes that decoding one picture may hold."""
LARGE = 12_000_000
"""Pixels from which WebP, AVIF and HEIF are decoded in the thrifty way; it costs a little exactness of colour."""
DARK = (64, 64, 64)
"""What light content on a transparent ground is laid on: both white and black are seen on it."""
_FAINT = 0.12
"""Mean difference from white, as a share, below which content would not be seen on white."""
_STRIP_ROWS = 512
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_TURNED_BY_LOADER = ("TIFF", "HEIF")
_BYTES_A_PIXEL = {
    "1": 1.3,
    "L": 1.3,
    "P": 2.4,
    "I;16": 2.5,
    "I;16L": 2.5,
    "I;16B": 2.5,
    "RGBA": 5.9,
    "LA": 5.9,
    "F": 14.0,
}
"""For a picture that Pillow loads, by its mode, and what making it smaller takes. Other modes take 5.1."""
_HELD_BY = {"WEBP": 20.0, "AVIF": 14.0, "HEIF": 12.0}
_HELD_BY_THRIFTY = {("WEBP", False): 4.4, ("WEBP", True): 6.9, ("AVIF", False): 6.2, ("AVIF", True): 8.2,
                    ("HEIF", False): 5.2, ("HEIF", True): 7.0}  # fmt: skip
"""Bytes for each pixel that these decoders were seen to hold; for the thrifty way by (format, transparent)."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """`size` is the upright picture's own (width, height), before it was made smaller."""

    image: Image.Image
    size: Size
    notes: tuple[str, ...] = ()


def form_of(image: Image.Image) -> str:
    """Pillow's name of the format; a stereo or depth photo (MPO) is a JPEG with more behind it."""
    return {"MPO": "JPEG"}.get(image.format or "", image.format or "")


def orientation(image: Image.Image) -> int:
    """EXIF's number; 1 where none is known, or where the loader turns the picture itself. For a PNG, load it first:
    its tag may stand behind the pixels, and a failure to read these would be taken for one to read the tag."""
    try:
        return 1 if image.format in _TURNED_BY_LOADER else int(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001  Broken EXIF is no reason to refuse a picture.
        return 1


def decode(image: Image.Image, source: Source, name: str, fit: Fit, *, still: bool = True) -> Pixels:
    """The picture that `image` stands at, at the size that `fit` wants. `still`: the file holds no other. CannotSend
    when holding it takes too much; whatever Pillow or the decoder raises for a broken file."""
    form, own = form_of(image), image.size
    if form == "JPEG" and still:
        turn = orientation(image)
        image.draft("RGB", _turned(fit(_turned(own, turn)), turn))
    thrifty = _THRIFTY.get(form) if own[0] * own[1] > LARGE and (still or form == "HEIF") else None
    _check_held(image, own, source, name, thrifty is not None)
    if form == "PNG":
        check_png(source)
    if thrifty is None:
        image.load()
    turn = orientation(image)
    size = _turned(own if form == "JPEG" else image.size, turn)
    wanted = _turned(fit(size), turn)
    small = thrifty(image, source, wanted) if thrifty else _smaller(image, wanted)
    profile = image.info.get("icc_profile")
    if profile and not is_srgb(image):
        small = _to_srgb(small, profile)
    small, note = _opaque(small)
    small = small.transpose(_TURNS[turn]) if turn in _TURNS else small
    small.info = {}
    return Pixels(small, size, (note,) if note else ())


def _turned(size: Size, turn: int) -> Size:
    return (size[1], size[0]) if turn in (5, 6, 7, 8) else size


def _check_held(image: Image.Image, stored: Size, source: Source, name: str, thrifty: bool) -> None:
    """By the header alone. `stored` is the size in the file; a JPEG is decoded at `image.size`."""
    form, pixels = form_of(image), image.width * image.height
    held = _BYTES_A_PIXEL.get(image.mode, 5.3)
    if thrifty:
        held = _HELD_BY_THRIFTY[form, image.mode in ("RGBA", "LA", "PA")]
    elif form in _HELD_BY:
        held = _HELD_BY[form]
    elif form == "GIF" and getattr(image, "n_frames", 1) > 1:
        held = 12.0
    elif form == "TIFF" and image.getexif().get(0x0112, 1) != 1:
        held *= 2  # it is turned when it is whole
    total = held * pixels + _coefficients(image, stored)
    if form in ("TIFF", "WEBP") and image.info.get("compression") != "raw":
        total += size_of(source)  # their libraries map or copy the file
    if total > HELD:
        raise CannotSend(
            say("“{name}” is too large to open.", name=shown_name(name)),
            say(
                "It has {width}×{height} pixels; opening it takes about {needed:,.0f} MB of memory, and {allowed} MB "
                "are allowed.",
                width=stored[0],
                height=stored[1],
                needed=total / 2**20,
                allowed=HELD >> 20,
            ),
            "Save it smaller and choose that.",
        )


def _coefficients(image: Image.Image, stored: Size) -> float:
    """Bytes that a progressive JPEG holds besides its pixels, whole whatever size it is decoded at."""
    layers = getattr(image, "layer", None)
    if form_of(image) != "JPEG" or not image.info.get("progressive") or not layers:
        return 0.0
    width, height = stored
    most = max(h for _, h, _, _ in layers) * max(v for _, _, v, _ in layers)
    return float(2 * width * height * sum(h * v for _, h, v, _ in layers) / most)


def _smaller(image: Image.Image, wanted: Size) -> Image.Image:
    """A loaded picture at `wanted`, 8 bits, with its transparency: mode L, RGB, RGBA or CMYK."""
    eight = _eight_bits(image)
    by = max(1, int(min(image.width / wanted[0], image.height / wanted[1]) / 1.25))
    if by == 1 and (image.width * image.height <= LARGE // 2 or image.mode in ("RGB", "RGBA", "L", "CMYK")):
        return _resized(eight(image), wanted)
    small = _in_strips(lambda top, end: eight(image.crop((0, top, image.width, end))), image.size, by)
    return _resized(small, wanted)


def _in_strips(strip: Callable[[int, int], Image.Image], size: Size, by: int) -> Image.Image:
    """A picture of `size` made smaller `by` times, where `strip(top, end)` gives the rows from top to end."""
    rows = _STRIP_ROWS // by * by or by
    pieces = ((y, strip(y, min(y + rows, size[1])).reduce(by)) for y in range(0, size[1], rows))
    _, first = next(pieces)
    small = Image.new(first.mode, (-(-size[0] // by), -(-size[1] // by)))
    small.paste(first, (0, 0))
    for y, piece in pieces:
        small.paste(piece, (0, y // by))
    return small


def _resized(image: Image.Image, wanted: Size) -> Image.Image:
    """By BICUBIC: LANCZOS takes half as much time again, for a mean difference of 0.8 in 255."""
    return image if image.size == wanted else image.resize(wanted, Image.Resampling.BICUBIC)


def _eight_bits(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What turns this picture, or a strip of it, into 8 bits: Pillow's own convert clips instead of scaling."""
    mode = image.mode
    if mode in ("F", "I") or mode.startswith("I;16"):
        low, high = _range(image)
        flip = _white_is_zero(image)

        def scaled(strip: Image.Image) -> Image.Image:
            numbers = np.nan_to_num(np.asarray(strip, dtype=np.float32), nan=low)
            shares = np.clip((numbers - low) * (255.0 / ((high - low) or 1.0)), 0, 255)
            return Image.fromarray((255 - shares if flip else shares).round().astype(np.uint8))

        return scaled
    if mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        return lambda strip: strip.convert("RGBA")
    kept = {"1": "L", "L": "L", "CMYK": "CMYK"}.get(mode, "RGB")
    return lambda strip: strip if strip.mode == kept else strip.convert(kept)


def _range(image: Image.Image) -> tuple[float, float]:
    """The numbers that are black and white. A TIFF says how many bits are used; floating-point and signed numbers
    have no range of their own, so it is that of the picture."""
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    if image.mode.startswith("I;16"):
        bits = int((tags.get(258) or (16,))[0])
        return 0.0, 2.0 ** min(bits, 16) - 1
    if image.mode == "F":
        numbers = np.asarray(image)
        finite = numbers[np.isfinite(numbers)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low, high = (float(number) for number in image.getextrema())  # type: ignore[arg-type]
    return (0.0, 65535.0) if low >= 0 and high <= 65535 else (low, high)


def _white_is_zero(image: Image.Image) -> bool:
    """Pillow turns such TIFFs round itself only where they have 8 bits."""
    return bool(getattr(image, "tag_v2", {}).get(262, 1) == 0)


def is_srgb(image: Image.Image) -> bool:
    profile = image.info.get("icc_profile")
    if not profile:
        return True
    try:
        opened_profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return "srgb" in (ImageCms.getProfileDescription(opened_profile) or "").lower()
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return True  # A profile that nobody can read changes nothing on the screen either.


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    base = image.convert("RGB") if image.mode == "RGBA" else image
    try:
        converted = ImageCms.profileToProfile(
            base,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        converted = None  # It is for another colour model, or broken: the plain pixels are the best guess.
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _opaque(image: Image.Image) -> tuple[Image.Image, str]:
    """On white, or on dark grey where its content could not be seen on white; and what to say about it."""
    if image.mode != "RGBA":
        return (image if image.mode in ("RGB", "L") else image.convert("RGB")), ""
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return image.convert("RGB"), ""
    white = _on(image, alpha, (255, 255, 255))
    seen = ImageStat.Stat(ImageOps.invert(white.convert("L"))).mean[0]
    if seen >= _FAINT * ImageStat.Stat(alpha).mean[0]:
        return white, "What is transparent in it is sent as white."
    note = "What is transparent in it is sent as dark grey: on white it could not be seen."
    return _on(image, alpha, DARK), note


def _on(image: Image.Image, alpha: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    ground = Image.new("RGB", image.size, colour)
    ground.paste(image, mask=alpha)
    return ground


def _webp(image: Image.Image, source: Source, wanted: Size) -> Image.Image:
    """Pillow decodes every WebP as an animation, in five copies of 4 bytes a pixel."""
    codec = VideoCodecContext.create("webp", "r")
    codec.thread_count = 1
    packet = av.Packet(source if isinstance(source, bytes) else source.read_bytes())
    frames = codec.decode(packet) or codec.decode(None)
    del packet, codec
    return _shrunk_frame(frames.pop(), wanted)


def _avif(image: Image.Image, source: Source, wanted: Size) -> Image.Image:
    with opened(source) as file, av.open(file, "r", format="mov") as container:
        film = container.streams.video[0]
        film.codec_context.thread_count = 1
        return _shrunk_frame(next(container.decode(film)), wanted)


def _shrunk_frame(frame: VideoFrame, wanted: Size) -> Image.Image:
    if frame.format.name in ("argb", "rgba") or frame.format.name.startswith("yuva"):
        shown = frame.reformat(*wanted, "rgba", interpolation="BICUBIC")
        return Image.fromarray(shown.to_ndarray())
    shown = frame.reformat(*wanted, "rgb24", interpolation="BICUBIC")
    return shown.to_image()  # type: ignore[no-untyped-call,no-any-return]


def _heif(image: Image.Image, source: Source, wanted: Size) -> Image.Image:
    """Read where libheif has put it, instead of in two copies of it."""
    with opened(source) as file:
        numbers = np.asarray(pillow_heif.open_heif(file, convert_hdr_to_8bit=True)[image.tell()])
        height, width = numbers.shape[:2]
        by = max(1, int(min(width / wanted[0], height / wanted[1]) / 1.25))
        small = _in_strips(lambda top, end: Image.fromarray(numbers[top:end]), (width, height), by)
        return _resized(small, wanted)


_THRIFTY: Mapping[str, Callable[[Image.Image, Source, Size], Image.Image]] = {
    "WEBP": _webp,
    "AVIF": _avif,
    "HEIF": _heif,
}
