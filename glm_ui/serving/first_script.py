"""Puts one script before all others of the page. Gradio adds what `head=` says when its own scripts run, which is too
late for whoever decides what those scripts see."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

AFTER = b"<head>"


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
                    message = {**message, "body": body.replace(AFTER, AFTER + self.tag, 1)}
                    MutableHeaders(scope=start)["content-length"] = str(len(message["body"]))
                await send(start)
                start = None
            await send(message)

        await self.app(scope, receive, with_script)
