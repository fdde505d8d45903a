"""Files from memory: the same answers, read from disk once, and nothing kept of what is not a file for everybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from glm_ui.serving import kept_files
from glm_ui.serving.kept_files import KeptFiles
from glm_ui.serving.static_files import version
from tests.serving import Served

SCRIPT = b"export const name = 'glm';\n" * 100
Answers = Callable[[Request], Response]


class Behind:
    """An app that counts how often it is asked, behind the middleware."""

    def __init__(self, answer: Answers) -> None:
        self.asked = 0

        async def endpoint(request: Request) -> Response:
            self.asked += 1
            return answer(request)

        app = Starlette(routes=[Route("/{path:path}", endpoint)], middleware=[Middleware(KeptFiles)])
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")

    def get(self, path: str, **headers: str) -> Awaitable[httpx.Response]:
        sent = {"accept-encoding": "identity"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        return self.client.get(path, headers=sent)


def script(_: Request) -> Response:
    return Response(SCRIPT, media_type="text/javascript", headers={"etag": '"1"'})


async def test_a_file_is_read_once_and_compressed_once() -> None:
    app = Behind(script)
    for encoding in ("br, gzip", "identity"):
        told = [await app.get("/assets/a-1.js", accept_encoding=encoding) for _ in range(3)]
        assert [answer.content for answer in told] == [SCRIPT] * 3
        assert {answer.headers["content-type"] for answer in told} == {"text/javascript; charset=utf-8"}
        assert {answer.headers["etag"] for answer in told} == {'"1"'}
        assert [answer.headers.get("content-encoding") for answer in told[1:]] == (
            ["br"] * 2 if "br" in encoding else [None] * 2
        )
        assert int(told[-1].headers["content-length"]) < len(SCRIPT) or encoding == "identity"
    assert app.asked == 2


@pytest.mark.parametrize(
    "path",
    [
        "/", "/config", "/assets/", "/assets/a.js?v=1", "/assets//a.js", "/assets/%2e/a.js", "/assets/b/%2e%2e/a.js",
        "/glm_ui/static/v-0123456789abcdef/app.js", "/glm_ui/static/app.js", "/gradio_api/file=/assets/a.js",
    ],
)  # fmt: skip
async def test_only_a_file_under_its_one_name_is_kept(path: str) -> None:
    app = Behind(script)
    for _ in range(2):
        assert (await app.get(path)).content == SCRIPT
    assert app.asked == 2


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: Response(SCRIPT, status_code=404),
        lambda _: Response(SCRIPT, headers={"set-cookie": "session=1"}),
        lambda _: Response(bytes(kept_files.LARGEST + 1)),
        lambda _: StreamingResponse(iter([SCRIPT, SCRIPT])),
    ],
)
async def test_an_answer_for_one_visitor_or_of_no_known_size_is_not_kept(answer: Answers) -> None:
    app = Behind(answer)
    path = f"/glm_ui/static/{version()}/app.js"
    first, second = await app.get(path), await app.get(path)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert app.asked == 2


@pytest.mark.parametrize("name", kept_files.CONDITIONS)
async def test_a_request_for_a_part_or_for_what_has_changed_goes_to_the_file(name: str) -> None:
    app = Behind(script)
    for _ in range(2):
        await app.get("/assets/a.js")
    await app.get("/assets/a.js", **{name.replace("-", "_"): "x"})
    assert app.asked == 2


async def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "MOST", 3 * len(SCRIPT))
    app = Behind(script)
    for number in (*range(5), *range(5)):
        await app.get(f"/assets/{number}.js")
    assert app.asked == 5 + 2


def test_the_served_page_has_its_files_whole_and_guarded(served: Served) -> None:
    address = f"{served.url}/glm_ui/static/{version()}/built/app.js"
    compressed: dict[str, Any] = {"accept-encoding": "br"}
    for sent in ({"accept-encoding": "identity"}, compressed, compressed):
        answer = httpx.get(address, headers=sent)
        assert answer.status_code == 200
        assert answer.content.startswith(b"const ") or b"export{" in answer.content
        assert "script-src" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "br"
    foreign = httpx.get(address, headers={"host": "evil.example"})
    assert foreign.status_code >= 400
    with httpx.stream("GET", address, headers=compressed) as stream:
        assert brotli.decompress(b"".join(stream.iter_raw())).endswith(b"\n")
