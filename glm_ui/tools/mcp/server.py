"""An MCP server as the app uses it: connected when first needed, connected anew after it broke, its tools listed and
called within bounds. Everything that it sends is untrusted text."""

from __future__ import annotations

import asyncio
import logging
import math
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

import orjson

from glm_ui.languages import say
from glm_ui.settings import PinnedResolver
from glm_ui.tools.mcp.config import LONGEST_SECRET, ServerRow
from glm_ui.tools.mcp.connection import Connection, Make, cause_of
from glm_ui.tools.mcp.transport import client_of
from glm_ui.tools.pictures import prepared
from glm_ui.tools.results import FOR_PAGE, MOST_PICTURES, visible
from glm_ui.tools.schema import SchemaRefused, inlined
from glm_ui.tools.tool import Outcome, Running, Tool, ToolFailed

log = logging.getLogger("glm_ui")

LIST_WITHIN: Final = 15.0
CALL_WITHIN: Final = 300.0
"""Seconds; the loop ends a call that is silent for longer than it allows."""
MOST_PAGES: Final = 20
MOST_TOOLS: Final = 200
LONGEST_DESCRIPTION: Final = 4_000
TRY_AGAIN_AFTER: Final = 30.0
"""Seconds for which a server that could not be reached is not asked again."""
LISTED_FOR: Final = 60.0
"""Seconds for which a list of tools holds: a server may change them without a word."""
GONE: Final = frozenset({-32000, -32600})
"""Codes of errors after which the connection may be dead."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a server may offer: `tools`, and the `letters` of all their definitions. A connection that is not used for
    `idle` seconds ends. `asks`: each call of its tools asks, whatever was said before."""

    tools: int = MOST_TOOLS
    letters: float = math.inf
    idle: float = math.inf
    asks: bool = False


OWNERS: Final = Bounds()
VISITORS: Final = Bounds(tools=64, letters=256_000, idle=300.0, asks=True)


