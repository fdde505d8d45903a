"""How a server of the owner's file is reached, as an `mcp.Client`. The package is imported at the first connection: it
takes half a second of CPU."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator
from typing import Any, Final

from glm_ui.tools.mcp.config import ServerRow
from glm_ui.tools.mcp.connection import Make

ANSWER_WITHIN: Final = 60.0
HTTP_SECONDS: Final = 300.0
LARGEST_BODY: Final = 16 * 2**20
"""Bytes of one answer over HTTP; the package itself bounds events, but no JSON body."""


def client_of(row: ServerRow) -> Make:
    return (lambda: _program(row)) if row.command else (lambda: _address(row))


@contextlib.asynccontextmanager
async def _program(row: ServerRow) -> AsyncGenerator[Any, None]:
    """A program of the owner's, which gets its own variables and the few that every program needs. What it writes to
    standard error is not kept: it may hold anything."""
    from mcp import Client, StdioServerParameters, stdio_client

    program = StdioServerParameters(
        command=row.command, args=[*row.args], env=dict(row.env) or None, cwd=row.cwd
    )
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230, PTH123 - it never blocks
        async with Client(
            stdio_client(program, errlog=nowhere), read_timeout_seconds=ANSWER_WITHIN
        ) as client:
            yield client


@contextlib.asynccontextmanager
async def _address(row: ServerRow) -> AsyncGenerator[Any, None]:
    """An address that the owner wrote down. Its headers go to its origin alone: no redirect is followed elsewhere."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    refused: list[int] = []

    async def see(response: httpx2.Response) -> None:
        if response.status_code in (401, 403, 421):
            refused.append(response.status_code)
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > LARGEST_BODY:
            raise httpx2.DecodingError("The answer is too long.", request=response.request)

    async with httpx2.AsyncClient(
        headers=dict(row.headers),
        timeout=HTTP_SECONDS,
        follow_redirects=False,
        event_hooks={"response": [see]},
    ) as http:
        try:
            async with Client(
                streamable_http_client(row.url, http_client=http), read_timeout_seconds=ANSWER_WITHIN
            ) as client:
                yield client
        except BaseException:
            if refused:
                raise PermissionError(
                    f"It refused the key that stands in the file (status {refused[-1]})."
                ) from None
            raise
