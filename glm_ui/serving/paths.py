"""Where a request goes, as the router sees it: the path below the prefix that a proxy or the owner sets. What a
middleware exempts is named by its whole path, because anybody may end or fill a path with any words.
"""

from __future__ import annotations

from starlette.types import Scope

UPLOAD = "/gradio_api/upload"
"""Gradio's route that takes files."""
OURS = "/glm_ui/"
"""What our own routes begin with."""


def path_of(scope: Scope) -> str:
    """The path without the app's own prefix (ASGI's `root_path`), by Starlette's rule."""
    path: str = scope.get("path", "")
    prefix: str = scope.get("root_path", "")
    return path[len(prefix) :] if prefix and path.startswith(f"{prefix}/") else path


def is_upload(scope: Scope) -> bool:
    return path_of(scope) == UPLOAD


def has_limit_of_its_own(scope: Scope) -> bool:
    """Whether the body is counted by the route itself, or by the upload gate."""
    return is_upload(scope) or path_of(scope).startswith(OURS)
