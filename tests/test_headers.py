"""What every response carries, and who is refused before any route: the real app, asked by a plain client."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from glm_ui.serving.headers import CLOSED, FILE_POLICY, Guard, foreign, policy
from tests.serving import Served

STRICT = (
    "default-src 'none'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "connect-src 'self'",
    "frame-src 'self'",
    "object-src 'none'",
    "form-action 'none'",
    "base-uri 'self'",
    "frame-ancestors 'self'",
)


@pytest.mark.parametrize(
    "path", ["/", "/config", "/glm_ui/models", "/glm_ui/static/app.js", "/healthz", "/nothing"]
)
def test_every_response_carries_the_policy(served: Served, path: str) -> None:
    answer = httpx.get(served.url + path)
    said = answer.headers["content-security-policy"]
    assert said == policy()
    assert all(f"{part};" in f"{said};" for part in STRICT)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["referrer-policy"] == "same-origin"


def test_the_microphone_is_this_pages_alone(served: Served) -> None:
    allowed = httpx.get(f"{served.url}/").headers["permissions-policy"].split(", ")
    assert "microphone=(self)" in allowed


def test_no_source_is_a_wildcard_and_none_is_foreign() -> None:
    words = policy().replace(";", "").split()
    assert "*" not in words
    assert not [word for word in words if "://" in word or word in ("http:", "https:")]


def test_a_space_may_be_framed_by_hugging_face_and_by_nobody_else() -> None:
    ancestors = policy(on_space=True).partition("frame-ancestors ")[2].split()
    assert ancestors == ["'self'", "https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space"]


async def ask(
    response: Response, path: str = "/", *, on_space: bool = False, **headers: str
) -> httpx.Response:
    async def answer(_: Request) -> Response:
        return response

    app = Starlette(
        routes=[Route("/{rest:path}", answer, methods=["GET", "POST"])],
        middleware=[Middleware(Guard, on_space=on_space)],
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example") as client:
        return await client.post(path, headers=headers) if "origin" in headers else await client.get(path)


async def test_a_stream_is_marked_for_proxies_that_buffer() -> None:
    stream = await ask(Response(b"data: x\n\n", media_type="text/event-stream"))
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["cache-control"] == "no-store"
    assert "x-accel-buffering" not in (await ask(PlainTextResponse("x"))).headers


async def test_a_space_sends_no_x_frame_options() -> None:
    assert "x-frame-options" not in (await ask(PlainTextResponse("x"), on_space=True)).headers


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "image/svg+xml", "text/xml", "application/xhtml+xml"]
)
async def test_an_uploaded_file_that_a_browser_would_run_is_a_download(kind: str) -> None:
    response = Response(b"<svg/>", media_type=kind, headers={"content-disposition": "inline"})
    answer = await ask(response, "/gradio_api/file=/tmp/x")
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-security-policy"] == FILE_POLICY
    assert "sandbox" in FILE_POLICY


async def test_an_uploaded_picture_may_be_shown() -> None:
    answer = await ask(Response(b"x", media_type="image/png"), "/gradio_api/file=/tmp/x.png")
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"origin": "http://chat.example", "host": "chat.example"}, False),
        ({"origin": "http://evil.example", "host": "chat.example"}, True),
        ({"origin": "null", "host": "chat.example"}, True),
        ({"origin": "http://localhost:7860", "host": "127.0.0.1:7860"}, True),
        ({"origin": "https://chat.example", "host": "app:7860", "x-forwarded-host": "chat.example"}, False),
        ({"origin": "https://chat.example", "host": "app:7860", "sec-fetch-site": "same-origin"}, False),
        ({"origin": "http://chat.example", "host": "chat.example", "sec-fetch-site": "cross-site"}, True),
        ({"origin": "https://a.hf.space", "host": "b.hf.space", "sec-fetch-site": "same-site"}, True),
        ({"host": "chat.example", "sec-fetch-site": "cross-site"}, False),  # a link that was clicked
    ],
)
def test_another_sites_page_is_told_from_our_own(headers: dict[str, str], refused: bool) -> None:
    assert foreign(headers) is refused


async def test_another_site_is_refused_on_every_route() -> None:
    answer = await ask(PlainTextResponse("secret"), "/gradio_api/queue/join", origin="http://evil.example")
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]["what"]
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://127.0.0.1:1/x",
        "/gradio_api/file=%68ttp://127.0.0.1:1/x",
        "/gradio_api/file=HTTPS://example.com/x",
        "/gradio_api/file=file:///etc/passwd",
        "/gradio_api/proxy=https://x.hf.space/",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-edit",
        "/gradio_api/runs",
        "/gradio_api/run-history/buckets",
        "/gradio_api/dev/reload",
        "/gradio_api/stream/x/y/1/playlist.m3u8",
        "/gradio_api/custom_component/x/client/y/z.js",
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/queue/status",
    ],
)
def test_gradios_routes_that_nobody_needs_are_closed(served: Served, path: str) -> None:
    assert httpx.get(served.url + path).status_code == 404
    assert httpx.post(served.url + path, content=b"{}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/config", "/gradio_api/file=/tmp/a.png", "/gradio_api/queue/data", "/glm_ui/chat"]
)
def test_what_the_page_needs_is_open(path: str) -> None:
    assert not CLOSED.fullmatch(path)


@pytest.mark.parametrize("version", ["", "v-0123456789abcdef/"])
def test_the_sandbox_belongs_to_no_origin_and_may_ask_nobody(served: Served, version: str) -> None:
    answer = httpx.get(f"{served.url}/glm_ui/static/{version}python/frame.html")
    rules = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert rules.pop("sandbox") == "allow-scripts"
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("frame-ancestors") == "'self'"
    assert rules == {
        "script-src": "'unsafe-inline' 'wasm-unsafe-eval' blob:", "worker-src": "blob:", "img-src": "data:",
    }  # fmt: skip


async def test_an_upload_named_like_the_sandbox_keeps_the_policy_of_uploads() -> None:
    said = (await ask(PlainTextResponse("x"), "/gradio_api/file=/tmp/python/frame.html")).headers
    assert said["content-security-policy"] == FILE_POLICY


async def test_the_sandbox_of_a_space_may_be_framed_with_its_page() -> None:
    path = "/glm_ui/static/python/frame.html"
    said = (await ask(PlainTextResponse("x"), path, on_space=True)).headers["content-security-policy"]
    assert said.startswith("sandbox allow-scripts; ")
    assert said.partition("frame-ancestors ")[2] == policy(on_space=True).partition("frame-ancestors ")[2]
