"""How a server of the owner's file is reached, as an `mcp.Client`. The package is imported at the first connection: it
takes half a second of CPU."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from glm_ui.tools.mcp.config import ServerRow
from glm_ui.tools.mcp.connection import Make

ANSWER_WITHIN: Final = 60.0
HTTP_SECONDS: Final = 300.0


def client_of(row: ServerRow) -> Make:
    return (lambda ended: _program(row, ended)) if row.command else (lambda _: _address(row))


@contextlib.asynccontextmanager
async def _program(row: ServerRow, ended: Callable[[], None]) -> AsyncGenerator[Any, None]:
    from glm_ui.tools.mcp.program import streams

    async with _client(streams(row, ended)) as client:
        yield client


@contextlib.asynccontextmanager
async def _address(row: ServerRow) -> AsyncGenerator[Any, None]:
    """An address that the owner wrote down. Its headers go to its origin alone: no redirect is followed elsewhere."""
    from mcp.client.streamable_http import streamable_http_client

    from glm_ui.tools.mcp.bounded import LARGEST_BODY, BoundedClient

    async with BoundedClient(row.headers, HTTP_SECONDS) as http:
        reached = streamable_http_client(row.url, http_client=http, max_sse_event_size=LARGEST_BODY)
        async with _client(reached) as client:
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
