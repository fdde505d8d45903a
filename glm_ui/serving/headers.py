"""What every response carries and every request must not: the policy that keeps an answer from making the browser
fetch, send or run anything, and the refusal of other sites. Pure ASGI: a stream goes through piece by piece.

No route enters here, and nothing of who a visitor is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_ui.errors import BadInput
from glm_ui.serving.paths import has_limit_of_its_own, path_of

FRAMED_BY_SPACES = ("https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")

POLICY: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    # Gradio starts from inline scripts, and turns each event's `js=` into a function. docs/threat-model.md.
    "script-src": ("'self'", "'unsafe-inline'", "'unsafe-eval'"),
    "style-src": ("'self'", "'unsafe-inline'"),
    "img-src": ("'self'", "data:", "blob:"),
    "media-src": ("'self'", "data:", "blob:"),
    "font-src": ("'self'", "data:"),
    "connect-src": ("'self'",),
    "manifest-src": ("'self'",),
    "worker-src": ("'self'",),  # markdown/highlight_worker.js
    "frame-src": ("'self'",),  # python/frame.html, preview/frame.html
    "object-src": ("'none'",),
    "form-action": ("'none'",),
    "base-uri": (
        "'self'",
    ),  # Gradio's page has <base href="./">; an answer's <base> is dropped by the sanitiser
    "frame-ancestors": ("'self'",),
}
PYTHON_POLICY: Mapping[str, tuple[str, ...]] = {
    # No allow-same-origin: the frame and its worker belong to no origin, so that no cookie, no storage and no page is
    # theirs. Without connect-src they ask nobody, and without 'unsafe-eval' Python makes no JavaScript of text.
    "sandbox": ("allow-scripts",),
    "default-src": ("'none'",),
    "script-src": ("'unsafe-inline'", "'wasm-unsafe-eval'", "blob:"),
    "worker-src": ("blob:",),
    "img-src": ("data:",),
    "frame-ancestors": ("'self'",),
}
"""For the frame that models' Python runs in (`web/python/`). Its worker inherits it."""
PREVIEW_POLICY: Mapping[str, tuple[str, ...]] = {
    # Forms are let in for their events; form-action lets none go out. The model's page is a srcdoc frame inside, which
    # inherits this, and frame-src forbids it to go anywhere, to our own origin too.
    "sandbox": ("allow-scripts", "allow-forms"),
    "default-src": ("'none'",),
    "script-src": ("'unsafe-inline'", "'unsafe-eval'", "blob:", "data:"),
    "style-src": ("'unsafe-inline'", "blob:", "data:"),
    "img-src": ("data:", "blob:"),
    "media-src": ("data:", "blob:"),
    "font-src": ("data:",),
    "worker-src": ("blob:", "data:"),
    "frame-src": ("'none'",),
    "form-action": ("'none'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'self'",),
}
"""For the frame that models' pages are shown in (`web/preview/`)."""
SANDBOXES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "/python/frame.html": PYTHON_POLICY,
    "/preview/frame.html": PREVIEW_POLICY,
}
"""By the end of their paths."""
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For what people uploaded: whatever it is, it can do nothing."""
ACTIVE = frozenset(
    {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml", "text/javascript"}
)
"""Kinds of file that a browser would run in our origin, were they shown."""

CLOSED = re.compile(
    r"/(gradio_api/)?("
    r"proxy=.*|file=\s*[a-z][a-z0-9+.-]*:.*|deep_link.*|process_recording.*|component_server.*|vibe-.*|undo-vibe.*"
    r"|runs/?|run-history.*|profiling.*|dev/.*|stream/.*|custom_component/.*|monitoring.*|queue/status.*|openapi\.json"
    r")",
    re.IGNORECASE | re.DOTALL,
)
"""Gradio's routes that this page has no use for: they fetch addresses for a visitor, write inputs to disk, tell about
other visitors, or edit the app. A 404 is all they are here."""

LONGEST_BODY = 8 * 2**20
"""Bytes of what is posted to Gradio's own routes, uploads aside: it would take in anything, into memory. Ours have a
limit of their own."""

USUAL: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), serial=(), hid=()",
}


def policy(table: Mapping[str, tuple[str, ...]] = POLICY, *, on_space: bool = False) -> str:
    """A Content-Security-Policy, the page's by default; a Space may be framed by Hugging Face, any other by itself
    alone."""
    framed = {"frame-ancestors": ("'self'", *FRAMED_BY_SPACES)} if on_space else {}
    return "; ".join(f"{name} {' '.join(values)}" for name, values in {**table, **framed}.items())


def foreign(headers: Mapping[str, str]) -> bool:
    """Whether another site's page sent this. Browsers name the page's origin; programs send none and are let in."""
    origin = headers.get("origin")
    if origin is None:
        return False
    # Said by the browser itself, and right also behind a proxy that changes Host, as nginx does by default.
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    hosts = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    return urlsplit(origin).netloc not in hosts


def _capped(scope: Scope, receive: Receive) -> Receive:
    """What is longer ends early, and then is no JSON any more."""
    if has_limit_of_its_own(scope):
        return receive
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LONGEST_BODY and message["type"] == "http.request":
            return {"type": "http.request", "body": b"", "more_body": False}
        return message

    return counted


class Guard:
    """The middleware: refuses other sites, and puts the headers on."""

    def __init__(self, app: ASGIApp, *, on_space: bool = False) -> None:
        self.app = app
        self.policy = policy(on_space=on_space)
        self.sandboxes = {path: policy(table, on_space=on_space) for path, table in SANDBOXES.items()}
        self.framed = {} if on_space else {"X-Frame-Options": "SAMEORIGIN"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.mark(scope["path"], MutableHeaders(scope=message))
            await send(message)

        if CLOSED.fullmatch(path_of(scope)):
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, marked)
            return
        if foreign(Headers(scope=scope)):
            refusal = BadInput(
                "This page may not be used from another site.", todo="Open GLM UI itself and try again."
            )
            await JSONResponse({"error": refusal.public()}, 403)(scope, receive, marked)
            return
        await self.app(scope, _capped(scope, receive), marked)

    def mark(self, path: str, headers: MutableHeaders) -> None:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if "/file=" in path or "/file/" in path:
            headers["Content-Security-Policy"] = FILE_POLICY
            if kind in ACTIVE:
                headers["Content-Disposition"] = "attachment"
        else:
            sandbox = next((held for end, held in self.sandboxes.items() if path.endswith(end)), None)
            headers["Content-Security-Policy"] = sandbox or self.policy
            if sandbox:  # a tab of its own: browsers refuse a sandbox there that names another opener policy
                headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        if kind == "text/event-stream":
            headers["X-Accel-Buffering"] = "no"  # nginx would hold a stream back
            headers["Cache-Control"] = "no-store"
        for name, value in {**USUAL, **self.framed}.items():
            headers.setdefault(name, value)
