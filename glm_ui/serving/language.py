"""Gives each request the language of whoever sent it, as `Accept-Language` says. The page sends the language that its
reader chose there; a program that sends none is answered in the owner's language."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from glm_ui.languages import ENGLISH, languages, negotiated, speaking


class Spoken:
    """The middleware. `default` is a key of `languages`; anything else means English."""

    def __init__(self, app: ASGIApp, default: str) -> None:
        self.app = app
        self.default = default if default in languages() else ENGLISH

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with speaking(negotiated(Headers(scope=scope).get("accept-language", ""), self.default)):
            await self.app(scope, receive, send)
