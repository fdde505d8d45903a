"""Connections of browsers to us: closed when they send nothing or hardly anything, and so many at once. uvicorn waits
for a request's head and body for ever, and where the process has no file left for the next connection, asyncio writes
some thousand tracebacks a second.

It knows uvicorn's protocol class (uvicorn/protocols/http/h11_impl.py, 0.54), and nothing of what is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

import h11
from uvicorn import Server
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN = 20.0
"""Seconds that a connection may take until its next request's head is whole."""
BODY_LOOKS = 10.0
"""Seconds between two looks at a body that comes;"""
BODY_BYTES = 1_000
"""of fewer bytes than this between two looks;"""
BODY_SLOW = 3
"""so many times in a row, and it is given up."""
WANTED_FILES = 16_384
MOST = 10_000
"""Connections at once, where the process may have as many files open."""
KEPT_FILES = 512
"""Open files for everything else: upstreams, uploads, worker processes."""
LINES = 5
"""Log lines alike, in a minute."""


class Lobby:
    """The connections that have asked for nothing yet, the oldest first. Where there are `most` connections, it is
    these that make room."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.waiting: dict[PatientProtocol, None] = {}

    def admit(self, new: PatientProtocol, connections: int) -> None:
        if connections > self.most:
            next(iter(self.waiting), new).abort()
        self.waiting[new] = None


class PatientProtocol(H11Protocol):
    """uvicorn's connection, whose patience ends."""

    def __init__(self, lobby: Lobby, **rest: Any) -> None:
        super().__init__(**rest)
        self._lobby = lobby
        self._since = self.loop.time()
        self._came = 0
        self._slow = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._lobby.admit(self, len(self.connections))
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        waited = self._waits_for_head()
        super().data_received(data)
        if waited and not self._waits_for_head():
            self._lobby.waiting.pop(self, None)
            self._slow = 0
            self._look_in(BODY_LOOKS)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self._waits_for_head():
            self._lobby.waiting[self] = None
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lobby.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def abort(self) -> None:
        self._lobby.waiting.pop(self, None)
        self.transport.abort()

    def _waits_for_head(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _expect_head(self) -> None:
        self._since = self.loop.time()
        self._look_in(HEAD_WITHIN)

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        if self._waits_for_head():
            if self.loop.time() - self._since >= HEAD_WITHIN:
                self.abort()
            else:
                self._look_in(HEAD_WITHIN)
        elif self.conn.their_state is h11.SEND_BODY:
            # Where we do not read, nothing can come.
            self._slow = self._slow + 1 if self._came < BODY_BYTES and not self.flow.read_paused else 0
            self._came = 0
            if self._slow < BODY_SLOW:
                self._look_in(BODY_LOOKS)
            else:
                self.abort()


class FewAlike(logging.Filter):
    """A log filter that limits how many records of one message pass in a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        kind = f"{str(record.msg)[:200]} {type(error).__name__}"
        since, count = self._seen.pop(kind, (self._clock(), 0))
        if self._clock() - since >= 60:
            since, count = self._clock(), 0
        self._seen[kind] = (since, count + 1)
        while len(self._seen) > 1000:
            self._seen.popitem(last=False)
        return count < LINES


def watch(server: Server) -> None:
    """Has the server's connections watched from now on, and its log bounded."""
    server.config.http_protocol_class = partial(PatientProtocol, Lobby(room()))  # type: ignore[assignment]
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(FewAlike())


def room() -> int:
    """How many connections there may be. Asks the system for more files than the 1,024 that it usually gives."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    files = WANTED_FILES if soft == resource.RLIM_INFINITY else soft
    return max(64, min(MOST, files - KEPT_FILES))
