"""Unpacks a compressed body in small steps. Bytes in, bytes out; no I/O.

We ask every server for an uncompressed body. Some gateways send gzip all the same, so gzip and deflate are read; what
comes out of one step is bounded, because a few hundred bytes can hold a gigabyte. Any other coding (brotli, zstd),
and one coding inside another, is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from typing import Final

STEP: Final = 64 * 2**10
"""Bytes that one step gives at most."""
FREE: Final = 16 * 2**20
RATIO: Final = 50
"""Bytes that may come out of any body, and how many more for each byte of it. The frames of a long reply are alike, and
gzip makes them about 25 times smaller; a bomb is 1,000 times smaller than what it holds."""
MAX_MEMBERS: Final = 10_000
"""Gzip files that may follow each other in one body."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_ZLIB: Final = zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS


class CannotUnpack(Exception):
    """`args[0]` is the reason as a sentence."""


class Unpacker:
    """`feed` each chunk as it came, then `close`. Raises CannotUnpack after the last bytes that could be unpacked: a
    wrong checksum at the end takes nothing away."""

    __slots__ = ("_gzip", "_head", "_inflate", "_left", "_members")

    def __init__(self, coding: str) -> None:
        """`coding` is "gzip" or "deflate", as `coding_of` gives it."""
        self._gzip = coding == "gzip"
        self._inflate = zlib.decompressobj(_GZIP) if self._gzip else None
        self._head = b""
        self._members = 1
        self._left = FREE

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        self._left += RATIO * len(chunk)
        for piece in self._feed(chunk):
            self._left -= len(piece)
            if self._left < 0:
                raise CannotUnpack("It unpacks to more than any answer can be.")
            yield piece

    def _feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            chunk = self._head = self._head + chunk
            if len(chunk) < 2:
                return
            self._inflate = zlib.decompressobj(_ZLIB if _has_zlib_header(chunk) else _RAW)
        while True:
            chunk = yield from self._one_member(chunk)
            # What follows a gzip file is another one, or filler that nobody reads.
            if not (self._gzip and chunk[:1] == b"\x1f"):
                return
            self._members += 1
            if self._members > MAX_MEMBERS:
                raise CannotUnpack("It is compressed in too many pieces.")
            self._inflate = zlib.decompressobj(_GZIP)

    def close(self) -> Iterator[bytes]:
        """The rest, where the body ends before its compression does."""
        inflate = self._inflate
        while inflate is not None and not inflate.eof:
            out = inflate.decompress(b"", STEP)
            if not out:
                return
            yield out

    def _one_member(self, chunk: bytes) -> Generator[bytes, None, bytes]:
        """Gives what is in `chunk` up to the end of the compressed data; returns what follows that end."""
        inflate = self._inflate
        assert inflate is not None  # noqa: S101
        if inflate.eof:
            return chunk if chunk[:1] == b"\x1f" else b""
        while True:
            before = inflate.copy()
            try:
                out = inflate.decompress(chunk, STEP)
            except zlib.error:
                yield from _up_to_the_fault(before, chunk)
                raise CannotUnpack("Its compressed data is damaged.") from None
            if out:
                yield out
            if inflate.eof:
                return inflate.unused_data
            chunk = inflate.unconsumed_tail
            if not chunk and len(out) < STEP:
                return b""


def _up_to_the_fault(inflate: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """zlib gives nothing of a call that fails: byte by byte, all but the last byte's is kept."""
    for at in range(len(chunk)):
        piece = chunk[at : at + 1]
        while True:
            try:
                out = inflate.decompress(piece, STEP)
            except zlib.error:
                return
            if out:
                yield out
            piece = inflate.unconsumed_tail
            if not piece and len(out) < STEP:
                break


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950. Some servers send bare deflate data under the name "deflate"."""
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0


def coding_of(content_encoding: str) -> str:
    """A Content-Encoding header as "gzip", "deflate", or "" where nothing is compressed. Raises CannotUnpack for what
    is not read."""
    names = [name for name in (n.strip().lower() for n in content_encoding.split(",")) if name]
    names = ["gzip" if name == "x-gzip" else name for name in names if name != "identity"]
    if not names:
        return ""
    if len(names) > 1:
        raise CannotUnpack("It is compressed several times over, though no compression was asked for.")
    if names[0] not in ("gzip", "deflate"):
        raise CannotUnpack(
            "It is compressed in a way that is not supported, though no compression was asked for."
        )
    return names[0]
