"""A file by its address: checked, fetched from the checked host and from no other, capped. It sends no key, no cookie
and no word of the conversation.

A name is resolved once and every address that it gives must be public; the connection then goes to the first
of these, with the name in the Host header and in TLS, so that a second answer of the resolver changes
nothing. Each redirect is checked again.
"""

from __future__ import annotations

import asyncio
import functools
import io
import re
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import httpx

from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.net.clients import send_pinned

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""(host, port) -> every address it has, as text."""
Permit = Callable[[Address], bool]

MAX_REDIRECTS = 3
MAX_SECONDS = 30.0
PORTS = frozenset({80, 443, 8080, 8443})
_LOCAL_NAMES = re.compile(r"(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|localdomain|onion)$")
# Addresses that carry an IPv4 address inside, or belong to no host: nobody serves pictures from them.
_CARRIERS = tuple(
    IPv6Network(n)
    for n in (
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "fec0::/10",
        "5f00::/16",
    )
)
_INSIDE = (IPv4Network("168.63.129.16/32"), IPv4Network("192.88.99.0/24"))
"""Public by their number, but answered by the network we stand in: Azure's host of virtual machines, and the nearest
6to4 relay."""
_ISATAP = 0x5EFE
"""An IPv6 address whose last half begins with 0000:5efe or 0200:5efe ends in an IPv4 address, behind any prefix."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address that was checked: `url` as given, and the one host address that it may be fetched from."""

    url: str
    host: str
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class Fetched:
    data: Path | bytes
    name: str
    url: str


class NotOpen(Exception):
    """A host that must not be connected to; its text is the reason, one sentence."""


def is_public(address: Address) -> bool:
    """A host of the open internet: not loopback, private, link-local (metadata), carrier-grade NAT,
    multicast or reserved, none that a cloud answers itself, and no IPv6 address with another inside."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in _CARRIERS) or _is_isatap(address):
            return False
    elif any(address in network for network in _INSIDE):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_isatap(address: IPv6Address) -> bool:
    return (int(address) >> 32) & 0xFDFF_FFFF == _ISATAP  # but for the bit that says "globally unique"


_LOOK_UPS = ThreadPoolExecutor(8, "look-up")
"""Threads of their own: names that are slow to resolve must not hold up what else is done in threads."""


async def resolve_host(host: str, port: int) -> list[str]:
    look_up = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOK_UPS, look_up)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def open_host(host: str, port: int, resolve: Resolve = resolve_host, permit: Permit = is_public) -> str:
    """The IP address to connect to for this host. Raises NotOpen where the name, or any address that it resolves
    to, is not on the open internet; OSError or ValueError where it does not resolve."""
    host = host.rstrip(".").lower()
    if _LOCAL_NAMES.search(host) or not host:
        raise NotOpen("It is a name of a private network.")
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*", host) and not _is_address(host):
        raise NotOpen("Its number is not written as an address.")
    found = [host] if _is_address(host) else await resolve(host, port)
    addresses = [ip_address(a.split("%", 1)[0]) for a in found]
    if not addresses or not all(permit(a) for a in addresses):
        raise NotOpen("It leads into a private network.")
    return str(addresses[0])


async def check_address(
    url: str,
    resolve: Resolve = resolve_host,
    permit: Permit = is_public,
    ports: frozenset[int] | None = PORTS,
) -> Pinned:
    """Raises BadInput when it is no address, CannotSend when its host must not be fetched from."""
    parsed = _parsed(url)
    host, port = parsed.host.rstrip(".").lower(), parsed.port or {"http": 80, "https": 443}[parsed.scheme]
    if ports is not None and port not in ports:
        raise _refused(host, say("Port {port} is not one that pages are served on.", port=port))
    try:
        address = await open_host(host, port, resolve, permit)
    except NotOpen as closed:
        raise _refused(host, str(closed)) from None
    except (OSError, ValueError, UnicodeError) as e:
        raise CannotSend(
            say("The host {host} was not found.", host=host[:80]), "", "Check the address."
        ) from e
    return Pinned(url, host, port, address)


async def fetch(
    url: str,
    limit: int = 50 << 20,
    resolve: Resolve = resolve_host,
    permit: Permit = is_public,
    ports: frozenset[int] | None = PORTS,
    seconds: float = MAX_SECONDS,
) -> Fetched:
    """The content at `url`, in memory; else as `download`."""
    body = io.BytesIO()
    await download(url, body, limit, resolve, permit, ports, seconds)
    return Fetched(body.getvalue(), name_in(url), url)


async def download(
    url: str,
    into: BinaryIO,
    limit: int = 50 << 20,
    resolve: Resolve = resolve_host,
    permit: Permit = is_public,
    ports: frozenset[int] | None = PORTS,
    seconds: float = MAX_SECONDS,
) -> None:
    """Writes the content at `url` as it comes, at most `limit` bytes, over at most MAX_REDIRECTS redirects."""
    try:
        async with asyncio.timeout(seconds):
            for _ in range(MAX_REDIRECTS + 1):
                pinned = await check_address(url, resolve, permit, ports)
                further = await _get(pinned, into, limit)
                if further is None:
                    return
                url = further
    except (TimeoutError, httpx.TimeoutException) as e:
        raise CannotSend(
            "The address did not answer in time.", "", "Try again, or choose the file itself."
        ) from e
    except httpx.HTTPError as e:
        raise CannotSend(
            "The address could not be fetched.", "", "Check it, or choose the file itself."
        ) from e
    raise CannotSend("The address redirects too often.", "", "Give the address where the redirects end.")


def name_in(url: str) -> str:
    """The last piece of its path: "https://a.b/c/cat.jpg?x=1" -> "cat.jpg"; the host where there is none."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "file"
    return unquote(parsed.path.rsplit("/", 1)[-1]) or parsed.host


