"""A private deployment (GLM_UI_AUTH), and a Space where visitors sign in with Hugging Face (hf_oauth): the real app
over HTTP, and a stand-in for Hugging Face's OpenID provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from glm_ui.serving.sign_in_gate import WRONG
from tests.browser.conftest import App, pointed_at, start_app, stop_app
from tests.test_routes import GRADIO_OPEN, OURS, words
from tests.upstream import Reply, Request, Upstream, openai_frames

TURN = {"session": "s", "model": "glm-4.6", "messages": [{"role": "user", "text": "Hi"}]}
FOR_ANYONE = words(
    """
GET /  GET /theme.css  GET /gradio_api/theme.css  GET /favicon.ico  GET /robots.txt  GET /manifest.json
GET /pwa_icon  GET /pwa_icon/{size}  GET /static/{path:path}  GET /assets/{path:path}  GET /svelte/{path:path}
GET /gradio_api/app_id  GET /gradio_api/startup-events  GET /gradio_api/user  GET /gradio_api/token
POST /login  GET /logout  GET /healthz  MOUNT /glm_ui/static  GET /glm_ui/service_worker.js
"""
)
"""What the login page needs, and what tells nothing: where people sign in the service worker only takes itself away."""
FOR_THIS_MACHINE = words("GET /metrics")
"""Asks who is there by itself (test_metrics.py)."""


# ---- GLM_UI_AUTH


@pytest.fixture(scope="module")
def _private() -> Iterator[tuple[App, Upstream]]:
    with Upstream() as up:
        people = {"GLM_UI_AUTH": "ann:pass-of-ann, bob:pass-of-bob", "GLM_UI_TURNS_PER_VISITOR": "1"}
        app = start_app(**pointed_at(up.url), **people)
        yield app, up
        stop_app(app)


@pytest.fixture
def private(_private: tuple[App, Upstream]) -> tuple[App, Upstream]:
    _private[1].forget()
    return _private


def signed_in(app: App, name: str) -> httpx.Client:
    answer = httpx.post(f"{app.url}login", data={"username": name, "password": f"pass-of-{name}"})
    assert answer.json() == {"success": True}
    cookies = dict(line.split(";")[0].split("=", 1) for line in answer.headers.get_list("set-cookie"))
    return httpx.Client(base_url=app.url, cookies=cookies)


@pytest.mark.parametrize("route", sorted((words(OURS) | words(GRADIO_OPEN)) - FOR_ANYONE - FOR_THIS_MACHINE))
def test_without_the_password_every_route_that_does_something_is_closed(
    private: tuple[App, Upstream], route: str
) -> None:
    app, up = private
    method, path = route.split()
    asked = {**TURN, "data": ["Hi"], "fn_index": 0, "session_hash": "x"}
    for headers in ({}, {"cookie": "access-token=x; access-token-unsecure=x"}):
        answer = httpx.request(
            method,
            app.url.rstrip("/") + re.sub(r"\{[^}]*\}", "chat", path),
            params={"session_hash": "x", "upload_id": "x"},
            headers=headers,
            **({"json": asked} if method == "POST" else {}),
        )
        assert answer.status_code == 401
    assert up.requests == []


def test_the_login_page_tells_nothing_of_the_app(private: tuple[App, Upstream]) -> None:
    app, _ = private
    page = httpx.get(app.url).text
    assert "auth_required" in page
    assert "chat-log" not in page
    wrong = httpx.post(f"{app.url}login", data={"username": "ann", "password": "pass-of-bob"})
    assert wrong.status_code == 400
    assert "set-cookie" not in wrong.headers


def test_guessing_passwords_is_slowed_whatever_address_a_header_claims(private: tuple[App, Upstream]) -> None:
    app, _ = private
    transport = httpx.HTTPTransport(local_address="127.0.0.77")  # whom the other tests do not sign in from
    with httpx.Client(transport=transport, base_url=app.url) as guesser:

        def guess(number: int, password: str) -> httpx.Response:
            claimed = {"x-forwarded-for": f"198.51.100.{number}"}
            return guesser.post("/login", data={"username": "ann", "password": password}, headers=claimed)

        assert [guess(i, f"wrong {i}").status_code for i in range(WRONG)] == [400] * WRONG
        slowed = guess(99, "pass-of-ann")
        assert slowed.status_code == 429
        assert 0 < int(slowed.headers["retry-after"]) <= 600
        assert "Wait 10 min, then sign in." in slowed.json()["detail"]
        assert "set-cookie" not in slowed.headers
    with signed_in(app, "ann") as elsewhere:
        assert elsewhere.get("/config").status_code == 200


def test_with_the_password_everything_works_and_each_name_has_its_own_count(
    private: tuple[App, Upstream],
) -> None:
    app, up = private
    up.reply(sse=openai_frames("", "Yes."))
    with signed_in(app, "ann") as ann, signed_in(app, "bob") as bob:
        assert "chat-log" in ann.get("/").text
        assert '"k":"done"' in ann.post("/glm_ui/chat", json=TURN).text
        assert '"slug":"used_up"' in ann.post("/glm_ui/chat", json=TURN).text
        assert bob.post("/glm_ui/state", json={"session": "s"}).json()["left"]["turns"] == 1
        assert '"k":"done"' in bob.post("/glm_ui/chat", json=TURN).text
    with signed_in(app, "ann") as again:  # another sign-in is the same person
        assert again.post("/glm_ui/state", json={"session": "t"}).json()["left"]["turns"] == 0
    assert "pass-of" not in "".join(app.output)


# ---- hf_oauth


class HuggingFace:
    """The OpenID provider: whoever comes with a code of `name` is that person."""

    SECRET = b"a-secret-of-the-stand-in-0123456789"

    def __init__(self, server: Upstream) -> None:
        self.url = server.url
        self.nonce = ""
        server.script(self.answer)

    def answer(self, request: Request) -> Reply:
        path = urlsplit(request.path).path
        if path == "/.well-known/openid-configuration":
            return Reply(
                body={
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/oauth/authorize",
                    "token_endpoint": f"{self.url}/oauth/token",
                    "jwks_uri": f"{self.url}/oauth/jwks",
                    "id_token_signing_alg_values_supported": ["HS256"],
                }
            )
        if path == "/oauth/jwks":
            return Reply(body={"keys": [{"kty": "oct", "kid": "1", "alg": "HS256", "k": _b64(self.SECRET)}]})
        assert path == "/oauth/token"
        name = parse_qs(request.body.decode())["code"][0]
        return Reply(
            body={
                "access_token": "hf_oauth_token",
                "token_type": "bearer",
                "expires_in": 28800,
                "id_token": self.token(name),
            }
        )

    def token(self, name: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "of-the-space", "sub": name, "iat": now, "exp": now + 3600}
        claims |= {"nonce": self.nonce, "preferred_username": name, "name": name}
        head = _b64(json.dumps({"alg": "HS256", "kid": "1"}).encode())
        signed = f"{head}.{_b64(json.dumps(claims).encode())}"
        mark = hmac.new(self.SECRET, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_b64(mark)}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


OF_THE_SPACE = {
    "OAUTH_CLIENT_ID": "of-the-space",
    "OAUTH_CLIENT_SECRET": "of-the-space-secret",
    "OAUTH_SCOPES": "openid profile",
}
READ_AS_IT_IMPORTS = """
import os
from gradio import oauth
for name in ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL"):
    assert hasattr(oauth, name)
    setattr(oauth, name, os.environ[name])
