"""The base address of a provider, as an owner or a visitor gives it."""

from __future__ import annotations

import re
from functools import reduce
from typing import Final
from urllib.parse import urlsplit

USABLE: Final = "an http:// or https:// address with a host, and no user name, query or fragment"
_ENDPOINTS = ("/chat/completions", "/v1/messages")
_BELOW_A_ROOT = ("/chat/completions", "/messages", "/v1", "/anthropic")


def tidy_base_url(text: str) -> str:
    """The base address in what was typed: without a slash at its end and without the endpoint's own path. Raises
    ValueError where it is not `USABLE`."""
    text = text.strip()
    parts = urlsplit(text)
    odd = not text.isprintable() or " " in text or "\\" in text or "@" in parts.netloc
    # urlsplit leaves a bare "?" or "#" out of its parts.
    if odd or parts.scheme not in ("http", "https") or not parts.hostname or "?" in text or "#" in text:
        raise ValueError(USABLE)
    _ = parts.port  # raises ValueError where it is no number or out of range
    return _without_ends(text, _ENDPOINTS)


def tidy_root_url(text: str) -> str:
    """As `tidy_base_url`, for a root that several providers have their paths below."""
    return _without_ends(tidy_base_url(text), _BELOW_A_ROOT)


def _without_ends(text: str, ends: tuple[str, ...]) -> str:
    return reduce(lambda rest, end: rest.removesuffix(end).rstrip("/"), ends, text.rstrip("/"))


def tidy_host_name(text: str) -> str:
    """A name in lower case, as it stands in the Host header but for the port."""
    if not re.fullmatch(r"\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", text):
        raise ValueError("no host name")
    return text.lower()
