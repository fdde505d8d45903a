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
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from weakref import WeakKeyDictionary

import httpx

from glm_ui import __version__
from glm_ui.demo import DemoTransport
from glm_ui.errors import (
    BadSettings,
    CannotConnect,
    ConnectionFailed,
    ConnectionReset,
    GlmUiError,
    KeyRejected,
    NameNotFound,
    NotAStream,
    RedirectRefused,
    StreamFailed,
    TimedOut,
    TlsNotTrusted,
)

REPLY_LIMIT = 64 * 2**20
"""Bytes of one reply; more is no answer of a model."""
ERROR_LIMIT = 64 * 2**10
"""Bytes of an error's body that are read."""
ERROR_PATIENCE = 10.0
"""Seconds that an error's body may take."""
MAX_REDIRECTS = 3
DRAIN_PATIENCE = 0.05
"""Seconds to wait for the end of a body whose reply is complete, so that its connection can be used again."""

AddressCheck = Callable[[str, int], Awaitable[str]]
"""host, port -> the IP address to connect to (pinned: it is not looked up again). Raises a GlmUiError to
refuse."""

TRANSPORTS: Mapping[str, Callable[[], httpx.AsyncBaseTransport]] = {"demo": DemoTransport}
"""provider key -> what carries its requests in place of the network."""

Phase = Literal["connect", "first_byte", "silence"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `first_byte` runs from the connection to the first byte of the body, `silence` between two
    chunks."""

    connect: float = 8.0
    first_byte: float = 300.0
    silence: float = 120.0


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
    """One request. `provider` is a key of the catalogue, `called` its name in sentences; `body` is sent as it
    is."""

    url: str
    provider: str
    called: str
    method: Literal["POST", "GET"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    credential: Credential | None = None
    timeouts: Timeouts = Timeouts()
    check: AddressCheck | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went out, with `$NAME` where the key was: fit to be shown and kept."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer to a GET."""

    status: int
    content_type: str
    body: bytes


def origin(url: str) -> str:
    """scheme://host:port, read by the same parser that later connects. Raises BadSettings for what is no
    URL."""
    parsed = _parsed(url)
    port = parsed.port or {"http": 80, "https": 443}.get(parsed.scheme, 0)
    return f"{parsed.scheme}://{parsed.host}:{port}"


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise BadSettings("A base address is not usable.", "It is no http:// or https:// address.")
    return parsed


def credential(
    secret: str, base_url: str, make: Callable[[str], Mapping[str, str]], name: str, called: str
) -> Credential:
    """The key bound to the origin of its provider's address. Raises KeyRejected where no header can carry
    it."""
    secret = secret.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        raise KeyRejected.of(called, why="It holds characters that no request can carry.")
    return Credential(origin(base_url), make(secret), secret, name)


def sent(outgoing: Outgoing) -> Sent:
    """What goes over the wire for this request, the key by name."""
    headers = _headers(outgoing, outgoing.url)
    if outgoing.credential:
        secret, name = outgoing.credential.secret, f"${outgoing.credential.name}"
        headers = {k: v.replace(secret, name) for k, v in headers.items()}
    return Sent(outgoing.method, outgoing.url, headers, outgoing.body or b"")


def _headers(outgoing: Outgoing, url: str) -> dict[str, str]:
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


def _new_client(kind: str) -> httpx.AsyncClient:
    # Timeouts are kept by `Exchange`, one clock for all that httpx would count apart.
    common: dict[str, Any] = {"timeout": None, "follow_redirects": False}
    if kind in TRANSPORTS:
        return httpx.AsyncClient(transport=TRANSPORTS[kind](), **common)
    if kind == "pinned":
        # A connection is pooled by its IP address here, so it must not be used again under another name; a
        # proxy would look the name up itself.
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=0)
        return httpx.AsyncClient(verify=_trusted(), limits=limits, trust_env=False, **common)
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=60)
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
        scrub = _Scrubber(self._outgoing.credential)
        loop = asyncio.get_running_loop()
        phase: Phase = "first_byte"
        deadline, size = self._deadline, 0
        async with contextlib.aclosing(self._raw()) as raw:
            while (chunk := await self._within(phase, deadline, anext(raw, None))) is not None:
                if not chunk:
                    continue
                self.began = True
                size += len(chunk)
                if size > REPLY_LIMIT:
                    raise StreamFailed.of(self._outgoing.called, why="It is longer than any answer can be.")
                if clean := scrub.feed(chunk):
                    yield clean
                phase, deadline = "silence", loop.time() + self._outgoing.timeouts.silence
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
        out, target = self._outgoing, _parsed(url)
        headers = _headers(out, url)
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
                status=response.status_code,
                details={"from": origin(url), "to": there or "(no usable address)"},
            )
        return target

    async def _raw(self) -> AsyncGenerator[bytes, None]:
        assert self._response is not None, "answered() comes first"  # noqa: S101
        try:
            async with contextlib.aclosing(self._response.aiter_bytes()) as chunks:
                async for chunk in chunks:
                    yield chunk
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise _fault(error, self._outgoing) from None

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


class _Scrubber:
    """Takes an echoed key out of a body, however the chunks are cut. What may be the start of one is held
    back."""

    SHORTEST = 12
    """Shorter ones are placeholders ("EMPTY", "none", "sk-1") and may be words of an answer."""

    def __init__(self, credential: Credential | None) -> None:
        key = credential.secret.encode() if credential else b""
        self._key = key if len(key) >= self.SHORTEST else b""
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        key = self._key
        if not key:
            return chunk
        data = self._held + chunk if self._held else chunk
        if key in data:
            data = data.replace(key, b"[key]")
        keep = self._start_of_key(data)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def close(self) -> bytes:
        rest, self._held = self._held, b""
        return rest

    def _start_of_key(self, data: bytes) -> int:
        """How many of the last bytes are the first ones of the key."""
        first, at = self._key[:1], max(0, len(data) - len(self._key) + 1)
        while (at := data.find(first, at)) >= 0:
            if self._key.startswith(data[at:]):
                return len(data) - at
            at += 1
        return 0
