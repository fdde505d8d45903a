"""Who may use the gateway, with which key and how much: the middleware alone, in this process."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from glm_ui.accounting.quota import Quota
from glm_ui.errors import BadSettings
from glm_ui.gateway.__main__ import main
from glm_ui.gateway.keys import KeyRing, digest, line_of, new_key, read_line
from glm_ui.gateway.server import Gateway, Service
from glm_ui.serving.admission import Turnstile
from glm_ui.settings import Settings
from tests.conftest import CANARY
from tests.upstream import Upstream, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
KEY, OTHER = new_key(), new_key()
BODY: dict[str, Any] = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}]}
Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
def gateway(up: Upstream, settings_for: Callable[..., Settings]) -> Client:
    """`gateway(lines, **settings)`: a client of a gateway whose upstream answers every request."""
    up.reply(sse=openai_frames("", "Hi.", usage={"prompt_tokens": 10, "completion_tokens": 20}))

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"the page"})

    def make(keys: str = "", **more: Any) -> httpx.AsyncClient:
        settings = settings_for(up, **({"glm_ui_gateway_keys": keys} if keys else {}), **more)
        app = Gateway(page, Service(settings, Turnstile(Quota.of(settings))))
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app),  # type: ignore[arg-type]
            base_url="http://127.0.0.1:7860",
        )

    return make


async def ask(
    client: httpx.AsyncClient, path: str = "/v1/chat/completions", **headers: str
) -> httpx.Response:
    return await client.post(path, json={**BODY, "max_tokens": 100}, headers=headers)


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


# ---- without keys


async def test_at_home_any_key_will_do(gateway: Client) -> None:
    async with gateway() as client:
        assert (await ask(client, **bearer("whatever"))).status_code == 200
        assert (await ask(client)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "rebound.example"},
        {"host": "192.168.1.5:7860"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "cross-site"},
    ],
)
async def test_at_home_other_names_and_sites_are_refused(
    gateway: Client, up: Upstream, headers: dict[str, str]
) -> None:
    async with gateway() as client:
        got = await ask(client, "/anthropic/v1/messages", **headers)
    assert got.status_code == 403
    assert got.json()["error"]["type"] == "permission_error"
    assert not up.requests


PUBLIC: list[dict[str, Any]] = [
    {"glm_ui_host": "0.0.0.0"},
    {"space_id": "someone/space"},
    {"glm_ui_trusted_proxies": ("127.0.0.1",)},
    {"glm_ui_hosts": ("chat.example.org",)},
]


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "via"])
async def test_without_keys_what_a_proxy_passed_on_is_refused_in_both_protocols(
    gateway: Client, up: Upstream, name: str
) -> None:
    passed_on = {"host": "127.0.0.1:7860", name: "203.0.113.7"}
    async with gateway() as client:
        openai = await ask(client, **passed_on)
        anthropic = await ask(client, "/anthropic/v1/messages", **passed_on)
    assert (openai.status_code, anthropic.status_code) == (403, 403)
    assert openai.json()["error"]["code"] == "permission_denied"
    assert anthropic.json()["error"]["type"] == "permission_error"
    for refused in (openai, anthropic):
        assert "GLM_UI_GATEWAY_KEYS" in refused.json()["error"]["message"]
        assert "GLM_UI_GATEWAY=off" in refused.json()["error"]["message"]
    assert not up.requests
    async with gateway(line_of("anna", KEY)) as client:
        assert (await ask(client, **bearer(KEY), **passed_on)).status_code == 200


@pytest.mark.parametrize("more", PUBLIC)
async def test_where_others_reach_it_it_is_closed_until_there_is_a_key(
    gateway: Client, up: Upstream, more: dict[str, Any]
) -> None:
    async with gateway(**more) as client:
        got = await ask(client)
        assert got.status_code == 403
        assert "GLM_UI_GATEWAY_KEYS" in got.json()["error"]["message"]
        assert "glm-ui gateway key" in got.json()["error"]["message"]
    async with gateway(line_of("anna", KEY), **more) as client:
        assert (await ask(client, **bearer(KEY), host="chat.example.org")).status_code == 200
    assert len(up.requests) == 1


async def test_it_can_be_turned_off(gateway: Client) -> None:
    async with gateway(glm_ui_gateway="off") as client:
        got = await ask(client)
    assert got.status_code == 404
    assert "GLM_UI_GATEWAY=off" in got.json()["error"]["message"]


async def test_what_is_not_the_gateways_goes_to_the_page(gateway: Client) -> None:
    async with gateway() as client:
        for path in ("/", "/glm_ui/chat", "/gradio_api/info", "/v1x", "/config"):
            assert (await client.get(path)).status_code == 299


# ---- with keys


@pytest.mark.parametrize("header", ["bearer", "x-api-key"])
async def test_a_key_opens_it_and_goes_no_further(gateway: Client, up: Upstream, header: str) -> None:
    headers = bearer(KEY) if header == "bearer" else {"x-api-key": KEY}
    async with gateway(f"{line_of('anna', KEY)};{line_of('bo', OTHER)}") as client:
        assert (await ask(client, **headers)).status_code == 200
    assert KEY not in repr(up.requests[0])
    assert CANARY in up.requests[0].headers["authorization"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("sk-glmui-wrong"),
        {"x-api-key": ""},
        {"authorization": "Basic abc"},
        bearer("k" * 4000),
        {"cookie": "access-token-x=y"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/anthropic/v1/messages"])
async def test_no_other_key_opens_it(
    gateway: Client, up: Upstream, headers: dict[str, str], path: str
) -> None:
    async with gateway(line_of("anna", KEY)) as client:
        got = await ask(client, path, **headers)
    assert got.status_code == 401
    error = got.json()["error"]
    assert error["type"] == ("authentication_error" if "anthropic" in path else "invalid_request_error")
    assert not up.requests


async def test_a_key_may_expire(gateway: Client) -> None:
    async with gateway(line_of("anna", KEY) + ":until=2020-01-01") as client:
        got = await ask(client, **bearer(KEY))
    assert got.status_code == 401
    assert "expired" in got.json()["error"]["message"]


async def test_a_key_may_be_for_some_models(gateway: Client) -> None:
    async with gateway(line_of("anna", KEY) + ":models=glm-4.6") as client:
        assert (await ask(client, **bearer(KEY))).status_code == 200
        other = await client.post(
            "/v1/chat/completions", json={**BODY, "model": "glm-5"}, headers=bearer(KEY)
        )
    assert other.status_code == 404
    assert "glm-4.6" in other.json()["error"]["message"]


@pytest.mark.parametrize(
    ("limit", "status", "retry"),
    [("turns/minute=2", 429, "true"), ("turns/day=2", 429, "false"), ("tokens/day=8050", 429, "false")],
)
async def test_limits_of_a_key_are_its_own(
    gateway: Client, up: Upstream, limit: str, status: int, retry: str
) -> None:
    lines = f"{line_of('anna', KEY)}:{limit};{line_of('bo', OTHER)}"
    if limit.startswith("tokens"):
        up.reply(sse=openai_frames("", "Hi.", usage={"prompt_tokens": 10, "completion_tokens": 4020}))
        up._queue.pop(0)
    async with gateway(lines) as client:
        assert [(await ask(client, **bearer(KEY))).status_code for _ in range(2)] == [200, 200]
        third = await ask(client, **bearer(KEY))
        assert (await ask(client, **bearer(OTHER))).status_code == 200
    assert third.status_code == status
    assert third.headers["x-should-retry"] == retry
    assert ("retry-after" in third.headers) == (retry == "true")
    assert "This key" in third.json()["error"]["message"]


async def test_the_visitors_limits_hold_for_keys_too(gateway: Client) -> None:
    async with gateway(line_of("anna", KEY), glm_ui_turns_per_visitor=1) as client:
        assert (await ask(client, **bearer(KEY))).status_code == 200
        assert (await ask(client, **bearer(KEY))).status_code == 429


# ---- keys and their lines


def test_a_key_is_shown_once_with_the_line_to_keep(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "anna"]) == 0
    said = capsys.readouterr().out
    key, line = re.findall(r"^  (\S+)$", said, re.MULTILINE)
    assert key.startswith("sk-")
    assert line == f"anna:{digest(key)}"
    assert key not in line
    with pytest.raises(SystemExit):
        main(["key", "not: a label"])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "anna",
        "anna:abc",
        f"an na:{'0' * 64}",
        f"anna:{'0' * 64}:turns/week=1",
        f"anna:{'0' * 64}:turns/day=-1",
        f"anna:{'0' * 64}:until=tomorrow",
    ],
)
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_line(line)
    if line:
        with pytest.raises(BadSettings) as wrong:
            KeyRing(line)
        assert "GLM_UI_GATEWAY_KEYS" in str(wrong.value)


def test_a_file_of_keys_is_read_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glm_ui.gateway.keys.LOOK_AGAIN", 0.0)
    file = tmp_path / "keys"
    file.write_text(f"# ours\n\n{line_of('anna', KEY)}\n")
    ring = KeyRing(str(file))
    assert ring.holder(KEY)
    assert not ring.holder(OTHER)
    file.write_text(f"{line_of('bo', OTHER)}\n{line_of('cy', new_key())}\n")
    os.utime(file, ns=(1, 1))
    assert not ring.holder(KEY)
    assert (ring.holder(OTHER) or read_line(line_of("nobody", KEY))).label == "bo"
    file.write_text("not a line")
    assert ring.holder(OTHER), "a broken file leaves the keys as they were"


def test_a_file_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(BadSettings):
        KeyRing("/no/such/file")