async def _get(pinned: Pinned, into: BinaryIO, limit: int) -> str | None:
    """Writes the body, or gives the address that it redirects to."""
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "glm-ui"}
    response = await send_pinned("GET", httpx.URL(pinned.url), pinned.address, headers=headers)
    try:
        if response.has_redirect_location:
            return str(httpx.URL(pinned.url).join(response.headers["location"]))
        if response.status_code != 200:
            why = say("It answered with status {status}.", status=response.status_code)
            raise CannotSend("The address could not be fetched.", why, "Check it, or choose the file itself.")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise CannotSend(
                "The address sends compressed data.",
                "The request did not allow that.",
                "Choose the file itself.",
            )
        await _body(response, into, limit)
        return None
    finally:
        await response.aclose()


async def _body(response: httpx.Response, into: BinaryIO, limit: int) -> None:
    declared, written = response.headers.get("content-length", ""), 0
    if declared.isdigit() and int(declared) > limit:
        raise _too_long(limit)
    async for chunk in response.aiter_raw():
        written += len(chunk)
        if written > limit:
            raise _too_long(limit)
        into.write(chunk)


def _parsed(url: str) -> httpx.URL:
    wrong = BadInput(
        "This is not an address of the web.", "It must begin with https:// or http://.", "Check it."
    )
    if len(url) > 4096 or any(ord(c) <= 32 or ord(c) == 127 for c in url) or "\\" in url:
        raise wrong
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError, UnicodeError) as e:
        raise wrong from e
    if parsed.scheme not in ("http", "https") or not host:
        raise wrong
    if parsed.userinfo:
        raise _refused(host, "It contains a user name, which is often used to disguise an address.")
    return parsed


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _refused(host: str, why: str) -> CannotSend:
    return CannotSend(
        say("Files cannot be fetched from {host}.", host=host[:80]), why, "Choose the file itself."
    )


def _too_long(limit: int) -> CannotSend:
    return CannotSend(
        say("The file at this address has over {megabytes} MB.", megabytes=limit >> 20),
        "",
        "Choose a smaller one.",
    )
