"""Taking everything private out of JPEG, PNG and WebP files without touching a pixel: only what a decoder
needs to show the picture stays. An allowlist, so that a kind of metadata that nobody here knows goes too. No
decoding."""

from __future__ import annotations

from collections.abc import Callable, Mapping

# Markers of tables and scans (DQT, DHT, DAC, DRI, SOF0-15); APP0 and APP14 are judged by what they hold.
_JPEG_KEPT = {
    0xDB,
    0xC4,
    0xCC,
    0xDD,
    *range(0xC0, 0xC4),
    *range(0xC5, 0xC8),
    *range(0xC9, 0xCC),
    *range(0xCD, 0xD0),
}
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"pHYs"}
_WEBP_KEPT = {b"VP8 ", b"VP8L"}
_PLAIN_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


class NotWhole(ValueError):
    """The file's structure is broken, so private data in it cannot be found."""


def stripped(data: bytes, mime: str) -> bytes | None:
    """`data` without metadata, thumbnails, profiles and what trails the picture (a motion photo's film); the
    same object's equal when it had none. None when the structure is broken or the format is none of the
    three."""
    strip = _STRIPPERS.get(mime)
    try:
        return strip(data) if strip else None
    except (NotWhole, IndexError):
        return None


def _jpeg(data: bytes) -> bytes:
    if data[:2] != b"\xff\xd8":
        raise NotWhole
    out, at = [data[:2]], 2
    while True:
        if data[at] != 0xFF:
            raise NotWhole
        while data[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker = data[at + 1]
        if marker == 0xD9:
            return b"".join([*out, b"\xff\xd9"])
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            raise NotWhole
        segment = data[at:end]
        if marker == 0xDA:
            end = _scan_end(data, end)
            out.append(data[at:end])
        elif marker in _JPEG_KEPT or (marker == 0xEE and segment[4:9] == b"Adobe"):
            out.append(segment)
        elif marker == 0xE0 and segment[4:9] == b"JFIF\0" and len(out) == 1:
            out.append(segment if len(segment) == len(_PLAIN_JFIF) else _PLAIN_JFIF)
        at = end


def _scan_end(data: bytes, at: int) -> int:
    """The next marker after entropy-coded data: an FF that neither escapes (00) nor restarts (D0-D7)."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotWhole
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at


def _png(data: bytes) -> bytes:
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise NotWhole
    out, at = [data[:8]], 8
    while True:
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if len(kind) < 4 or end > len(data):
            raise NotWhole
        if kind in _PNG_KEPT:
            out.append(data[at:end])
        if kind == b"IEND":
            return b"".join(out)
        at = end


def _webp(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise NotWhole
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + (size & 1)
        if end > len(data):
            raise NotWhole
        if data[at : at + 4] in _WEBP_KEPT:
            # One chunk is a whole still picture; an alpha plane or frames never come this way (see images).
            body = b"WEBP" + data[at:end]
            return b"RIFF" + len(body).to_bytes(4, "little") + body
        at = end
    raise NotWhole


_STRIPPERS: Mapping[str, Callable[[bytes], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}
