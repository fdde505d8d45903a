"""Under which names the app may be asked. A page of another site whose name was made to lead here (DNS rebinding)
counts as our own page for the browser, but its requests still carry that name in Host: what is not listed is refused.

An IP address is no name that could be made to lead elsewhere, so any is let in: a browser sends one in Host only where
a person, or a page of this very address, named it.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from glm_ui.errors import BadInput
from glm_ui.languages import say
from glm_ui.settings import Settings

ANY = "*"
LOOPBACK = ("localhost", "*.localhost")
ON_SPACES = ("*.hf.space",)
HEALTH = "/healthz"
"""Told under any name: whoever decides where requests go may ask by one of its own."""


def names(settings: Settings, machine: str | None = None) -> frozenset[str]:
    """The names that this deployment answers under, in lower case; `*.example.org` stands for all below it."""
    own = (socket.gethostname() if machine is None else machine).lower().rstrip(".")
    listed = {*LOOPBACK, settings.host.lower(), *settings.glm_ui_hosts}
    if own:
        listed |= {own, f"{own.partition('.')[0]}.local"}
    if settings.space_id:
        listed |= {*ON_SPACES, *filter(None, [(settings.space_host or "").lower()])}
    return frozenset(listed)


def is_listed(host: str, listed: Collection[str]) -> bool:
    """Whether a request with this Host header ("" where it has none, as programs may) is for us."""
    name = _without_port(host).lower().rstrip(".")
    if not host or ANY in listed or name in listed or _is_address(name):
        return True
    below = name.partition(".")[2]
    while below:
        if f"*.{below}" in listed:
            return True
        below = below.partition(".")[2]
    return False


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine by a name that cannot mean another."""
    name = _without_port(host).lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class KnownHosts:
    """The middleware: answers 421 under any other name, on every route."""

    def __init__(self, app: ASGIApp, listed: Collection[str]) -> None:
        self.app = app
        self.listed = frozenset(listed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope.get("path") == HEALTH:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if is_listed(host, self.listed):
            await self.app(scope, receive, send)
            return
        await _refusal(host, "text/html" in headers.get("accept", ""))(scope, receive, send)


def _refusal(host: str, to_a_person: bool) -> Response:
    name = _without_port(host)
    shown = name if re.fullmatch(r"[A-Za-z0-9._-]{1,253}", name) else "this name"
    error = BadInput(
        say("GLM UI does not answer under {shown}.", shown=shown),
        "Another site could have pointed this name at this server.",
        say(
            "If this is your server, set GLM_UI_HOSTS={name} and start it again.",
            name=shown if shown == name else "its name",
        ),
        status=421,
    )
    if to_a_person:
        return PlainTextResponse(str(error), 421)
    return JSONResponse({"detail": str(error), "error": error.public()}, 421)


def _without_port(host: str) -> str:
    """ "[::1]:7860" -> "::1", "a.example:7860" -> "a.example"."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
