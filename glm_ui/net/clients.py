"""The HTTP clients: one set a loop, because a connection belongs to the loop that opened it. They follow no redirect
and keep no cookie: what an upstream sets for one visitor must not come along with the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final
from weakref import WeakKeyDictionary

import httpx

from glm_ui.demo import DemoTransport
from glm_ui.errors import BadSettings
from glm_ui.net.pool import PooledTransport, trusted

NETWORK, PINNED = "network", "pinned"
TRANSPORTS: Final[Mapping[str, Callable[[], httpx.AsyncBaseTransport]]] = {"demo": DemoTransport}
"""provider key -> what carries its requests in place of the network."""

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, httpx.AsyncClient]] = WeakKeyDictionary()
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")


def client(kind: str) -> httpx.AsyncClient:
    """This loop's client of a kind: `NETWORK`, `PINNED` or a key of `TRANSPORTS`. It has no timeouts; the caller keeps
    time. Raises BadSettings where the environment's proxies or certificates cannot be used."""
    mine = _clients.setdefault(asyncio.get_running_loop(), {})
    if kind not in mine:
        try:
            mine[kind] = _new_client(kind)
        except (ValueError, ImportError, OSError):
            raise BadSettings(
                "The proxy or certificate settings are not usable.",
                "One of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR holds a wrong value.",
            ) from None
    return mine[kind]


def _new_client(kind: str) -> httpx.AsyncClient:
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    common: dict[str, Any] = {"timeout": None, "follow_redirects": False, "cookies": no_cookies}
    if kind in TRANSPORTS:
        return httpx.AsyncClient(transport=TRANSPORTS[kind](), **common)
    if kind == PINNED:
        # A connection is known by its IP address here, so it must not be used again under another name; a
        # proxy would look the name up itself.
        return httpx.AsyncClient(transport=PooledTransport(trusted(), 0), trust_env=False, **common)
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=20, keepalive_expiry=60)
    # The environment's proxies and certificates count, but loopback never goes through a proxy.
    made = httpx.AsyncClient(verify=trusted(), limits=limits, mounts=dict.fromkeys(_LOOPBACK), **common)
    made._transport = PooledTransport(trusted())  # what goes through no proxy
    return made


async def send_pinned(
    method: str,
    url: httpx.URL,
    address: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> httpx.Response:
    """Sends a request for `url` to this IP address: the name is not looked up again, and stands in the Host header and
    in TLS alone. The response is not read yet. Raises httpx's errors, and BadSettings as `client`."""
    name = url.raw_host.decode("ascii").rstrip(".")
    request = client(PINNED).build_request(
        method,
        url.copy_with(host=address, fragment=None),
        headers={**headers, "Host": url.copy_with(host=name).netloc.decode("ascii")},
        content=content,
        extensions={**(extensions or {}), "sni_hostname": name},
    )
    return await client(PINNED).send(request, stream=True)


async def aclose() -> None:
    """Closes this loop's clients; the next request opens new ones."""
    for mine in _clients.pop(asyncio.get_running_loop(), {}).values():
        await mine.aclose()
