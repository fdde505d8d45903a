"""Puts one script before all others of the page. Gradio adds what `head=` says when its own scripts run, which is too
late for whoever decides what those scripts see. The page is sent compressed, which Gradio leaves out: 30 KB, not 360.
Nothing in it is secret, so its length tells nothing."""

from __future__ import annotations

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_ui.serving.packing import pack, takes_brotli

AFTER = b"<head>"
QUALITY = 5
"""Of Brotli: 4 ms for each page."""


class FirstScript:
    """The middleware: adds `tag` after the <head> of each page that Gradio serves whole. `tag` is HTML of our own."""

    def __init__(self, app: ASGIApp, tag: str) -> None:
        self.app = app
        self.tag = tag.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        start: Message | None = None

        async def with_script(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                kind = MutableHeaders(scope=message).get("content-type", "")
                if kind.startswith("text/html"):
                    start = message  # its length is known when its body is
                    return
            elif start is not None:
                whole = not message.get("more_body", False)
                body = message.get("body", b"")
                if whole and AFTER in body:
                    message = {**message, "body": await self._page(scope, body, MutableHeaders(scope=start))}
                await send(start)
                start = None
            await send(message)

        await self.app(scope, receive, with_script)

    async def _page(self, scope: Scope, body: bytes, headers: MutableHeaders) -> bytes:
        page = body.replace(AFTER, AFTER + self.tag, 1)
        if takes_brotli(scope):
            return await asyncio.to_thread(pack, headers, page, QUALITY)
        headers["content-length"] = str(len(page))
        return page
