"""The service worker as it is served: `web/offline/service_worker.js` with the version and the list of the page's files
before it. Its bytes change with the version, which is how browsers learn of a new one."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.metadata import version as version_of

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glm_ui.languages import ENGLISH, languages
from glm_ui.serving import bundle
from glm_ui.serving.static_files import STATIC, version
from glm_ui.settings import Settings

LEFT_OUT = re.compile(
    r"(vendor/(pyodide|mermaid|licences)|python|preview|examples)/|offline/service_worker\.js$|.*\.(d\.ts|md|json|txt)$|SHA256SUMS"
)
"""Files below `web` that are not needed to read and write: megabytes, and what stands in frames of its own."""


def offered_version(settings: Settings) -> str:
    """The version of the page that browsers may keep: of our files and of Gradio; "" where they may keep none. None is
    kept where people sign in, because the page names who did, nor on a Space, whose page stands in a frame."""
    if not settings.glm_ui_service_worker or settings.sign_ins or settings.space_id:
        return ""
    return f"{version()} gradio-{version_of('gradio')}"


def meta(settings: Settings) -> str:
    """The tag by which the worker knows the version of a page; "" where none is offered."""
    offered = offered_version(settings)
    return offered and f'<meta name="glm-ui-version" content="{offered}">'


def files() -> list[str]:
    """The paths below `web` of what the page may need, whether a visit has asked for it or not: the files that were
    built, or the sources where those are served (bundle.py)."""
    is_built = bundle.script().startswith("built/")
    unused = re.compile(r"(?!built/|vendor/|.*_worker\.js).*\.js" if is_built else r"built/.*", re.DOTALL)
    paths = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
    return [path for path in paths if not LEFT_OUT.match(path) and not unused.fullmatch(path)]


@lru_cache(maxsize=4)
def script(offered: str, more: tuple[str, ...] = ()) -> str:
    """The worker's source. `more`: paths from the page on that are kept beside our own files. Without a version it
    takes itself and what it kept away."""
    shell = {
        "version": offered,
        "files": [*(f"glm_ui/static/{version()}/{path}" for path in files()), *more] if offered else [],
        "languages": [key for key in languages() if key != ENGLISH],
    }
    source = (STATIC / "offline" / "service_worker.js").read_text("utf-8")
    return f"self.SHELL = {json.dumps(shell)};\n{source}"


def route(settings: Settings, more: tuple[str, ...]) -> Route:
    """Hands the script out, allowed for the whole app, which stands one folder above it. `more`: see `script`."""

    def serve(_: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "../"}
        source = script(offered_version(settings), more)
        return Response(source, media_type="text/javascript", headers=headers)

    return Route("/glm_ui/service_worker.js", serve, methods=["GET"])
