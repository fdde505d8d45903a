"""Under which names the app may be asked: a page whose name was made to lead here is refused on every route."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from glm_ui.serving.hosts import is_listed, names
from glm_ui.settings import Settings
from tests.serving import Served

MakeSettings = Callable[..., Settings]


def listed(**values: object) -> frozenset[str]:
    return names(Settings(_env_file=None, **values), machine="Box.example.net")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "host",
    [
        "", "localhost", "LOCALHOST:7860", "a.localhost", "127.0.0.1:7860", "192.168.1.20:7860", "203.0.113.9",
        "[::1]:7860", "[fe80::1%25eth0]:80", "box.example.net:7860", "box.local", "box.local.:7860",
    ],
)  # fmt: skip
def test_loopback_addresses_and_the_machines_own_names_need_no_setting(host: str) -> None:
    assert is_listed(host, listed())


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example", "rebound.example:7860", "localhost.rebound.example", "127.0.0.1.rebound.example",
        "localhost@rebound.example", "other.local", "a.hf.space", "::1.rebound.example", "[rebound.example]",
        "2130706433", "0x7f.1", " ", "*",
    ],
)  # fmt: skip
def test_any_other_name_is_refused(host: str) -> None:
    assert not is_listed(host, listed())


def test_the_owner_lists_names_and_all_below_a_name() -> None:
    named = listed(glm_ui_hosts="Chat.example.org, *.intern.example")
    assert is_listed("chat.example.org:443", named)
    assert is_listed("a.b.intern.example", named)
    assert not is_listed("intern.example", named)
    assert not is_listed("chat.example.org.rebound.example", named)
    assert is_listed("anything.example", listed(glm_ui_hosts="*"))


def test_a_name_to_listen_on_is_one_to_be_asked_under() -> None:
    assert is_listed("inside.example:7860", listed(glm_ui_host="inside.example"))


def test_a_space_is_asked_under_its_own_names() -> None:
    space = listed(space_id="owner/name", space_host="owner-name.hf.space")
    assert is_listed("owner-name.hf.space", space)
    assert is_listed("another-name.hf.space", space)
    assert not is_listed("rebound.example", space)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/config"), ("GET", "/glm_ui/models"), ("GET", "/glm_ui/static/app.js"),
        ("POST", "/glm_ui/chat"), ("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/call/chat"),
        ("GET", "/gradio_api/heartbeat/x"), ("POST", "/gradio_api/upload"), ("GET", "/gradio_api/file=/tmp/x"),
    ],
)  # fmt: skip
def test_a_rebound_name_is_refused_on_every_route(served: Served, method: str, path: str) -> None:
    headers = {
        "host": "rebound.example:7860",
        "origin": "http://rebound.example:7860",
        "sec-fetch-site": "same-origin",
    }
    answer = httpx.request(method, served.url + path, headers=headers)
    assert answer.status_code == 421
    assert "GLM_UI_HOSTS=rebound.example" in answer.json()["error"]["todo"]
    assert "content-security-policy" in answer.headers


def test_a_person_reads_what_to_set_and_a_balancer_its_health(served: Served) -> None:
    named = {"host": "chat.example.org", "accept": "text/html,*/*"}
    told = httpx.get(served.url, headers=named)
    assert told.status_code == 421
    assert told.headers["content-type"].startswith("text/plain")
    assert "set GLM_UI_HOSTS=chat.example.org and start it again" in told.text
    assert httpx.get(f"{served.url}/healthz", headers=named).status_code == 200


def test_a_name_that_is_no_name_is_not_repeated(served: Served) -> None:
    told = httpx.get(served.url, headers={"host": "<script>alert(1)</script>.example"})
    assert told.status_code in (400, 421)
    assert "script" not in told.text
