"""Files that were named by address, kept on the disk for a while, so that a plan and the turns after it cost one
request.

Bounded in bytes, in age and in requests for each visitor. `net.public_fetch` checks and fetches one address.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glm_ui.errors import TooOften
from glm_ui.languages import say
from glm_ui.net.public_fetch import Fetched, download, name_in

MAX_ADDRESSES = 10
"""Of one turn, the conversation's earlier messages counted."""
MAX_BYTES = 512 << 20
"""On the disk, all visitors together."""
MAX_AGE = 600.0
"""Seconds for which a file counts as the present content of its address."""
A_MINUTE = 30
"""Files fetched for one visitor in a minute."""
AT_ONCE = 3
"""Downloads for one visitor at the same time."""

Download = Callable[[str, BinaryIO], Awaitable[None]]


@dataclass(slots=True)
class _Kept:
    path: Path
    size: int
    at: float


@dataclass(slots=True)
class _Coming:
    task: asyncio.Task[_Kept]
    waiting: int = 0


class Fetches:
    """One for the whole app. `get` may be called for the same address at the same time: it is fetched once."""

    def __init__(
        self,
        download: Download = download,
        clock: Callable[[], float] = time.monotonic,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._download, self._clock, self.max_bytes = download, clock, max_bytes
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._coming: dict[tuple[str, str], _Coming] = {}
        self._asked: dict[str, deque[float]] = {}
        self._gates: dict[str, tuple[asyncio.Semaphore, int]] = {}
        self._folder: Path | None = None

    async def get(self, url: str, visitor: str = "") -> Fetched:
        """The content at `url`, for this visitor. Raises TooOften, and what `public_fetch.download` does."""
        key = (visitor, url)  # an address may carry a token: nobody gets what another one fetched
        kept = self._kept.get(key)
        if kept is None or self._clock() - kept.at > MAX_AGE or not kept.path.is_file():
            kept = await self._once(key)
        if key in self._kept:
            self._kept.move_to_end(key)
        return Fetched(kept.path, name_in(url), url)

    async def _once(self, key: tuple[str, str]) -> _Kept:
        """One download for all who wait for it; it ends when none does any more."""
        coming = self._coming.get(key)
        if coming is None:
            self._count(key[0])
            coming = self._coming[key] = _Coming(asyncio.ensure_future(self._fetch(key)))
        coming.waiting += 1
        try:
            return await asyncio.shield(coming.task)
        finally:
            coming.waiting -= 1
            if coming.task.done() or not coming.waiting:
                coming.task.cancel()
                if self._coming.get(key) is coming:
                    del self._coming[key]

    async def _fetch(self, key: tuple[str, str]) -> _Kept:
        visitor, url = key
        gate, users = self._gates.get(visitor, (asyncio.Semaphore(AT_ONCE), 0))
        self._gates[visitor] = (gate, users + 1)
        try:
            async with gate:
                return await self._write(key, url)
        finally:
            gate, users = self._gates.pop(visitor)
            if users > 1:
                self._gates[visitor] = (gate, users - 1)

    async def _write(self, key: tuple[str, str], url: str) -> _Kept:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="glm-ui-fetched-"))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            path = Path(file.name)
            try:
                await self._download(url, file)  # type: ignore[arg-type]
            except BaseException:
                _remove(path)
                raise
            kept = _Kept(path, file.tell(), self._clock())
        self._drop(key)
        self._kept[key] = kept
        self._make_room(key)
        return kept

    def _make_room(self, newest: tuple[str, str]) -> None:
        now = self._clock()
        for old in [key for key, kept in self._kept.items() if now - kept.at > MAX_AGE]:
            self._drop(old)
        total = sum(kept.size for kept in self._kept.values())
        for key in [key for key in self._kept if key != newest]:
            if total <= self.max_bytes:
                return
            total -= self._kept[key].size
            self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            _remove(kept.path)

    def _count(self, visitor: str) -> None:
        now = self._clock()
        for who in [who for who, times in self._asked.items() if now - times[-1] > 60]:
            del self._asked[who]
        times = self._asked.setdefault(visitor, deque(maxlen=A_MINUTE))
        if len(times) == A_MINUTE and now - times[0] < 60:
            raise TooOften.of(
                why=say("At most {most} files a minute are fetched for one visitor.", most=A_MINUTE)
            )
        times.append(now)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
