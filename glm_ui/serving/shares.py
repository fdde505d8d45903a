"""How much of the disk each visitor may fill, and what the disk keeps free for everything else. An upload is counted
while it comes, so that one body with a thousand parts is cut as soon as it is too much. What is on the disk stays
counted for as long as a file lives.

No route and no file enters here.
"""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive

from glm_ui.errors import BadInput, Busy, GlmUiError
from glm_ui.languages import say

LIFE = 3600.0
"""Seconds that a file is kept."""
SHARE = 2**30
"""Bytes that one visitor (an account or an address) may have on the disk."""
LONGEST_UPLOAD = 256 * 2**20
"""Bytes of one request with files; each file has Gradio's own limit of 200 MB."""
KEPT_FREE = 2**30
"""Bytes of the disk that files of visitors leave alone."""
LOOKS_EVERY = 4 * 2**20
"""Bytes of an upload between two looks at the disk."""
MAX_HOLDERS = 20_000
TICK = 60.0
"""Seconds: what comes closer together is one entry."""


def free_bytes(folder: Path) -> int:
    """Bytes that are free on the disk of this folder, which need not exist yet."""
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free


class Shares:
    """holder -> the bytes that came from them within the life of a file."""

    def __init__(self, clock: Callable[[], float], free: Callable[[], int]) -> None:
        self._clock = clock
        self._free = free
        self._held: OrderedDict[str, OrderedDict[float, int]] = OrderedDict()

    def check_disk(self) -> None:
        """Raises Busy (507) where the disk is nearly full."""
        if self._free() < KEPT_FREE:
            raise Busy.of(
                what="There is no room for files at the moment.",
                why="",
                todo="Try again in an hour.",
                status=507,
            )

    def take(self, holder: str, size: int) -> None:
        """Counts `size` bytes of `holder`. Raises BadInput (413) where that is more than the share."""
        if self.held(holder) + size > SHARE:
            raise BadInput(
                "You have put as many files on the server as it keeps for one visitor.",
                say("Files are kept for an hour, {megabytes:,} MB for each visitor.", megabytes=SHARE >> 20),
                "Try again in an hour, or with smaller files.",
                status=413,
            )
        since = self._clock() // TICK * TICK
        rows = self._held.pop(holder, OrderedDict())
        rows[since] = rows.get(since, 0) + size
        self._held[holder] = rows
        while len(self._held) > MAX_HOLDERS:
            self._held.popitem(last=False)

    def give_back(self, holder: str, size: int) -> None:
        """Of what was taken last: it is not on the disk any more."""
        rows = self._held.get(holder, OrderedDict())
        while rows and size > 0:
            since, held = rows.popitem()
            if held > size:
                rows[since] = held - size
            size -= held
        if not rows:
            self._held.pop(holder, None)

    def held(self, holder: str) -> int:
        rows = self._held.get(holder)
        if rows is None:
            return 0
        while rows and next(iter(rows)) <= self._clock() - LIFE - TICK:
            rows.popitem(last=False)
        return sum(rows.values())


class Incoming:
    """The body of one upload on its way in. Where it is too much, `refusal` says why, and the multipart parser is ended
    by its own exception, on which Gradio removes what it has written (gradio/route_utils.py, 6.31). On a sender who
    leaves it would not, so that ends it too."""

    def __init__(self, receive: Receive, shares: Shares, holder: str) -> None:
        self.refusal: GlmUiError | None = None
        self._receive = receive
        self._shares = shares
        self._holder = holder
        self._size = 0
        self._ended = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if self._ended:
            return message
        if message["type"] == "http.disconnect":
            raise MultiPartException("The upload was broken off.")
        size = len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        try:
            self._look(size)
        except GlmUiError as refusal:
            self.refusal = refusal
            raise MultiPartException(str(refusal)) from None
        return message

    def _look(self, size: int) -> None:
        if self._size // LOOKS_EVERY != (self._size + size) // LOOKS_EVERY:
            self._shares.check_disk()
        if self._size + size > LONGEST_UPLOAD:
            raise BadInput(
                "This is too much to upload at once.",
                say("One upload may have {megabytes} MB.", megabytes=LONGEST_UPLOAD >> 20),
                "Choose fewer or smaller files.",
                status=413,
            )
        self._shares.take(self._holder, size)
        self._size += size

    def undo(self) -> None:
        """Nothing of it is on the disk."""
        self._shares.give_back(self._holder, self._size)
        self._size = 0

    async def drain(self) -> None:
        """Reads on without keeping anything: a browser that is cut off while it sends does not read the answer."""
        drained = 0
        while not self._ended and drained < LONGEST_UPLOAD:
            message = await self._receive()
            drained += len(message.get("body", b""))
            self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
