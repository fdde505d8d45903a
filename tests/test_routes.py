"""Every route that the app has, as a list that changes only on purpose, and what ours answer to a wrong word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio.routes import App
from starlette.applications import Starlette
from starlette.middleware import Middleware

from glm_ui.serving.headers import CLOSED, Guard
from glm_ui.settings import Settings
from glm_ui.ui.page import build, launch_options
from glm_ui.ui.routes import routes
from glm_ui.ui.turn.run import Live
from tests.conftest import PAGE
from tests.upstream import Upstream, openai_frames

ROOT = Path(__file__).parents[1]
OURS = """
GET /healthz  GET /metrics  GET /glm_ui/models  GET /glm_ui/words  GET /glm_ui/service_worker.js  MOUNT /glm_ui/static
POST /glm_ui/chat  POST /glm_ui/key  POST /glm_ui/key/check  POST /glm_ui/server  POST /glm_ui/state
POST /glm_ui/leave  POST /glm_ui/tools  POST /glm_ui/tools/server  POST /glm_ui/tools/remove
GET /glm_ui/turns  POST /glm_ui/stop
POST /glm_ui/replay  POST /glm_ui/turn  POST /glm_ui/forget
POST /glm_ui/dictation  POST /glm_ui/transcript  POST /glm_ui/trace  POST /glm_ui/request  POST /glm_ui/request/file
POST /glm_ui/listing  POST /glm_ui/doctor  POST /glm_ui/controls
POST /glm_ui/connect  POST /glm_ui/connect/recent  POST /glm_ui/connect/test
POST /glm_ui/file  POST /glm_ui/unlock  POST /glm_ui/plan  POST /glm_ui/picture  POST /glm_ui/region  POST /glm_ui/coco
"""
GRADIO_OPEN = """
GET /  GET /config  GET /theme.css  GET /static/{path:path}  GET /assets/{path:path}  GET /svelte/{path:path}
GET /favicon.ico  GET /robots.txt  GET /manifest.json  GET /pwa_icon  GET /pwa_icon/{size}
POST /login  GET /logout  GET /gradio_api/user  GET /gradio_api/login_check  GET /gradio_api/token
GET /gradio_api/app_id  GET /gradio_api/info  GET /gradio_api/startup-events  GET /gradio_api/theme.css
GET /gradio_api/file={path_or_url:path}  GET /gradio_api/file/{path:path}
POST /gradio_api/upload  GET /gradio_api/upload_progress  GET /gradio_api/heartbeat/{session_hash}
POST /gradio_api/queue/join  GET /gradio_api/queue/data  POST /gradio_api/cancel  POST /gradio_api/reset
POST /gradio_api/run/{api_name}  POST /gradio_api/api/{api_name}  POST /gradio_api/call/{api_name}
POST /gradio_api/call/v2/{api_name}  GET /gradio_api/call/{api_name}/{event_id}
GET /gradio_api/call/v2/{api_name}/{event_id}
"""


def words(text: str) -> set[str]:
    """ "GET /a  POST /b" as a set of the two."""
    return {" ".join(pair) for pair in zip(*[iter(text.split())] * 2, strict=True)}


def listed(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from listed(route.original_router.routes)
        for method in getattr(route, "methods", ["MOUNT"]) if hasattr(route, "path") else ():
            yield f"{method} {route.path.rstrip('/') or '/'}"


def built() -> set[str]:
    """The routes of Gradio's application with ours in it."""
    live = Live(Settings(_env_file=None))
    options = launch_options(live.settings, live)
    app = App.create_app(build(live.settings, live), app_kwargs=options["app_kwargs"])
    found = set(listed(app.routes))
    return {route for route in found if not (route.startswith("HEAD ") and f"GET {route[5:]}" in found)}


async def test_the_routes_are_these_and_no_others() -> None:
    found = built()
    closed = {route for route in found if CLOSED.fullmatch(route.split(" ")[1])}
    assert {r for r in found if "/glm_ui" in r or "healthz" in r or "metrics" in r} == words(OURS)
    assert found - closed - words(OURS) == words(GRADIO_OPEN)


# ---- ours, without Gradio


@pytest.fixture
async def ask(pool: None, up: Upstream, settings_for: Callable[..., Settings]) -> Any:
    live = Live(settings_for(up, glm_ui_turns_per_visitor=2))
    app = Starlette(routes=routes(live), middleware=[Middleware(Guard)])
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example") as client:
        yield client


TURN = {"session": PAGE, "id": "t1", "model": "glm-4.6", "messages": [{"role": "user", "text": "Hi"}]}


async def test_a_turn_streams_and_its_last_frame_says_what_is_left(
    ask: httpx.AsyncClient, up: Upstream
) -> None:
    up.reply(sse=openai_frames("", "Yes."))
    answer = await ask.post("/glm_ui/chat", json=TURN)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    last = httpx.Response(200, content=answer.text.strip().rpartition("data: ")[2]).json()
    assert last["k"] == "done"
    assert last["state"]["left"]["turns"] == 1
    assert "ready" in last["state"]


async def test_the_state_names_providers_and_no_key(ask: httpx.AsyncClient) -> None:
    saved = await ask.post("/glm_ui/key", json={"session": PAGE, "provider": "zai", "key": "my-secret-key"})
    assert saved.json()["own"] == ["zai"]
    told = await ask.post("/glm_ui/state", json={"session": PAGE})
    assert told.json()["own"] == ["zai"]
    assert "my-secret-key" not in saved.text + told.text
    assert (await ask.post("/glm_ui/state", json={"session": PAGE[::-1]})).json()["own"] == []
    assert told.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/glm_ui/chat", "/glm_ui/key", "/glm_ui/state", "/glm_ui/leave"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b'{"session":1}', b"\xff\xfe", b"[" * 20_000]
)
async def test_what_the_page_never_sends_is_a_400_in_plain_words(
    ask: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await ask.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["slug"] == "bad_input"


async def test_the_health_is_told_to_anyone(ask: httpx.AsyncClient) -> None:
    assert (await ask.get("/healthz")).json() == {"status": "ok"}
