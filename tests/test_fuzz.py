"""Nonsense for every endpoint, ours and Gradio's, and floods: the process lives, nothing foreign is read, and no answer
holds a traceback. The real app, asked by a plain client."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import CANARY, PAGE
from tests.serving import Served, running_app
from tests.test_routes import GRADIO_OPEN, OURS, words
from tests.upstream import openai_frames

DEEP = b"[" * 5_000 + b"]" * 5_000
OBJECTS = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
BODIES: tuple[bytes, ...] = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"NaN",
    b"1e999",
    b"\x00\xff\xfe",
    b"{}",
    DEEP,
    OBJECTS,
    b'{"data":null}',
    b'{"data":[null],"fn_index":-1,"session_hash":{}}',
    b'{"data":[[[[]]]],"fn_index":999999,"session_hash":"x"}',
    b'{"data":[1,2,3,4,5,6,7,8,9,10],"fn_index":0,"session_hash":"x","trigger_id":"x","event_data":[]}',
    b'{"session":[],"provider":{},"key":1,"model":[],"messages":"x","visitor":[],"path":[]}',
    b'{"session":"s","model":"glm-4.6","messages":[{"role":"user","text":"\\ud800"}]}',
    b'{"session":"s","id":"../../x","model":"glm-4.6","messages":[{"role":"user","text":"Hi"}]}',
    b'{"session":"s","model":"glm-4.6","messages":[' + b'{"role":"user","text":""},' * 3_000 + b"{}]}",
    json.dumps({"session": "s" * 100_000, "name": "n" * 1_000_000}).encode(),
)
HOLES = re.compile(r"\{[^}]*\}")
TRACE = re.compile(r"Traceback \(most recent|File \"[^\"]+\", line \d+|/site-packages/")


@pytest.fixture(scope="module")
def _served() -> Iterator[Served]:
    """An app of their own: calls that nobody fetches may begin in a later test."""
    with running_app() as app:
        yield app


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    served.up.reply(sse=openai_frames("", "ok"))
    with httpx.Client(base_url=served.url, timeout=30) as client:
        yield client


def ended(response: httpx.Response) -> str:
    """The answer's text, at most its first piece where it is a stream that does not end by itself."""
    pieces = response.iter_text()
    return next(pieces, "") if "event-stream" in response.headers.get("content-type", "") else "".join(pieces)


@pytest.mark.parametrize("route", sorted(route for route in words(OURS) if route.startswith("POST")))
def test_our_routes_answer_nonsense_with_a_4xx_in_plain_words(client: httpx.Client, route: str) -> None:
    for body in BODIES:
        with client.stream("POST", route.split()[1], content=body) as answer:
            text = ended(answer)
            assert answer.status_code < 500, (body[:80], text[:300])
            assert not TRACE.search(text)
            assert CANARY not in text
            if answer.status_code >= 400:
                assert json.loads(text)["error"]["what"]


@pytest.mark.parametrize("route", sorted(words(GRADIO_OPEN)))
def test_gradios_routes_show_no_traceback(client: httpx.Client, route: str) -> None:
    method, path = route.split()
    silent = any(name in path for name in ("queue/data", "heartbeat", "upload_progress"))
    query, patience = ("?session_hash=nobody&upload_id=none", 1) if silent else ("", 30)
    # After a 500 the server hangs up, so each request has a connection of its own.
    headers = {"content-type": "application/json", "connection": "close"}
    for filling in ("chat",) if silent else ("chat", "..%2F..%2Fetc%2Fpasswd", "%00", "x" * 3_000):
        for body in BODIES if method == "POST" and filling == "chat" else BODIES[:1]:
            url = HOLES.sub(filling, path) + query
            try:
                with client.stream(method, url, content=body, headers=headers, timeout=patience) as answer:
                    text = ended(answer)
            except httpx.ReadTimeout:
                assert silent
                continue
            assert not TRACE.search(text), (url, body[:80], text[:500])
            assert CANARY not in text


def test_afterwards_the_app_still_answers_and_wrote_no_key(client: httpx.Client, served: Served) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert served.app.process.poll() is None
    assert CANARY not in "".join(served.app.output)


# ---- files


FOREIGN = ("/etc/passwd", "app.py", "../app.py", ".env", "glm_ui/settings/fields.py", "/proc/self/environ")


