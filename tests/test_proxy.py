"""Behind nginx with its defaults: it buffers, speaks HTTP/1.0 to us, sends a Host of its own and cuts what is idle."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.neighbours import nginx, plain_proxy
from tests.serving import Served
from tests.upstream import openai_frames

TURN = {"session": "", "model": "glm-4.6", "provider": "zai", "messages": [{"role": "user", "text": "Hi"}]}
IDLE = 10.0
"""Seconds of silence that the least patient proxies allow."""


@pytest.fixture(scope="module")
def proxied(_served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nginx(tmp_path_factory.mktemp("nginx"), plain_proxy(_served.url)) as url:
        yield url


def test_a_stream_comes_through_piece_by_piece(served: Served, proxied: str) -> None:
    served.up.reply(sse=openai_frames("", ["One ", "two ", "three."]), hold=(1, 2))
    said = ""
    with httpx.stream("POST", f"{proxied}/glm_ui/chat", json=TURN, timeout=20) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                said += json.loads(line[6:]).get("a", "")
            # The next piece leaves the upstream only when the one before it has come through.
            if line and said in ("One ", "One two "):
                served.up.release()
    assert said == "One two three."


def test_a_silent_stream_is_never_idle_for_long(served: Served, proxied: str) -> None:
    served.up.reply(sse=openai_frames("", "Hm", finish=None), then="stall")
    with httpx.stream("POST", f"{proxied}/glm_ui/chat", json=TURN, timeout=20) as answer:
        lines = answer.iter_lines()
        while '"a":"Hm"' not in next(lines):
            pass
        silent_since = time.monotonic()
        while next(lines) != ":":
            pass
        assert time.monotonic() - silent_since < IDLE
    served.up.wait_aborted(1)


def test_a_reader_who_leaves_the_proxy_closes_the_upstream(served: Served, proxied: str) -> None:
    served.up.reply(sse=openai_frames("", "Hm", finish=None), then="stall")
    with httpx.stream("POST", f"{proxied}/glm_ui/chat", json=TURN, timeout=20) as answer:
        lines = answer.iter_lines()
        while '"a":"Hm"' not in next(lines):
            pass
    served.up.wait_aborted(1, patience=20)


def test_our_own_page_is_let_in_though_the_proxy_names_another_host(served: Served, proxied: str) -> None:
    browser = {"origin": proxied, "sec-fetch-site": "same-origin"}
    assert httpx.post(f"{proxied}/glm_ui/state", json={"session": "s"}, headers=browser).status_code == 200
    foreign = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert httpx.post(f"{proxied}/glm_ui/state", json={"session": "s"}, headers=foreign).status_code == 403


def gradio_call(proxied: str) -> str:
    """Where the events of a call to `/chat` stream from."""
    data = ["Hi", "glm-4.6", "zai", False, "", []]
    begun = httpx.post(f"{proxied}/gradio_api/call/chat", json={"data": data}).json()
    return f"{proxied}/gradio_api/call/chat/{begun['event_id']}"


def test_gradios_own_stream_comes_through_piece_by_piece(served: Served, proxied: str) -> None:
    served.up.reply(sse=openai_frames("", ["One ", "two ", "three."]), hold=(1, 2))
    said: list[str] = []
    with httpx.stream("GET", gradio_call(proxied), timeout=20) as answer:
        for line in answer.iter_lines():
            text = json.loads(line[6:])[1] if line.startswith("data: [") else ""
            if text and text not in said:
                said.append(text)
                served.up.release()
    assert said == ["One ", "One two ", "One two three."]


def test_gradios_own_stream_is_never_idle_for_long(served: Served, proxied: str) -> None:
    served.up.reply(sse=openai_frames("", "Hm", finish=None), then="stall")
    with httpx.stream("GET", gradio_call(proxied), timeout=20) as answer:
        lines = answer.iter_lines()
        while '"Hm"' not in next(lines):
            pass
        silent_since = time.monotonic()
        while not next(lines):  # the blank line that ends a frame
            pass
        assert time.monotonic() - silent_since < IDLE
    served.up.wait_aborted(1, patience=20)


@pytest.mark.parametrize("path", ["queue/data?session_hash=proxy", "heartbeat/proxy"])
def test_every_stream_of_gradios_asks_proxies_not_to_hold_it(served: Served, path: str) -> None:
    """Asked directly: nginx obeys the header and keeps it to itself."""
    with httpx.stream("GET", f"{served.url}/gradio_api/{path}", timeout=5) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"


def test_nginx_is_what_it_says(proxied: str, tmp_path: Path) -> None:
    assert httpx.get(f"{proxied}/healthz").headers["server"].startswith("nginx/")
