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
            if said in ("One ", "One two "):
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
        next(answer.iter_lines())
    served.up.wait_aborted(1, patience=20)


def test_our_own_page_is_let_in_though_the_proxy_names_another_host(served: Served, proxied: str) -> None:
    browser = {"origin": proxied, "sec-fetch-site": "same-origin"}
    assert httpx.post(f"{proxied}/glm_ui/state", json={"session": "s"}, headers=browser).status_code == 200
    foreign = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert httpx.post(f"{proxied}/glm_ui/state", json={"session": "s"}, headers=foreign).status_code == 403


def test_nginx_is_what_it_says(proxied: str, tmp_path: Path) -> None:
    assert httpx.get(f"{proxied}/healthz").headers["server"].startswith("nginx/")
