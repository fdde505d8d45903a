"""Brotli for what this app sends whole: how it is asked for, and how an answer says it."""

from __future__ import annotations

import brotli  # type: ignore[import-untyped]
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Scope


def takes_brotli(scope: Scope) -> bool:
    """Whether the browser that asks reads it."""
    return "br" in Headers(scope=scope).get("accept-encoding", "")


def pack(headers: MutableHeaders, body: bytes, quality: int) -> bytes:
    """The body compressed, and `headers` changed to say so. `quality` is 0 to 11: 200 KB of text take 4 ms at 5, 30 ms
    at 9."""
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)
    headers["content-encoding"] = "br"
    headers["content-length"] = str(len(packed))
    headers.add_vary_header("accept-encoding")
    return packed
