"""One request to a provider and its reply: status and bytes. No dialect, no retry and no httpx type outside this room
(but for `demo`, which is a transport itself).

Three rules are kept here and nowhere else: a key goes to its provider's origin alone; a redirect is followed
only where it stays on its origin; a key that the reply repeats is taken out before anyone reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import httpx

from glm_ui.errors import BadSettings, GlmUiError, NotAStream, RedirectRefused, StreamFailed
from glm_ui.languages import say
from glm_ui.net.clients import NETWORK, TRANSPORTS, client, send_pinned
from glm_ui.net.faults import fault, late, redirect_refused, seconds_until
from glm_ui.net.patience import Phase, Watch
from glm_ui.net.redact import BodyScrubber
from glm_ui.net.request import Outgoing, headers_for, origin, parsed_url
from glm_ui.net.unpacking import STEP, CannotUnpack, Unpacker, coding_of

REPLY_LIMIT = 96 * 2**20
"""Bytes of one reply, unpacked; more is no answer of a model: 131,072 tokens, a frame of 500 bytes each, are 66 MB."""
PIECE_COST = 64
"""Bytes that each chunk counts on top of its own: a chunk of one byte costs as much time as one of a few hundred."""
ERROR_LIMIT = 64 * 2**10
"""Bytes of an error's body that are read."""
ERROR_PATIENCE = 10.0
"""Seconds that an error's body may take."""
MAX_REDIRECTS = 3
DRAIN_PATIENCE = 0.05
"""Seconds to wait for the end of a body whose reply is complete, so that its connection can be used again."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WholeResponse:
    """A whole answer to a GET."""

    status: int
    content_type: str
    body: bytes


class Exchange:
    """One request and its reply, in three awaitable steps: `connected`, `answered`, then `chunks` or `body`.

    `async with` opens it at once and closes its socket on the way out, however far it got: that is what Stop
    is."""

    status: int = 0
    content_type: str = ""
    retry_after: float | None = None
    began: bool = False
    """Whether a byte of the body has come."""

    def __init__(self, outgoing: Outgoing, ends: float = math.inf) -> None:
        """`ends`: when the whole turn must be over, by the loop's clock."""
        self._outgoing = outgoing
        self._response: httpx.Response | None = None
        self._deadline = 0.0
        self._ends = ends
        self._watch: Watch | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._out: asyncio.Future[None] = loop.create_future()
        self._opening = loop.create_task(self._open())
        self._opening.add_done_callback(lambda _: self._mark_out())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opening.cancel()
        try:
            await asyncio.gather(self._opening, return_exceptions=True)
        finally:  # cancelled here, it still has a response to close
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
        """The body as it comes, unpacked, without the key. Raises TimedOut, ConnectionReset, StreamFailed, and
        NotAStream for a compression that is not read."""
        held = self._outgoing.credential
        scrub = BodyScrubber(held.secret if held else "")
        size = 0
        watch = self._watch = Watch(self._deadline, self._outgoing.timeouts.silence, self._ends)
        try:
            async with contextlib.aclosing(self._pieces()) as body:
                async for chunk in body:
                    watch.task = None  # a chunk is here
                    size += len(chunk) + PIECE_COST
                    if size > REPLY_LIMIT:
                        raise self._too_long()
                    if watch.over:
                        raise late(watch.phase(True), self._outgoing)
                    if chunk:
                        self.began = True
                        if clean := scrub.feed(chunk):
                            yield clean
                    watch.task, watch.waits = asyncio.current_task(watch.loop), True
        except asyncio.CancelledError:
            if watch.was_it():
                raise late(watch.phase(self.began), self._outgoing) from None
            raise
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise fault(error, self._outgoing) from None
        finally:
            watch.end()
        if rest := scrub.close():
            yield rest

    def end_within(self, seconds: float) -> None:
        """Call it when the reply is complete: what still follows has `seconds` to come; then `chunks` raises
        TimedOut."""
        if self._watch:
            self._watch.end_by(self._watch.loop.time() + seconds)

    def _pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it came, or unpacked in small steps where it is compressed."""
        assert self._response is not None, "answered() comes first"  # noqa: S101
        # httpx's own iterators take a quarter of what reading a chunk costs, and unpack a chunk whole, however large
        # it becomes.
        raw = aiter(cast("httpx.AsyncByteStream", self._response.stream))
        try:
            coding = coding_of(self._response.headers.get("content-encoding", ""))
        except CannotUnpack as error:
            raise NotAStream.of(self._outgoing.provider_name, why=str(error)) from None
        return self._unpacked(raw, coding) if coding else cast("AsyncGenerator[bytes, None]", raw)

    async def _unpacked(self, raw: AsyncIterator[bytes], coding: str) -> AsyncGenerator[bytes, None]:
        unpacker, packed, unpacked = Unpacker(coding), 0, False
        try:
            async with contextlib.aclosing(cast("AsyncGenerator[bytes, None]", raw)) as chunks:
                async for chunk in chunks:
                    self.began = self.began or bool(chunk)
                    packed += len(chunk) + PIECE_COST
                    if packed > REPLY_LIMIT:
                        raise self._too_long()
                    for piece in unpacker.feed(chunk):
                        unpacked = True
                        yield piece
                        if (
                            len(piece) == STEP
                        ):  # a small chunk can hold much: others get their turn in between
                            await asyncio.sleep(0)
            for piece in unpacker.close():
                yield piece
        except CannotUnpack as error:
            kind = StreamFailed if unpacked else NotAStream
            raise kind.of(self._outgoing.provider_name, why=str(error)) from None

    def _too_long(self) -> GlmUiError:
        return StreamFailed.of(self._outgoing.provider_name, why="It is longer than any answer can be.")

    async def body(self, limit: int = ERROR_LIMIT, patience: float = ERROR_PATIENCE) -> bytes:
        """At most `limit` bytes of the body, and what came of it when it breaks off or takes too long."""
        found = bytearray()
        with contextlib.suppress(GlmUiError, TimeoutError):
            async with asyncio.timeout(patience):
                await self._read_into(found, limit)
        return bytes(found[:limit])

    async def whole_body(self, limit: int) -> bytes:
        """All of the body. Raises as `chunks`, and StreamFailed where it is longer than `limit` bytes."""
        found = bytearray()
        await self._read_into(found, limit + 1)
        if len(found) > limit:
            raise self._too_long()
        return bytes(found)

    async def _read_into(self, found: bytearray, limit: int) -> None:
        async with contextlib.aclosing(self.chunks()) as chunks:
            async for chunk in chunks:
                found += chunk
                if len(found) >= limit:
                    return

    async def _open(self) -> None:
        url = self._outgoing.url
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._send(url)
            if not response.has_redirect_location:
                self._response = response
                self.status = response.status_code
                self.content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                self.retry_after = seconds_until(response.headers.get("retry-after", ""))
                return
            await response.aclose()
            url = self._next(response, url)
        why = say("It redirects more than {most} times.", most=MAX_REDIRECTS)
        raise RedirectRefused.of(self._outgoing.provider_name, why=why)

    async def _send(self, url: str) -> httpx.Response:
        out, target = self._outgoing, parsed_url(url)
        headers = headers_for(out, url)
        extensions: dict[str, Any] = {"trace": self._trace}
        pinned = out.resolve_pinned and await out.resolve_pinned(
            target.host, target.port or (443 if target.scheme == "https" else 80)
        )
        try:
            if pinned:
                return await send_pinned(
                    out.method, target, pinned, headers=headers, content=out.body, extensions=extensions
                )
            network = client(out.provider if out.provider in TRANSPORTS else NETWORK)
            request = network.build_request(
                out.method, target, headers=headers, content=out.body, extensions=extensions
            )
            return await network.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise fault(error, out) from None

    def _next(self, response: httpx.Response, url: str) -> str:
        """Where a redirect leads, if it may be followed with the same method and body."""
        keeps = (307, 308) if self._outgoing.method == "POST" else (301, 302, 303, 307, 308)
        try:
            target = str(httpx.URL(url).join(response.headers["location"]))
            there = origin(target)
        except (httpx.InvalidURL, BadSettings, ValueError):
            there = target = ""
        if there != origin(url) or response.status_code not in keeps:
            raise redirect_refused(self._outgoing, response.status_code, url, target)
        return target

    async def _within(self, phase: Phase, deadline: float, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout_at(min(deadline, self._ends)):
                return await work
        except TimeoutError:
            raise late(phase if deadline <= self._ends else "turn", self._outgoing) from None

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


async def whole_response(outgoing: Outgoing, limit: int = 4 * 2**20, *, cut: bool = False) -> WholeResponse:
    """The whole answer to a small request, such as a list of models. `cut`: its first bytes are enough. Raises
    ConnectionFailed where it breaks off, and BadReply where it is longer than `limit` bytes or cannot be unpacked.
    """
    async with Exchange(outgoing) as exchange:
        await exchange.connected()
        await exchange.answered()
        if cut or not 200 <= exchange.status < 300:
            body = await exchange.body(limit, outgoing.timeouts.silence)
        else:
            body = await exchange.whole_body(limit)
        return WholeResponse(exchange.status, exchange.content_type, body)