@pytest.mark.parametrize("path", FOREIGN)
def test_a_file_outside_the_upload_folder_is_not_served(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/gradio_api/file={path}")
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text
    assert CANARY not in answer.text


REST: dict[str, list[object]] = {
    "chat": ["Hi", "glm-4.6", None, False, "", []],
    "multimodal": [[], "Hi", "glm-4.5v", "zai", False, []],
}
"""What each streaming endpoint takes, whole: Gradio refuses a call with fewer values before ours are looked at."""
WAYS = ("call", "call/v2", "queue")


def filled(name: str, *data: object) -> list[object]:
    return [*data, *REST[name][len(data) :]]


def gradio_call(client: httpx.Client, name: str, data: list[object], way: str = "call") -> str:
    """What a named endpoint says to `data` as anyone may post it, by each way that Gradio has."""
    if way == "queue":
        named = {d.get("api_name"): d["id"] for d in client.get("/config").json()["dependencies"]}
        asked = {"data": data, "fn_index": named[name], "session_hash": f"fuzz-{name}"}
        begun = client.post("/gradio_api/queue/join", json=asked)
        path, query = "/gradio_api/queue/data", {"session_hash": f"fuzz-{name}"}
    else:
        keywords = ("files", "prompt") if name == "multimodal" else ("message",)
        body = dict(zip(keywords, data, strict=False)) if way == "call/v2" else {"data": data}
        begun = client.post(f"/gradio_api/{way}/{name}", json=body)
        path, query = f"/gradio_api/{way}/{name}/{begun.json().get('event_id', '')}", {}
    if begun.status_code != 200:
        return begun.text
    with client.stream("GET", path, params=query) as answer:
        return "".join(answer.iter_text())


@pytest.mark.parametrize("way", WAYS)
def test_the_ways_in_are_open_to_what_is_right(client: httpx.Client, served: Served, way: str) -> None:
    """Or the tests below would pass for want of a door."""
    assert "ok" in gradio_call(client, "chat", filled("chat", "Hi"), way)
    (path,) = client.post("/gradio_api/upload", files={"files": ("a.txt", b"Words.")}).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "a.txt"}
    assert "ok" in gradio_call(client, "multimodal", filled("multimodal", [file], "Hi"), way)
    assert b"Words." in served.up.requests[-1].body


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("path", "also"),
    [
        (str(Path(__file__).parents[1] / "app.py"), {}),
        ("/proc/self/environ", {}),
        ("/etc/passwd", {"url": "http://127.0.0.1:9/x"}),
        ("/etc/passwd", {"orig_name": "x.png", "mime_type": "image/png"}),
    ],
)
def test_a_raw_post_with_a_foreign_path_reads_nothing(
    client: httpx.Client, served: Served, path: str, also: dict[str, str], way: str
) -> None:
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, **also}
    for data in (
        filled("multimodal", [file], "What is this?"),
        filled("multimodal", file, "What is this?"),
        filled("multimodal", [path], "What is this?"),
        filled("multimodal", [f"file://{path}"], "What is this?"),
        filled("chat", file),
    ):
        said = gradio_call(
            client, "multimodal" if len(data) == 6 and data[2] == "glm-4.5v" else "chat", data, way
        )
        assert "error" in said
        assert "root:" not in said
        assert CANARY not in said
        assert not TRACE.search(said)
    # Earlier tests of this app may still have turns on their way.
    asked = [request.body for request in served.up.requests]
    assert not any(b"What is this?" in body or path.encode() in body for body in asked)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/x.png", "http://localhost:{port}/x", "file:///etc/passwd"]
)
def test_a_raw_post_with_a_foreign_url_fetches_nothing(
    client: httpx.Client, served: Served, url: str, way: str
) -> None:
    """A picture's address may go on to the provider, who fetches it; this server asks no neighbour."""
    url = url.format(port=served.up.port)
    for file in ({"path": "", "url": url, "meta": {"_type": "gradio.FileData"}}, {"url": url}, url):
        said = gradio_call(client, "multimodal", filled("multimodal", [file], "What is this?"), way)
        assert "root:" not in said
        assert not TRACE.search(said)
    assert {r.path for r in served.up.requests} <= {"/api/paas/v4/chat/completions"}
    assert not any(b"root:" in r.body for r in served.up.requests)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("x.html", b"<script>alert(1)</script>"),
        ("x.xhtml", b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>'),
    ],
)
def test_an_uploaded_page_is_a_download_that_can_do_nothing(
    client: httpx.Client, name: str, data: bytes
) -> None:
    (path,) = client.post("/gradio_api/upload", files={"files": (name, data)}).json()
    answer = client.get(f"/gradio_api/file={path}")
    assert answer.status_code == 200
    kind = answer.headers["content-type"]
    assert answer.headers["content-disposition"].startswith("attachment") or "octet-stream" in kind
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["x.svg", "x.html", "x.xml"])
def test_our_own_routes_send_pictures_of_uploads_and_never_the_upload(
    client: httpx.Client, name: str
) -> None:
    data = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    (path,) = client.post("/gradio_api/upload", files={"files": (name, data)}).json()
    file = client.post("/glm_ui/file", json={"visitor": PAGE, "path": path, "name": name}).json()
    asked = {"visitor": PAGE, "model": "glm-4.5v", "provider": "zai", "file": {"id": file["id"]}}
    for route in ("picture", "region", "plan"):
        answer = client.post(
            f"/glm_ui/{route}", json={**asked, "box": [0, 0, 9, 9]} if route == "region" else asked
        )
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in ("application/json", "text/event-stream", "image/png", "image/jpeg", "image/webp")
        assert b"<script" not in answer.content
        assert answer.headers["x-content-type-options"] == "nosniff"


