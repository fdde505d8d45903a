"""How a server is reached, one of the owner's file or a visitor's, as an `mcp.Client`. The package is imported at the
first connection: it takes half a second of CPU."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from glm_ui.languages import say
from glm_ui.settings import PinnedResolver
from glm_ui.tools.mcp.config import ServerRow
from glm_ui.tools.mcp.connection import Make

ANSWER_WITHIN: Final = 60.0
HTTP_SECONDS: Final = 300.0


def client_of(row: ServerRow, check: PinnedResolver | None = None) -> Make:
    """`check` is what every request goes through, where a visitor named the server: never a program then."""
    if check is not None:
        return lambda _: _visitors(row, check)
    return (lambda ended: _program(row, ended)) if row.command else (lambda _: _address(row))


@contextlib.asynccontextmanager
async def _program(row: ServerRow, ended: Callable[[], None]) -> AsyncGenerator[Any, None]:
    from glm_ui.tools.mcp.program import streams

    async with _client(streams(row, ended)) as client:
        yield client


@contextlib.asynccontextmanager
async def _address(row: ServerRow) -> AsyncGenerator[Any, None]:
    """An address that the owner wrote down. Its headers go to its origin alone: no redirect is followed elsewhere."""
    from glm_ui.tools.mcp.bounded import BoundedClient

    async with BoundedClient(row.headers, HTTP_SECONDS) as http, _over(http, row.url) as client:
        yield client


@contextlib.asynccontextmanager
async def _visitors(row: ServerRow, check: PinnedResolver) -> AsyncGenerator[Any, None]:
    """An address that a visitor named."""
    from glm_ui.tools.mcp.bounded import BoundedClient
    from glm_ui.tools.mcp.pinned import PinnedTransport

    wrong = say("It refuses the key (status {status}). Remove it, and connect again with the right one.")
    missing = say("It wants a key (status {status}). Remove it, and connect again with one.")
    pinned = PinnedTransport(row.url, check)
    http = BoundedClient(row.headers, HTTP_SECONDS, wrong if row.headers else missing, pinned)
    async with http, _over(http, row.url) as client:
        yield client


@contextlib.asynccontextmanager
async def _over(http: Any, url: str) -> AsyncGenerator[Any, None]:
    from mcp.client.streamable_http import streamable_http_client

    from glm_ui.tools.mcp.bounded import LARGEST_BODY

    async with _client(
        streamable_http_client(url, http_client=http, max_sse_event_size=LARGEST_BODY)
    ) as client:
        yield client


@contextlib.asynccontextmanager
async def _client(reached: Any) -> AsyncGenerator[Any, None]:
    from mcp import Client

    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # its records quote what servers sent
    logging.getLogger("httpx2").setLevel(
        logging.WARNING
    )  # its records name whole addresses, which may carry a key
    async with Client(reached, read_timeout_seconds=ANSWER_WITHIN, cache=None) as client:
        # The app reads the text of a result. Structured content is checked against patterns and references of the
        # server's own choice, which may take for ever.
        client.session.validate_tool_result = _unchecked  # type: ignore[method-assign]
        yield client


async def _unchecked(name: str, result: Any) -> None:
    """Takes every result."""
