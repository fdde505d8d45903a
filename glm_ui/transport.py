"""The one pooled HTTP client. Nothing else speaks HTTP, and no httpx type leaves this file (but `demo`, which
is a transport itself). No dialect and no retry enters here: one request out, the status and the bytes back.

Three rules are kept here and nowhere else: a key goes to its provider's origin alone; a redirect is followed
only where it stays on its origin; whatever key an upstream echoes is taken out before anyone reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import functools
import re
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, cast
from weakref import WeakKeyDictionary

import httpx

from glm_ui.demo import DemoTransport
from glm_ui.errors import (
    BadSettings,
    CannotConnect,
    ConnectionFailed,
    ConnectionReset,
    GlmUiError,
    NameNotFound,
    NotAStream,
    RedirectRefused,
    StreamFailed,
    TimedOut,
    TlsNotTrusted,
)
from glm_ui.outgoing import Outgoing, headers_for, origin, parsed_url
from glm_ui.scrub import Scrubber

REPLY_LIMIT = 64 * 2**20
"""Bytes of one reply; more is no answer of a model."""
ERROR_LIMIT = 64 * 2**10
"""Bytes of an error's body that are read."""
ERROR_PATIENCE = 10.0
"""Seconds that an error's body may take."""
MAX_REDIRECTS = 3
DRAIN_PATIENCE = 0.05
"""Seconds to wait for the end of a body whose reply is complete, so that its connection can be used again."""

TRANSPORTS: Mapping[str, Callable[[], httpx.AsyncBaseTransport]] = {"demo": DemoTransport}
"""provider key -> what carries its requests in place of the network."""

