"""The files that the browser runs, under an address that changes with their content: a page never mixes scripts of two
versions, and a browser keeps them without asking again."""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ADDRESS = "/glm_ui/static"
STATIC = Path(__file__).parents[1] / "web"
_VERSIONED = re.compile(r"v-([0-9a-f]{16})/")


@cache
def version() -> str:
    """The first part of every path: "v-" and a hash of all files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(STATIC).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return f"v-{digest.hexdigest()[:16]}"


class VersionedFiles(StaticFiles):
    """Serves `v-HASH/PATH` and plain `PATH`. What is asked for by another version is served too, because a page
    that was loaded before an upgrade still needs its late scripts, but browsers ask again each time."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    def get_path(self, scope: Scope) -> str:
        """What stands behind ADDRESS. Starlette takes it for the whole path where a proxy has taken the app's prefix
        away, for it looks for the prefix in the path."""
        _, _, path = scope["path"].partition(f"{ADDRESS}/")
        return super().get_path({"type": "http", "path": f"/{path}", "root_path": ""})

    async def get_response(self, path: str, scope: Scope) -> Response:
        asked = _VERSIONED.match(path.replace(os.sep, "/"))
        response = await super().get_response(path[asked.end() :] if asked else path, scope)
        kept = asked is not None and asked[0] == f"{version()}/" and response.status_code in (200, 206, 304)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response
