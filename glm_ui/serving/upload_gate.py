"""Stands before Gradio's upload route: counts what comes against the visitor's share, and answers in our words where
it is too much (shares.py)."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_ui.errors import GlmUiError
from glm_ui.serving.paths import is_upload
from glm_ui.serving.shares import Incoming, Shares


class UploadGate:
    """The middleware. `holder_of` tells whose share an upload takes."""

    def __init__(self, app: ASGIApp, shares: Shares, holder_of: Callable[[Scope], str]) -> None:
        self.app = app
        self.shares = shares
        self.holder_of = holder_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_upload(scope):
            await self.app(scope, receive, send)
            return
        incoming = Incoming(receive, self.shares, self.holder_of(scope))
        try:
            self.shares.check_disk()
        except GlmUiError as full:
            await incoming.drain()
            await _said(full)(scope, receive, send)
            return
        arrived = False

        async def heard(message: Message) -> None:
            nonlocal arrived
            if incoming.refusal is not None:  # Gradio's own answer gives way to ours
                return
            if message["type"] == "http.response.start":
                arrived = message["status"] == 200
            await send(message)

        try:
            await self.app(scope, incoming, heard)
        finally:
            if not arrived:
                incoming.undo()
        if incoming.refusal is not None:
            await incoming.drain()
            await _said(incoming.refusal)(scope, receive, send)


def _said(refusal: GlmUiError) -> Response:
    return JSONResponse({"detail": str(refusal), "error": refusal.public()}, refusal.status or 413)
