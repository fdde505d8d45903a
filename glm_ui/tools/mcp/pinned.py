"""Requests to a server that a visitor named: to its own origin alone, at an address that was checked for this request.
A name that leads elsewhere the next time is refused then."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx2

from glm_ui.errors import GlmUiError
from glm_ui.languages import say
from glm_ui.settings import PinnedResolver
from glm_ui.tools.mcp.bounded import trusted

LOOK_UP_WITHIN: Final = 10.0
"""Seconds that a name may take to be looked up."""

Origin = tuple[str, str, int]


class PinnedTransport(httpx2.AsyncBaseTransport):
    """`check` gives the IP address to connect to; the name stands in the Host header and in TLS alone. No proxy of the
    environment is used: it would look the name up itself."""

    def __init__(self, url: str, check: PinnedResolver) -> None:
        self._origin = _origin(httpx2.URL(url))
        self._check = check
        self._inner = httpx2.AsyncHTTPTransport(verify=trusted(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises httpx2's errors; ConnectError with the reason for an address that is refused."""
        origin = _, host, port = _origin(request.url)
        if origin != self._origin:
            raise httpx2.ConnectError(say("It sends the app to another address."))
        try:
            async with asyncio.timeout(LOOK_UP_WITHIN):
                address = await self._check(host, port)
        except TimeoutError:
            late = say("The host {host} was not found in time.", host=host[:80])
            raise httpx2.ConnectError(late) from None
        except GlmUiError as refused:
            raise httpx2.ConnectError(str(refused)) from None
        pinned = httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        try:
            return await self._inner.handle_async_request(pinned)
        except httpx2.ConnectError as failed:
            if "certificate" in str(failed).lower():
                raise
            raise httpx2.ConnectError(
                say("It cannot be connected to. Check its address, and whether it runs.")
            ) from None

    async def aclose(self) -> None:
        await self._inner.aclose()


def _origin(url: httpx2.URL) -> Origin:
    name = url.raw_host.decode("ascii").rstrip(".").lower()
    return url.scheme, name, url.port or (443 if url.scheme == "https" else 80)