"""
"""The app is a copy of a process that imported Gradio before it knew these."""


@pytest.fixture(scope="module")
def _space() -> Iterator[tuple[App, Upstream, HuggingFace]]:
    """The app as it is on a Space with `hf_oauth: true`."""
    with Upstream() as up, Upstream() as provider:
        hub = HuggingFace(provider)
        app = start_app(
            code=READ_AS_IT_IMPORTS,
            **pointed_at(up.url),
            **OF_THE_SPACE,
            SYSTEM="spaces",
            SPACE_ID="owner/name",
            OPENID_PROVIDER_URL=hub.url,
            GLM_UI_TURNS_PER_VISITOR="1",
            GLM_UI_ALLOW_CUSTOM_ADDRESSES="true",
        )
        yield app, up, hub
        stop_app(app)


@pytest.fixture
def space(_space: tuple[App, Upstream, HuggingFace]) -> tuple[App, Upstream, HuggingFace]:
    _space[1].forget()
    return _space


def at(app: App) -> str:
    """Its address on this machine: on a Space it listens on all."""
    return f"http://127.0.0.1:{urlsplit(app.url).port}"


def sign_in(app: App, hub: HuggingFace, name: str) -> str:
    """The cookie of whom Hugging Face has sent back. Secure, so a plain client must be told to carry it."""
    began = httpx.get(f"{at(app)}/login/huggingface")
    there = urlsplit(began.headers["location"])
    assert began.headers["location"].startswith(f"{hub.url}/oauth/authorize?")
    asked = parse_qs(there.query)
    hub.nonce = asked["nonce"][0]
    came_back = httpx.get(
        f"{at(app)}/login/callback",
        params={"code": name, "state": asked["state"][0]},
        headers={"cookie": _cookie(began)},
    )
    assert came_back.is_redirect
    assert came_back.headers["location"].startswith("/")
    return _cookie(came_back)


def _cookie(answer: httpx.Response) -> str:
    said = answer.headers["set-cookie"]
    assert "secure" in said.lower()
    assert "httponly" in said.lower()
    return str(said.split(";")[0])


def left(app: App, cookie: str = "", who: str = "203.0.113.7") -> Any:
    headers = {"x-forwarded-for": who, **({"cookie": cookie} if cookie else {})}
    answer = httpx.post(f"{at(app)}/glm_ui/state", json={"session": "s"}, headers=headers)
    return answer.json()["left"]["turns"]


def test_who_signs_in_with_hugging_face_is_counted_by_name_wherever_they_are(
    space: tuple[App, Upstream, HuggingFace],
) -> None:
    app, up, hub = space
    up.reply(sse=openai_frames("", "Yes."))
    ann = sign_in(app, hub, "ann")
    said = httpx.post(f"{at(app)}/glm_ui/chat", json=TURN, headers={"cookie": ann}).text
    assert '"k":"done"' in said
    assert left(app, ann) == 0
    assert left(app, ann, "203.0.113.8") == 0  # at another address
    assert left(app, sign_in(app, hub, "ann"), "203.0.113.9") == 0  # in another browser
    assert left(app) == 1  # at the same address, but not signed in
    assert left(app, sign_in(app, hub, "bob")) == 1
    assert left(app, "session=" + _b64(b'{"oauth_info":{"userinfo":{"preferred_username":"ann"}}}')) == 1


def test_the_page_offers_the_sign_in_where_the_space_has_it_and_nowhere_else(
    space: tuple[App, Upstream, HuggingFace], private: tuple[App, Upstream]
) -> None:
    app, _, _ = space
    assert "Sign in with Hugging Face" in httpx.get(f"{at(app)}/config").text
    with signed_in(private[0], "bob") as elsewhere:
        assert "Sign in with Hugging Face" not in elsewhere.get("/config").text


# ---- a Space


def test_on_a_space_it_listens_on_all_addresses(space: tuple[App, Upstream, HuggingFace]) -> None:
    app, _, _ = space
    port = urlsplit(app.url).port
    assert httpx.get(f"http://127.0.0.2:{port}/healthz").json() == {"status": "ok"}


def test_on_a_space_hugging_face_may_frame_the_page(space: tuple[App, Upstream, HuggingFace]) -> None:
    app, _, _ = space
    page = httpx.get(at(app))
    assert "https://huggingface.co" in page.headers["content-security-policy"].partition("frame-ancestors")[2]
    assert "x-frame-options" not in page.headers


def test_on_a_space_no_visitor_names_a_server_whatever_the_setting(
    space: tuple[App, Upstream, HuggingFace],
) -> None:
    app, _, _ = space
    assert "chat-server" not in httpx.get(f"{at(app)}/config").text
    refused = httpx.post(f"{at(app)}/glm_ui/server", json={"session": "s", "address": "https://x.example/v1"})
    assert refused.status_code == 400
    assert "servers of their own" in refused.json()["error"]["what"]


def test_on_a_space_programs_are_served_like_the_page(space: tuple[App, Upstream, HuggingFace]) -> None:
    app, up, _ = space
    up.reply(sse=openai_frames("", "Yes."))
    caller = {"x-forwarded-for": "203.0.113.50"}
    data = ["Hi", "glm-4.6", None, False, "", []]
    begun = httpx.post(f"{at(app)}/gradio_api/call/chat", json={"data": data}, headers=caller).json()
    with httpx.stream("GET", f"{at(app)}/gradio_api/call/chat/{begun['event_id']}") as answer:
        said = "".join(answer.iter_text())
    assert "Yes." in said
    assert answer.headers["x-accel-buffering"] == "no"
    assert left(app, who="203.0.113.50") == 0  # an endpoint counts like the page
