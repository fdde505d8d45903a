"""A request that may go out: where to, with which body, and the key that only one origin may see.

Plain values, no I/O. The address is read by the same parser that later connects, so that both mean the same host.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import httpx

from glm_ui import __version__
from glm_ui.errors import BadSettings, KeyRejected
from glm_ui.settings import PinnedResolver


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `first_byte` runs from the connection to the first byte of the body, `silence` between two
    chunks, `turn` over all attempts of a turn, `finish` from the reply's finish reason to what follows it."""

    connect: float = 8.0
    first_byte: float = 300.0
    silence: float = 120.0
    turn: float = 3600.0
    finish: float = 3.0


@dataclass(frozen=True, slots=True)
class Credential:
    """A key, as the headers that carry it, and the one origin that may see them. `name` stands for it in
    print."""

    origin: str
    headers: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)
    name: str = "API_KEY"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request. `provider` is a key of the catalogue, `provider_name` its name in sentences; `body` is sent as it
    is."""

    url: str
    provider: str
    provider_name: str
    method: Literal["POST", "GET"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    credential: Credential | None = None
    timeouts: Timeouts = Timeouts()
    resolve_pinned: PinnedResolver | None = None
    """What says which IP address to connect to, at each connection: pinned, it is not looked up again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went out, with `$NAME` where the key was: fit to be shown and kept."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@functools.lru_cache(64)
def origin(url: str) -> str:
    """scheme://host:port, read by the same parser that later connects. Raises BadSettings for what is no
    URL."""
    parsed = parsed_url(url)
    port = parsed.port or {"http": 80, "https": 443}.get(parsed.scheme, 0)
    return f"{parsed.scheme}://{parsed.host}:{port}"


@functools.lru_cache(64)
def parsed_url(url: str) -> httpx.URL:
    """Parsed once: the few addresses that there are come with every turn. Raises BadSettings for what is no URL."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise BadSettings("A base address is not usable.", "It is no http:// or https:// address.")
    return parsed


def credential(
    secret: str, base_url: str, make: Callable[[str], Mapping[str, str]], name: str, provider_name: str
) -> Credential:
    """The key bound to the origin of its provider's address. Raises KeyRejected where no header can carry
    it."""
    secret = secret.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        raise KeyRejected.of(provider_name, why="It holds characters that no request can carry.")
    return Credential(origin(base_url), make(secret), secret, name)


def sent(outgoing: Outgoing) -> Sent:
    """What goes over the wire for this request, the key by name."""
    headers = headers_for(outgoing, outgoing.url)
    if held := outgoing.credential:
        # Only its own headers hold the key, at their end; a key of one letter may stand in any of the others.
        named = {k: v.removesuffix(held.secret) + f"${held.name}" for k, v in held.headers.items()}
        headers |= {k: v for k, v in named.items() if headers.get(k) == held.headers[k]}
    return Sent(outgoing.method, outgoing.url, headers, outgoing.body or b"")


def headers_for(outgoing: Outgoing, url: str) -> dict[str, str]:
    """The headers of this request when it goes to `url`: the key is among them at its own origin alone."""
    headers = {
        "Accept": "text/event-stream, application/json",
        "Accept-Encoding": "identity",  # compression makes a stream arrive in lumps
        "User-Agent": f"glm-ui/{__version__}",
    }
    if outgoing.body is not None:
        headers["Content-Type"] = "application/json"
    headers |= outgoing.headers
    if outgoing.credential and outgoing.credential.origin == origin(url):
        headers |= outgoing.credential.headers
    return headers