# ---- floods


def resident(served: Served) -> int:
    """Bytes of the app's process in memory."""
    status_file = Path(f"/proc/{served.app.process.pid}/status")
    if not status_file.exists():
        pytest.skip("only Linux tells a process's memory in /proc")
    status = status_file.read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024


def test_a_flood_of_sessions_stays_within_bounds(client: httpx.Client, served: Served) -> None:
    key = "k" * 4_000
    before = resident(served)
    for number in range(500):
        client.post(
            "/glm_ui/key", json={"session": f"flood-{number}".ljust(32, "-"), "provider": "zai", "key": key}
        )
    assert (
        client.post("/glm_ui/key", json={"session": PAGE, "provider": "zai", "key": "k" * 5_000}).status_code
        == 400
    )
    assert resident(served) - before < 20 * 2**20


async def test_readers_who_do_not_read_stay_within_bounds(served: Served) -> None:
    big = ["word " * 200] * 2_000  # 2 MB each
    served.up.reply(sse=openai_frames("", big))
    before = resident(served)
    body = json.dumps(
        {"session": "", "model": "glm-4.6", "messages": [{"role": "user", "text": "Hi"}]}
    ).encode()
    host, port = served.url.removeprefix("http://").split(":")
    writers = []
    for _ in range(12):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
        head = f"POST /glm_ui/chat HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        assert b"200" in await reader.readline()
        writers.append(writer)
    await served.up.asked(12)
    async with httpx.AsyncClient() as other:
        assert (await other.get(f"{served.url}/healthz", timeout=10)).status_code == 200
    assert resident(served) - before < 150 * 2**20
    for writer in writers:
        writer.close()
    await served.up.closed(12)


async def test_a_flood_of_calls_that_nobody_fetches_stays_within_bounds(served: Served) -> None:
    """Gradio would keep two thousand of these, three megabytes each."""
    served.up.reply(sse=openai_frames("", "ok"))
    before = resident(served)
    async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:
        for _ in range(7):
            calls = [
                client.post("/gradio_api/call/models", json={"data": ["", None, None]}) for _ in range(8)
            ]
            calls += [client.post("/gradio_api/call/chat", json={"data": REST["chat"]}) for _ in range(2)]
            assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}
        assert (await client.get("/healthz")).status_code == 200
    assert resident(served) - before < 100 * 2**20


def test_gradios_routes_take_no_body_without_end(client: httpx.Client, served: Served) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"data":["'
        for _ in range(64):
            yield b"x" * 2**20

    before = resident(served)
    for path in ("queue/join", "call/chat", "run/chat", "api/resolve"):
        try:
            answer = client.post(f"/gradio_api/{path}", content=endless())
        except httpx.WriteError:  # it hung up while we were talking
            continue
        assert 400 <= answer.status_code < 500
    assert resident(served) - before < 120 * 2**20


def test_a_body_without_end_is_cut_off(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 2**20

    answer = client.post("/glm_ui/chat", content=endless())
    assert answer.status_code == 400
    assert "too large" in answer.json()["error"]["what"]
