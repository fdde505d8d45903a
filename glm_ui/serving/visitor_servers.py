"""MCP servers that visitors name: in this process's memory only, each with its key in the room of one page
(identity.py), forgotten when the page closes or after hours of silence. Nothing here is ever written, logged or sent to
a page but a server's name and what it offers.

The address is checked again at every request (`tools.mcp.pinned`).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field

from glm_ui.errors import BadInput
from glm_ui.languages import say
from glm_ui.serving.bodies import FromPage, Secret
from glm_ui.serving.fair_store import FairStore
from glm_ui.serving.visitor_keys import KEPT_SECONDS
from glm_ui.settings import PinnedResolver
from glm_ui.tools.mcp.config import ServerRow
from glm_ui.tools.mcp.server import VISITORS, Server

MOST: Final = 4
"""Servers of one page."""
MAX_ROOMS: Final = 100
LONGEST_NAME: Final = 40

Make = Callable[[ServerRow, PinnedResolver], Server]


class Named(FromPage):
    """What the page posts: an address, and a key that is sent to it alone."""

    address: Annotated[str, Field(max_length=2048, repr=False)]
    key: Secret = ""

    def row(self, taken: Collection[str] = ()) -> ServerRow:
        """Raises BadInput for what is no address of a server, or no key."""
        text, key = self.address.strip(), self.key.strip()
        key = re.sub(r"(?i)^bearer\s+", "", key)
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        odd = not text.isprintable() or any(sign in text for sign in " \\#") or "@" in text.partition("?")[0]
        if odd or not text.lower().startswith("https://") or not host:
            raise BadInput(
                "This is not the address of an MCP server.",
                "It must begin with https://, and carry no user name and no fragment.",
                "Write it as its documentation does, such as https://mcp.example.org/mcp.",
            )
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise BadInput(
                "The key cannot be sent.", "It holds characters that no key has.", "Copy it again."
            )
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        path = "" if parts.path in ("", "/", "/mcp") and not parts.query else f"{parts.path}?{parts.query}"
        return ServerRow(name=name_of(host, port, path, taken), url=text, headers=headers)


def name_of(host: str, port: int | None, path: str, taken: Collection[str]) -> str:
    """The server's name in the page: its host, and where the path or port is unusual, a mark of the two: the same
    address has the same name the next time."""
    plain = re.sub(r"[^a-z0-9.-]", "-", host.lower()).strip("-.") or "server"
    if len(plain) <= LONGEST_NAME and not path and port in (None, 443) and plain not in taken:
        return plain
    mark = hashlib.sha256(f"{host}\n{port}\n{path}".encode()).hexdigest()[:6]
    return f"{plain[: LONGEST_NAME - 7]}-{mark}"


@dataclass(slots=True)
class _Room:
    used: float
    servers: dict[str, Server] = field(default_factory=dict)


class VisitorServers:
    """A page's room -> the servers that its visitor named. `check` is what every connection goes through; `taken` are
    names of the owner's servers. `holder` is whose share of the memory it takes."""

    def __init__(
        self,
        check: PinnedResolver,
        taken: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check, self._taken, self._clock = check, taken, clock
        self._rooms: FairStore[_Room] = FairStore(MAX_ROOMS)

    def of(self, room: str) -> tuple[Server, ...]:
        found = self._find(room)
        return tuple(found.servers.values()) if found else ()

    def add(self, room: str, named: Named, holder: str = "") -> Server:
        """Keeps the server in place of one of the same address. Raises BadInput."""
        row = named.row(self._taken)
        found = self._find(room) or _Room(self._clock())
        if row.name not in found.servers and len(found.servers) >= MOST:
            raise BadInput(
                say("At most {most} servers of your own can be used.", most=MOST), "", "Remove one first."
            )
        self.remove(room, row.name)
        server = found.servers[row.name] = Server(row, check=self._check, bounds=VISITORS)
        for gone in self._rooms.put(room, found, holder):
            _leave(gone)
        return server

    def remove(self, room: str, name: str) -> None:
        found = self._find(room)
        if found and (server := found.servers.pop(name, None)):
            server.leave()

    def holds(self, room: str) -> bool:
        return self._find(room) is not None

    def forget(self, room: str) -> None:
        if found := self._rooms.pop(room):
            _leave(found)

    def _find(self, room: str) -> _Room | None:
        horizon = self._clock() - KEPT_SECONDS
        while (oldest := self._rooms.oldest()) and oldest[1].used < horizon:
            self.forget(oldest[0])
        found = self._rooms.get(room)
        if found is not None:
            found.used = self._clock()
        return found


def _leave(room: _Room) -> None:
    for server in room.servers.values():
        server.leave()