Phase = Literal["connect", "first_byte", "silence"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer to a GET."""

    status: int
    content_type: str
    body: bytes


# ---- the clients: one a loop, because a connection belongs to the loop that opened it

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, httpx.AsyncClient]] = WeakKeyDictionary()
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")


def _client(outgoing: Outgoing) -> httpx.AsyncClient:
    mine = _clients.setdefault(asyncio.get_running_loop(), {})
    kind = "pinned" if outgoing.check else outgoing.provider if outgoing.provider in TRANSPORTS else "network"
    if kind not in mine:
        mine[kind] = _new_client(kind)
    return mine[kind]


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Reading all certificates takes tens of milliseconds; once is enough."""
    return httpx.create_ssl_context()


def _no_cookies() -> CookieJar:
    """The client is everyone's: what an upstream sets for one visitor must not come along with the next."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _new_client(kind: str) -> httpx.AsyncClient:
    # Timeouts are kept by `Exchange`, one clock for all that httpx would count apart.
    common: dict[str, Any] = {"timeout": None, "follow_redirects": False, "cookies": _no_cookies()}
    if kind in TRANSPORTS:
        return httpx.AsyncClient(transport=TRANSPORTS[kind](), **common)
    if kind == "pinned":
        # A connection is pooled by its IP address here, so it must not be used again under another name; a
        # proxy would look the name up itself.
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=0)
        return httpx.AsyncClient(verify=_trusted(), limits=limits, trust_env=False, **common)
    # httpcore looks at every idle connection for every other one whenever a request begins or ends: few may idle.
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=20, keepalive_expiry=60)
    try:
        # The environment's proxies and certificates count, but loopback never goes through a proxy.
        return httpx.AsyncClient(verify=_trusted(), limits=limits, mounts=dict.fromkeys(_LOOPBACK), **common)
    except (ValueError, ImportError, OSError):
        raise BadSettings(
            "The proxy or certificate settings are not usable.",
            "One of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR holds a wrong value.",
        ) from None


async def aclose() -> None:
    """Closes this loop's clients; the next request opens new ones."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


# ---- one exchange


class Exchange:
    """One request and its reply, in three awaitable steps: `connected`, `answered`, then `chunks` or `body`.

    `async with` opens it at once and closes its socket on the way out, however far it got: that is what Stop
    is."""

    status: int = 0
    content_type: str = ""
    retry_after: float | None = None
    began: bool = False
    """Whether a byte of the body has come."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._response: httpx.Response | None = None
        self._deadline = 0.0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._out: asyncio.Future[None] = loop.create_future()
        client = _client(self._outgoing)
        self._opening = loop.create_task(self._open(client))
        self._opening.add_done_callback(lambda _: self._mark_out())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opening.cancel()
        await asyncio.gather(self._opening, return_exceptions=True)
        if self._response is not None:
            await self._response.aclose()

    async def connected(self) -> None:
        """Returns when the request is on its way. Raises CannotConnect and its kin, or TimedOut (connect)."""
        now = asyncio.get_running_loop().time()
        await self._within("connect", now + self._outgoing.timeouts.connect, asyncio.shield(self._out))
        if self._opening.done():
            self._opening.result()
        self._deadline = asyncio.get_running_loop().time() + self._outgoing.timeouts.first_byte

    async def answered(self) -> None:
        """Returns when status and headers are there."""
        await self._within("first_byte", self._deadline, asyncio.shield(self._opening))

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes, decompressed, without the key. Raises TimedOut, ConnectionReset,
        StreamFailed."""
        held = self._outgoing.credential
        scrub = Scrubber(held.secret if held else "")
        assert self._response is not None, "answered() comes first"  # noqa: S101
        size = 0
        watch = _Watch(self._deadline, self._outgoing.timeouts.silence)
        # httpx's own iterators take a quarter of what reading a chunk costs, and have nothing to do where nothing is
        # compressed.
        packed = "content-encoding" in self._response.headers
        pieces = (
            self._response.aiter_bytes()
            if packed
            else aiter(cast("httpx.AsyncByteStream", self._response.stream))
        )
        body = cast("AsyncGenerator[bytes, None]", pieces)
        try:
            async with contextlib.aclosing(body):
                async for chunk in body:
                    watch.task = None  # a chunk is here
                    if chunk:
                        self.began = True
                        size += len(chunk)
                        if size > REPLY_LIMIT:
                            why = "It is longer than any answer can be."
                            raise StreamFailed.of(self._outgoing.called, why=why)
                        if clean := scrub.feed(chunk):
                            yield clean
                    watch.task, watch.waits = asyncio.current_task(watch.loop), True
        except asyncio.CancelledError:
            if watch.was_it():
                raise _late("silence" if self.began else "first_byte", self._outgoing) from None
            raise
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise _fault(error, self._outgoing) from None
        finally:
            watch.end()
        if rest := scrub.close():
            yield rest

    async def body(self, limit: int = ERROR_LIMIT, patience: float = ERROR_PATIENCE) -> bytes:
        """At most `limit` bytes of the body, and what came of it when it breaks off or takes too long."""
        found = bytearray()
        with contextlib.suppress(GlmUiError, TimeoutError):
            async with asyncio.timeout(patience), contextlib.aclosing(self.chunks()) as chunks:
                async for chunk in chunks:
                    found += chunk
                    if len(found) >= limit:
                        break
        return bytes(found[:limit])

    async def _open(self, client: httpx.AsyncClient) -> None:
        url = self._outgoing.url
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._send(client, url)
            if not response.has_redirect_location:
                self._response = response
                self.status = response.status_code
                self.content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                self.retry_after = seconds_until(response.headers.get("retry-after", ""))
                return
            await response.aclose()
            url = self._next(response, url)
        raise RedirectRefused.of(self._outgoing.called, why=f"It does so more than {MAX_REDIRECTS} times.")

    async def _send(self, client: httpx.AsyncClient, url: str) -> httpx.Response:
        out, target = self._outgoing, parsed_url(url)
        headers = headers_for(out, url)
        extensions: dict[str, Any] = {"trace": self._trace}
        if out.check:
            pinned = await out.check(target.host, target.port or (443 if target.scheme == "https" else 80))
            headers["Host"] = target.netloc.decode("ascii")
            extensions["sni_hostname"] = target.host
            target = target.copy_with(host=pinned)
        try:
            request = client.build_request(
                out.method, target, headers=headers, content=out.body, extensions=extensions
            )
            return await client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise _fault(error, out) from None

    def _next(self, response: httpx.Response, url: str) -> str:
        """Where a redirect leads, if it may be followed with the same method and body."""
        keeps = (307, 308) if self._outgoing.method == "POST" else (301, 302, 303, 307, 308)
        try:
            target = str(httpx.URL(url).join(response.headers["location"]))
            there = origin(target)
        except (httpx.InvalidURL, BadSettings, ValueError):
            there = target = ""
        if there != origin(url) or response.status_code not in keeps:
            raise RedirectRefused.of(
                self._outgoing.called,
                why=f"It points to {there or 'no usable address'}, which was not followed: the key stays here.",
                status=response.status_code,
                details={"from": origin(url), "to": there or "(no usable address)"},
            )
        return target

    async def _within(self, phase: Phase, deadline: float, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout_at(deadline):
                return await work
        except TimeoutError:
            raise _late(phase, self._outgoing) from None

    async def _trace(self, event: str, _info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self._mark_out()

    def _mark_out(self) -> None:
        if not self._out.done():
            self._out.set_result(None)


class _Watch:
    """Cancels the task that reads once nothing has come for too long, as `asyncio.timeout` does. It has one timer for a
    whole body instead of one for each chunk, and time in which nobody reads does not count.

    `task` waits for a chunk, if any does; `waits` says that its wait is a new one. From when on is seen by the timer: a
    clock is too dear for each chunk."""

    __slots__ = ("_cancelled", "_deadline", "_fired", "_patience", "_timer", "loop", "task", "waits")

    def __init__(self, deadline: float, patience: float) -> None:
        """The first chunk may take until `deadline`, each other `patience` seconds, and half as long again."""
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.waits = False
        self._patience = patience
        self._deadline = deadline
        self._fired = False
        self._timer: asyncio.Handle = self.loop.call_soon(self._look)

    def _look(self) -> None:
        now = self.loop.time()
        if self.waits:
            self.waits = False
            self._deadline = now + self._patience
        if self.task is not None and now >= self._deadline:
            self._fired = True
            self._cancelled = self.task.cancelling()
            self.task.cancel()
            return
        soon = now + self._patience / 2
        self._timer = self.loop.call_at(min(soon, self._deadline) if self.task else soon, self._look)

    def was_it(self) -> bool:
        """Whether the cancellation that has come is ours alone."""
        return self._fired and self.task is not None and self.task.uncancel() <= self._cancelled

    def end(self) -> None:
        self._timer.cancel()


async def drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Reads the end of a body whose reply is complete, if it is there already: its connection can serve
    again."""
    with contextlib.suppress(GlmUiError, TimeoutError):
        async with asyncio.timeout(DRAIN_PATIENCE):
            async for _ in chunks:
                pass


async def fetch(outgoing: Outgoing, limit: int = 4 * 2**20) -> Fetched:
    """The whole answer to a small request, such as a list of models. Raises ConnectionFailed."""
    async with Exchange(outgoing) as exchange:
        await exchange.connected()
        await exchange.answered()
        body = await exchange.body(limit, outgoing.timeouts.silence)
        return Fetched(exchange.status, exchange.content_type, body)


# ---- what can go wrong on the wire: the first row whose type is among the error and its causes

_CONNECTING: tuple[tuple[type[BaseException], type[ConnectionFailed], str], ...] = (
    (socket.gaierror, NameNotFound, ""),
    (ssl.SSLCertVerificationError, TlsNotTrusted, ""),
    (ssl.SSLError, TlsNotTrusted, "It does not speak TLS there, or not as we do. Nothing was sent."),
    (ConnectionRefusedError, CannotConnect, ""),
    (ConnectionResetError, ConnectionReset, "It hung up before anything was sent."),
    (OSError, CannotConnect, "The network does not lead there."),
)
_FAULTS: tuple[tuple[type[BaseException], type[GlmUiError], str], ...] = (
    (httpx.ProxyError, CannotConnect, "The proxy in between refused."),
    (httpx.ConnectError, CannotConnect, ""),
    (
        httpx.UnsupportedProtocol,
        CannotConnect,
        "The proxy or base address is of a kind that is not supported.",
    ),
    (httpx.DecodingError, NotAStream, "It is compressed in a way that cannot be read."),
    (httpx.RemoteProtocolError, ConnectionReset, "It ended without a proper end."),
    (BaseException, ConnectionReset, ""),
)


def _fault(error: BaseException, outgoing: Outgoing) -> GlmUiError:
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    rows = (*_CONNECTING, *_FAULTS) if isinstance(error, httpx.ConnectError) else _FAULTS
    found, why = next((f, w) for kind, f, w in rows if any(isinstance(c, kind) for c in causes))
    return found.of(
        outgoing.called,
        why=why or None,
        retryable=found in (CannotConnect, ConnectionReset),
        details={"address": origin(outgoing.url)},
    )


_LATE: Mapping[Phase, str] = {
    "connect": "No connection came about within {seconds} s.",
    "first_byte": "It took the question, but nothing came back within {seconds} s.",
    "silence": "It fell silent for {seconds} s in the middle of the reply.",
}


def _late(phase: Phase, outgoing: Outgoing) -> TimedOut:
    seconds: float = getattr(outgoing.timeouts, phase)
    return TimedOut.of(
        outgoing.called,
        why=_LATE[phase].format(seconds=f"{seconds:g}"),
        details={"phase": phase, "seconds": seconds, "address": origin(outgoing.url)},
    )


def seconds_until(retry_after: str) -> float | None:
    """A Retry-After header, seconds or an HTTP date, as seconds from now; None where it says nothing."""
    text = retry_after.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text):
        return float(text)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None
