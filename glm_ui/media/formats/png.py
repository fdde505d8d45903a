"""Whether a PNG is whole: what its decoder does not look at, and what it looks at in vain. No pixels are kept."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

from glm_ui.media.formats.kinds import Source, opened

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_SEEN: Final = frozenset({b"tRNS", b"acTL", b"fcTL", b"fdAT"})
"""Chunks that a decoder may leave out by their names, and that decide what is seen."""
_MOST_LEFT_OUT: Final = 100
_LARGEST_MENDED: Final = 64 << 20


def without_broken_extras(source: Source) -> Source:
    """The PNG without the chunks before its pixels that decide nothing of what is seen (a colour profile, a text) and
    whose checksum is wrong. Browsers leave them out as well; Pillow refuses the whole file. The same object where
    there are none, or more than a damaged file has."""
    try:
        with opened(source) as file:
            broken = list(islice(_broken_extras(file), _MOST_LEFT_OUT + 1))
            if not broken or len(broken) > _MOST_LEFT_OUT or file.seek(0, 2) > _LARGEST_MENDED:
                return source
            ends = [0, *(end for _, end in broken)]
            starts = [*(start for start, _ in broken), file.tell()]
            pieces = []
            for start, end in zip(ends, starts, strict=True):
                file.seek(start)
                pieces.append(file.read(end - start))
    except OSError:
        return source
    return b"".join(pieces)


def _broken_extras(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """(first byte, byte after the last) of each."""
    if file.read(8) != _SIGNATURE:
        return
    while len(head := file.read(8)) == 8 and (kind := head[4:]) not in (b"IDAT", b"IEND"):
        start, left, total = file.tell() - 8, int.from_bytes(head[:4], "big"), zlib.crc32(kind)
        while left and (chunk := file.read(min(left, 1 << 20))):
            total, left = zlib.crc32(chunk, total), left - len(chunk)
        stated = file.read(4)
        if left or len(stated) < 4:
            return
        if int.from_bytes(stated, "big") != total and kind[:1].islower() and kind not in _SEEN:
            yield start, file.tell()


def check_png(source: Source) -> None:
    """OSError where a checksum of what draws the picture is wrong, or where there are fewer rows than it declares:
    Pillow takes neither for a fault, and leaves the missing rows black. Costs one unpacking, in pieces."""
    unpack, rows, wanted = zlib.decompressobj(), 0, 0
    for kind, body in _png_chunks(source):
        if kind == b"IHDR":
            wanted = _png_bytes(body)
        while kind == b"IDAT" and body and not unpack.eof:
            rows += len(unpack.decompress(body, 1 << 20))
            body = unpack.unconsumed_tail
    while not unpack.eof and (more := unpack.decompress(unpack.unconsumed_tail, 1 << 20)):
        rows += len(more)
    if rows < wanted:
        raise OSError("Rows are missing.")


def _png_chunks(source: Source) -> Iterator[tuple[bytes, bytes]]:
    """(kind, body) of each chunk that draws the picture, in pieces of 1 MB at most."""
    with opened(source) as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            left, kind = int.from_bytes(head[:4], "big"), head[4:]
            total = zlib.crc32(kind)
            while left and (chunk := file.read(min(left, 1 << 20))):
                total, left = zlib.crc32(chunk, total), left - len(chunk)
                if kind in (b"IHDR", b"IDAT"):
                    yield kind, chunk
            stated = file.read(4)
            if left or len(stated) < 4 or kind == b"IEND":
                return
            if kind in (b"IHDR", b"PLTE", b"IDAT") and int.from_bytes(stated, "big") != total:
                raise OSError("A checksum is wrong.")


_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""(first column, first row, columns apart, rows apart) of each pass of an interlaced PNG."""


def _png_bytes(header: bytes) -> int:
    """Bytes that its rows unpack to, each with the byte of its filter."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header[:13])
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes]
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)
