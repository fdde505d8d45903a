"""A file that a person chose, as bytes or on the disk, and how it is named in a sentence."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

Source = Path | bytes
"""A file on the disk, or its content."""


def size_of(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def opened(source: Source) -> BinaryIO:
    """A file object, never a name: decoders take names for addresses and protocols ("concat:", "http:")."""
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def shown_name(name: str) -> str:
    """A file name that is safe and short enough to print in a sentence: one line, no control or bidi
    characters."""
    flat = "".join(c if c.isprintable() else " " for c in name.replace("\\", "/").rsplit("/", 1)[-1])
    flat = " ".join(flat.split())
    return (flat if len(flat) <= 60 else flat[:40] + "…" + flat[-15:]) or "file"


def extension_of(name: str) -> str:
    return name.rsplit(".", 1)[-1].strip().lower() if "." in name else ""
