"""Who a visitor is: the one place that says so. Turns are counted by the name that the visitor signed in with, else by
the address that the request came from. Keys, exact requests and files are kept in a room, which only the secret that
the visitor's own page minted opens, and only for the name that the secret was first used under.

No counting enters here, and nothing that a visitor merely claims.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.types import Scope

from glm_ui.errors import SignInFirst

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

SPACES_PROXIES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
"""Where a Space's requests come from: its own cluster, and nobody else can reach it."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers by which proxies tell of whom they ask for."""
UNKNOWN = "unknown"
"""All whose address is not known share one count."""

SECRET = re.compile(r"[A-Za-z0-9_-]{22,200}")
"""What a page mints (web/server/identity.js): at least 128 bits. Shorter ones could be guessed, and open no room."""
SECRETS = ("session", "visitor")
"""Fields of requests that hold one: the page's, and the browser's."""
Said = TypeVar("Said", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. `id` is what turns are counted by, and whose share of this server's memory and disk is used:
    a name or an address, hashed. `name` is whom the visitor signed in as, "" where nobody did."""

    id: str
    name: str = ""

    def room(self, secret: str) -> str:
        """Where things are kept for whoever has `secret` and is signed in under the same name; "", where nothing is
        kept, for a secret that is too short."""
        if not SECRET.fullmatch(secret):
            return ""
        return hashlib.blake2s(f"{self.name}\n{secret}".encode(), digest_size=24).hexdigest()

    def enter(self, said: Said) -> Said:
        """A copy of a request that names rooms in place of its secrets."""
        held = [name for name in SECRETS if name in type(said).model_fields]
        return said.model_copy(update={name: self.room(getattr(said, name)) for name in held})


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(name, strict=False) for name in names)


def caller(scope: Scope, proxies: Iterable[Network], password_name: str | None) -> Caller:
    """`password_name`: the name that the sender signed in with, "" where the app asks for none, None where it asks and
    none was given."""
    name = _hugging_face(scope) or (f"user:{password_name}" if password_name else "")
    return Caller(_hashed(name) if name else at(scope, proxies), name)


def visitor(scope: Scope, proxies: Iterable[Network], password_name: str | None) -> str:
    """A short id of who sent this: "hf:NAME", "user:NAME" or "at:ADDRESS", hashed, so that no store of counts holds a
    name or an address."""
    return caller(scope, proxies, password_name).id


def at(scope: Scope, proxies: Iterable[Network] = ()) -> str:
    """As `visitor`, by the address alone."""
    return _hashed(f"at:{household(address(scope, tuple(proxies)))}")


def _hashed(who: str) -> str:
    return hashlib.blake2s(who.encode(), digest_size=12).hexdigest()


def let_in(password_name: str | None) -> None:
    """Raises SignInFirst where the owner wants a password and this visitor has given none."""
    if password_name is None:
        raise SignInFirst.of(status=401)


def is_forwarded(headers: Headers) -> bool:
    """Whether a proxy passed this request on."""
    return any(name in headers for name in FORWARDED)


def address(scope: Scope, proxies: tuple[Network, ...]) -> str:
    """The address that the request came from. Behind trusted proxies it is the last one in X-Forwarded-For that
    none of them is: the addresses before that can be forged."""
    peer = (scope.get("client") or (UNKNOWN,))[0]
    listed = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    hops = [hop.strip() for hop in listed if hop.strip()]
    while hops and _among(peer, proxies):
        peer = hops.pop()
    return peer


def household(address: str) -> str:
    """What one visitor can change at will counts as one: an IPv6 host has all of its /64."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ip_network(f"{parsed}/64", strict=False))
    return str(parsed) if parsed else UNKNOWN


def _among(address: str, proxies: tuple[Network, ...]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in proxies)


def _parsed(address: str) -> Address | None:
    try:
        return ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _hugging_face(scope: Scope) -> str | None:
    """The name that Gradio's sign-in put into its signed cookie. Without the Space's secret anyone could sign one."""
    if not os.environ.get("OAUTH_CLIENT_SECRET"):
        return None
    session: Mapping[str, Any] = scope.get("session") or {}
    found = session.get("oauth_info") or {}
    name = (found.get("userinfo") or {}).get("preferred_username")
    fresh = found.get("expires_at") is None or found["expires_at"] > time.time()
    return f"hf:{name}" if isinstance(name, str) and name and fresh else None
