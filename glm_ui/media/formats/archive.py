"""ZIP archives that strangers packed, opened within bounds: their directory before it is read, what they unpack to
before anything is unpacked. Call it in a worker."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from glm_ui.errors import CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.source import Source, opened

MAX_DIRECTORY = 2 << 20
"""Bytes of an archive's directory, about 20,000 entries; it is read whole, and each entry takes 700 bytes."""
MAX_ENTRIES = 20_000
MAX_UNPACKED = 300 << 20
MAX_RATIO = 150
"""An archive that unpacks to more than this many times its size, above ten megabytes, is a bomb."""


class _Bounded:
    """A file from which no piece larger than `most` bytes is read: `zipfile` takes a directory in one piece, as large
    as the archive says."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._most = most
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._most + 1 if size is None or size < 0 else min(size, self._most + 1))
        if len(data) > self._most:
            raise TooMuch
        return data


class TooMuch(Exception):
    """The archive holds or unpacks to more than is read."""


@contextmanager
def open_archive(source: Source) -> Iterator[zipfile.ZipFile]:
    """Raises TooMuch for a directory beyond MAX_DIRECTORY, and what `zipfile` raises for a broken one."""
    with (
        opened(source) as file,
        zipfile.ZipFile(cast(BinaryIO, _Bounded(file, MAX_DIRECTORY))) as archive,
    ):
        yield archive


def check_archive(archive: zipfile.ZipFile, shown: str) -> None:
    """CannotSend for a bomb, by what the directory declares (zipfile never reads more than it declares), and for a
    locked archive."""
    entries = archive.infolist()
    unpacked = sum(e.file_size for e in entries)
    packed = sum(e.compress_size for e in entries)
    if any(e.flag_bits & 1 for e in entries):
        raise CannotSend(
            say("“{name}” is locked with a password.", name=shown),
            "",
            "Save a copy without it and choose that.",
        )
    if unpacked > MAX_UNPACKED or len(entries) > MAX_ENTRIES:
        raise bomb(shown)
    if unpacked > 10 << 20 and unpacked > MAX_RATIO * max(packed, 1):
        raise bomb(shown)


def bomb(shown: str) -> CannotSend:
    return CannotSend(
        say("“{name}” unpacks to far more than it should.", name=shown),
        "Such archives are not opened.",
        "Save it again and choose that copy.",
    )