class Server:
    """`check` is what every request goes through, where a visitor named the server; `make` takes the place of the
    connection that the row describes."""

    def __init__(
        self,
        row: ServerRow,
        make: Make | None = None,
        *,
        check: PinnedResolver | None = None,
        bounds: Bounds = OWNERS,
    ) -> None:
        self.row, self.bounds = row, bounds
        self._make = make or client_of(row, check)
        self._held: Connection | None = None
        self._left: list[Connection] = []
        self._lock = asyncio.Lock()
        self._listed: tuple[Tool, ...] | None = None
        self._failure: Exception | None = None
        self._version = ""
        self._failed_at = self._listed_at = -math.inf
        self._idle: asyncio.TimerHandle | None = None

    def public(self) -> dict[str, str]:
        if self._lock.locked() and self._listed is None:
            return {
                "name": self.row.name,
                "state": "connecting",
                "version": "",
                "why": say("It is being connected to."),
            }
        state = "failed" if self._failure else "ready" if self._listed is not None else "not started"
        why = say("It cannot be used: {why}", why=self.said(self._failure)) if self._failure else ""
        return {"name": self.row.name, "state": state, "version": self._version, "why": why}

    async def tools(self) -> tuple[Tool, ...]:
        """What it offers; nothing where it cannot be asked, and `public` says why."""
        async with self._lock:
            held = self._held is not None and not self._held.broken
            if self._listed is not None and held and _now() - self._listed_at < LISTED_FOR:
                return self._listed
            if _now() - self._failed_at < TRY_AGAIN_AFTER:
                return ()
            try:
                async with asyncio.timeout(LIST_WITHIN + 20):
                    self._listed = await self._list()
                self._failure, self._listed_at = None, _now()
                self._wait_for_use()  # from now: listing is a use too, however long it took
            except Exception as error:  # noqa: BLE001 - a server may fail in any way
                self._fail(cause_of(error))
                return ()
            return self._listed

    def _fail(self, error: Exception) -> None:
        self._listed, self._failed_at = None, _now()
        self._failure = error.with_traceback(None)
        self._drop()
        name = "of a visitor" if self.bounds.asks else self.row.name  # a visitor's is named by its address
        log.warning("MCP server %s cannot be used: %s", name, type(error).__name__)

    def said(self, error: BaseException) -> str:
        """What went wrong, in one line without the server's secrets, in the language of who reads it."""
        if isinstance(error, TimeoutError):
            return say("it did not answer in time.")
        if isinstance(error, ModuleNotFoundError):
            return say(
                "the package mcp is not installed here. Install it: {command}.",
                command='pip install "glm-ui[mcp]"',
            )
        if isinstance(error, FileNotFoundError):
            return say("its command was not found.")
        return " ".join(self._clean(str(error), 2000).split())[:300] or type(error).__name__

    def _clean(self, text: Any, most: int) -> str:
        """What the server sent, as text that may be shown: bounded, without its secrets, nothing in it hidden."""
        said = str(text or "")[: most + LONGEST_SECRET]
        for secret in self.row.secrets:
            said = said.replace(secret, "…")
        return visible(said[:most])

    def _client(self) -> AbstractAsyncContextManager[Any]:
        if self._held is None or self._held.broken:
            self._held = Connection(self._make)
        self._wait_for_use()
        return self._held.client()

    def _wait_for_use(self) -> None:
        """Ends the connection when it was not used for a while; what it carries then ends by itself."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if math.isfinite(self.bounds.idle):
            self._idle = asyncio.get_running_loop().call_later(self.bounds.idle, self.leave)

    def leave(self) -> None:
        """Lets its connection end after the calls that it carries; the next use makes another."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        self._drop()
        self._listed = None

    def _drop(self) -> None:
        if self._held is not None:
            self._held.drop()
            self._left = [each for each in (*self._left, self._held) if not each.ended]
            self._held = None

    async def close(self) -> None:
        """Ends its connection, and waits for those that end by themselves."""
        self._drop()
        await asyncio.gather(*(each.close() for each in self._left))

    async def _list(self) -> tuple[Tool, ...]:
        found: dict[str, Tool] = {}
        letters = 0
        async with self._client() as client, asyncio.timeout(LIST_WITHIN):
            self._version = self._clean(getattr(client.server_info, "version", ""), 40)
            cursors: list[str | None] = [None]
            for _ in range(MOST_PAGES):
                page = await client.list_tools(cursor=cursors[-1])
                for listed in page.tools:
                    if len(found) >= self.bounds.tools:
                        return tuple(found.values())
                    if tool := self._tool(listed):
                        letters += tool.letters
                        if letters > self.bounds.letters:
                            return tuple(found.values())
                        found.setdefault(tool.name, tool)
                    await asyncio.sleep(0)  # a schema takes milliseconds
                if page.next_cursor is None or page.next_cursor in cursors:
                    break
                cursors.append(page.next_cursor)
        return tuple(found.values())

    def _tool(self, listed: Any) -> Tool | None:
        """None for one that the owner did not list, whose name hides something, or whose schema is without measure."""
        name = str(listed.name)
        if not name or len(name) > 128 or visible(name) != name or self._clean(name, 128) != name:
            return None
        if self.row.tools is not None and name not in self.row.tools:
            return None
        try:
            schema = inlined(listed.input_schema)
        except SchemaRefused:
            return None
        hints = listed.annotations
        said = hints if self.row.trusted else None
        reads = bool(said and said.read_only_hint)
        closed = bool(said and said.open_world_hint is False)
        title = getattr(listed, "title", None) or (hints.title if hints else None)

        async def run(arguments: dict[str, Any], running: Running) -> Outcome:
            return await self._call(name, arguments, running)

        return Tool(
            self.row.name,
            name,
            self._clean(listed.description, LONGEST_DESCRIPTION),
            schema,
            run,
            self._clean(title, 100),
            writes=not reads,
            open_world=not closed,
            trusted=self.row.trusted,
            always_asks=self.bounds.asks,
        )

    async def _call(self, name: str, arguments: dict[str, Any], running: Running) -> Outcome:
        """Never called twice for one call of a model: what a broken connection did is not known."""

        async def progress(done: float, total: float | None, message: str | None) -> None:
            running.progress(_finite(done) or 0.0, _finite(total), self._clean(message, 200))

        connected = False
        try:
            async with self._client() as client:
                connected = True
                result = await client.call_tool(
                    name, arguments, read_timeout_seconds=CALL_WITHIN, progress_callback=progress
                )
        except Exception as error:  # noqa: BLE001 - a server may fail in any way
            cause = cause_of(error)
            if not connected:
                unreached = say(
                    "The server {name} cannot be reached: {why}", name=self.row.name, why=self.said(cause)
                )
                raise ToolFailed(unreached) from None
            if getattr(cause, "code", None) in GONE:
                self._drop()
            broken = say("The server {name} failed: {why}", name=self.row.name, why=self.said(cause))
            raise ToolFailed(broken) from None
        return await self._outcome(result)

    async def _outcome(self, result: Any) -> Outcome:
        """Texts joined, pictures made safe, links as text; anything else is named."""
        texts: list[str] = []
        pictures: list[tuple[str, bytes]] = []
        size = tried = 0
        for block in result.content:
            if block.type == "image" and tried < MOST_PICTURES:
                tried += 1
                if picture := await prepared(block.data):
                    pictures.append(picture)
                else:
                    texts.append("[A picture that cannot be read.]")
                continue
            text = self._clean(_text(block), 2 * FOR_PAGE)
            size += len(text) + 1
            if size > 2 * FOR_PAGE:
                texts.append("[More is left out.]")
                break
            texts.append(text)
        structured = getattr(result, "structured_content", None)
        if not result.content and structured is not None:
            texts.append(self._clean(_json(structured), 2 * FOR_PAGE))
        return Outcome("\n".join(texts), bool(result.is_error), tuple(pictures))


def _text(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type == "resource_link":
        return f"[Resource {block.name}: {block.uri}]"
    if block.type == "resource":
        return str(getattr(block.resource, "text", "") or f"[Resource {block.resource.uri}]")
    return f"[A result of the kind {str(block.type)[:20]} is not shown.]"


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer of any length, for one
        return str(value)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _now() -> float:
    return asyncio.get_running_loop().time()
