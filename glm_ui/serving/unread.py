"""What a refused request still sends. A connection that is closed with bytes unread is reset, and then a proxy such as
nginx says 502 in place of what we said.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST = 2**20
"""Bytes that are read on; a client that sends more has its connection closed."""
WITHIN = 2.0
"""Seconds that they may take."""


class ReadsOn:
    """The middleware: before an answer ends, what came of the body and was not read is read and dropped."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or _waits_to_send(scope):
            await self.app(scope, receive, send)
            return
        is_whole = False

        async def received() -> Message:
            nonlocal is_whole
            message = await receive()
            is_whole = is_whole or message["type"] != "http.request" or not message.get("more_body")
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body") and not is_whole:
                with suppress(TimeoutError):
                    async with asyncio.timeout(WITHIN):
                        await read_on()
            await send(message)

        async def read_on() -> None:
            left = MOST
            while not is_whole and left > 0:
                left -= len((await received()).get("body", b""))

        await self.app(scope, received, sent)


def _waits_to_send(scope: Scope) -> bool:
    """Whether the client sends its body only when it is told to: what is not asked for does not come."""
    return any(name == b"expect" for name, _ in scope["headers"])
