"""HTTP as an MCP client may use it with a server that is not trusted. What fails becomes an answer with an error, which
costs one request: an exception inside the package's transport would end the whole connection."""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, cast

import httpx2

LARGEST_BODY: Final = 4 * 2**20
"""Bytes of one answer in JSON."""
LARGEST_STREAM: Final = 16 * 2**20
"""Bytes of one stream of events."""
MOST_RESUMED: Final = 20
"""Streams of one connection that are taken up again after they broke off."""
FAILED: Final = -32603
CLOSED: Final = -32000
REFUSED: Final = frozenset({401, 403, 421})
IN_FILE: Final = "It refused the key that stands in the file (status {status})."


@functools.cache
def trusted() -> ssl.SSLContext:
    """Reading all certificates takes 30 ms; once is enough."""
    return httpx2.create_ssl_context()


class BoundedClient(httpx2.AsyncClient):
    """No body without end, none that is packed, and no stream of a server's own: what answers a call comes with the
    call."""

    def __init__(
        self,
        headers: Mapping[str, str],
        timeout: float,
        refused: str = IN_FILE,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`refused` is what is said where the server refuses the key; `transport` takes the place of the network."""
        own = {**headers, "accept-encoding": "identity"}
        if transport is not None:
            super().__init__(headers=own, timeout=timeout, transport=transport, trust_env=False)
        else:
            super().__init__(headers=own, timeout=timeout, verify=trusted())
        self._refused = refused
        self._resumed = 0

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        if request.method == "GET":
            self._resumed += 1
            if "last-event-id" not in request.headers or self._resumed > MOST_RESUMED:
                return httpx2.Response(405, request=request)
        try:
            response = await super().send(request, **options)
        except httpx2.TransportError as error:
            return _failure(request, 502, CLOSED, str(error) or type(error).__name__)
        if (answer := _instead(request, response, self._refused)) is not None:
            await response.aclose()
            return answer
        stream = cast("httpx2.AsyncByteStream", response.stream)
        if response.is_redirect:
            await stream.aclose()
            response.stream = httpx2.ByteStream(b"")
        else:
            events = response.headers.get("content-type", "").lower().startswith("text/event-stream")
            response.stream = _Counted(stream, LARGEST_STREAM if events else LARGEST_BODY)
        return response


def _instead(request: httpx2.Request, response: httpx2.Response, refused: str) -> httpx2.Response | None:
    """What the package is given in place of an answer that it would not bear, or of one that says less than its
    status."""
    status, headers = response.status_code, response.headers
    kind = headers.get("content-type", "").lower()
    if headers.get("content-encoding", "identity").lower() != "identity":
        return _failure(request, 502, FAILED, "Its answer is packed, though it was asked not to pack it.")
    if status in REFUSED:
        return _failure(request, status, FAILED, refused.format(status=status))
    if status >= 400 and status != 404 and not kind.startswith("application/json"):
        return _failure(request, status, FAILED, f"It answered with status {status}.")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > LARGEST_BODY:
        return _failure(request, 502, FAILED, "Its answer is too long.")
    return None


def _failure(request: httpx2.Request, status: int, code: int, message: str) -> httpx2.Response:
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return httpx2.Response(status, json=body, request=request)


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner, self._left = inner, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._inner:
                self._left -= len(piece)
                if self._left < 0:
                    raise httpx2.StreamError("Its answer is too long.")
                yield piece
        except httpx2.TransportError as error:
            raise httpx2.StreamError(f"Its answer broke off: {str(error) or type(error).__name__}") from None

    async def aclose(self) -> None:
        await self._inner.aclose()
