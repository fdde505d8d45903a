"""Who signed in with a password: Gradio keeps a token in a cookie, and the name on the server."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

COOKIES = ("access-token", "access-token-unsecure")


def signed_in(scope: Scope) -> str | None:
    """The name that the sender of this request signed in with; "" where the app asks for none, None where it asks and
    none was given."""
    app = scope.get("app")
    if getattr(app, "auth", None) is None:
        return ""
    cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
    tokens = (cookies.get(f"{kind}-{app.cookie_id}") for kind in COOKIES)  # type: ignore[union-attr]
    names = (app.tokens.get(token) for token in tokens)  # type: ignore[union-attr]
    return next((name for name in names if name is not None), None)
