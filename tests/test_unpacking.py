"""Compressed bodies, unpacked in small steps: whole however they are cut, bounded, and kept up to where they are
damaged."""

from __future__ import annotations

import gzip
import zlib

import pytest

from glm_ui.net.unpacking import FREE, MAX_MEMBERS, RATIO, STEP, CannotUnpack, Unpacker, coding_of

TEXT = b"".join(b"data: %d\n\n" % n for n in range(20_000))


def bare(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


def unpacked(coding: str, *chunks: bytes) -> bytes:
    unpacker = Unpacker(coding)
    return b"".join(piece for chunk in chunks for piece in unpacker.feed(chunk)) + b"".join(unpacker.close())


def before_the_refusal(coding: str, body: bytes, why: str) -> list[bytes]:
    """The pieces that come before CannotUnpack, which must come."""
    pieces: list[bytes] = []

    def read() -> None:
        for piece in Unpacker(coding).feed(body):
            pieces.append(piece)

    with pytest.raises(CannotUnpack, match=why):
        read()
    return pieces


PACKED = [
    pytest.param("gzip", gzip.compress(TEXT), id="gzip"),
    pytest.param("gzip", gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]), id="two gzip files"),
    pytest.param("gzip", gzip.compress(TEXT) + b"\0" * 40, id="gzip and filler"),
    pytest.param("deflate", zlib.compress(TEXT), id="deflate"),
    pytest.param("deflate", bare(TEXT), id="bare deflate"),
]


@pytest.mark.parametrize(("coding", "body"), PACKED)
def test_every_cut_gives_the_same_bytes(coding: str, body: bytes) -> None:
    assert unpacked(coding, body) == TEXT
    assert unpacked(coding, *(body[i : i + 1] for i in range(len(body)))) == TEXT
    for cut in range(0, len(body), 997):
        assert unpacked(coding, body[:cut], b"", body[cut:]) == TEXT


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", bare)]
)
def test_one_step_gives_little_however_much_a_chunk_holds(coding: str, pack: object) -> None:
    body = pack(bytes(2 * FREE))  # type: ignore[operator]
    sizes = [len(piece) for piece in before_the_refusal(coding, body, "more than any answer")]
    assert max(sizes) <= STEP
    assert FREE - STEP <= sum(sizes) <= FREE + RATIO * len(body)


def test_a_wrong_checksum_at_the_end_takes_no_text_away() -> None:
    body = bytearray(gzip.compress(TEXT))
    body[-6] ^= 1
    assert b"".join(before_the_refusal("gzip", bytes(body), "damaged")) == TEXT


def test_what_stands_before_a_damaged_place_is_kept() -> None:
    body = bytearray(zlib.compress(TEXT))
    body[len(body) // 2] ^= 0xFF
    got = b"".join(before_the_refusal("deflate", bytes(body), "damaged"))
    assert len(got) > len(TEXT) // 4
    assert TEXT.startswith(got[: len(TEXT) // 4])


def test_a_body_that_breaks_off_gives_what_came() -> None:
    body = gzip.compress(TEXT)
    got = unpacked("gzip", body[: len(body) // 2])
    assert got
    assert TEXT.startswith(got)


def test_gzip_files_in_a_row_have_a_bound() -> None:
    with pytest.raises(CannotUnpack, match="too many"):
        unpacked("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1))


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", ""),
        ("identity", ""),
        (" , identity", ""),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", "deflate"),
    ],
)
def test_the_codings_that_are_read(header: str, coding: str) -> None:
    assert coding_of(header) == coding


@pytest.mark.parametrize("header", ["br", "zstd", "compress", "gzip, gzip", "deflate, br", "nonsense"])
def test_any_other_coding_and_one_inside_another_are_refused(header: str) -> None:
    with pytest.raises(CannotUnpack, match="no compression was asked for"):
        coding_of(header)
