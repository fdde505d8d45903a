"""Who a visitor is, and that nobody can say it himself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Scope

from glm_ui.errors import SignInFirst
from glm_ui.serving import identity
from glm_ui.serving.identity import SPACES_PROXIES, address, household, networks
from glm_ui.ui.gradio.sign_in import signed_in

PROXIES = networks(["10.0.0.0/8"])


def request(peer: str, *forwarded: str, cookie: str = "", **more: Any) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    headers += [(b"cookie", cookie.encode())] if cookie else []
    return {"type": "http", "client": (peer, 1), "headers": headers, **more}


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.7", (), "203.0.113.7"),
        ("203.0.113.7", ("1.2.3.4",), "203.0.113.7"),  # no proxy of ours: anyone can write this
        ("10.0.0.1", ("203.0.113.7",), "203.0.113.7"),
        ("10.0.0.1", ("1.2.3.4, 203.0.113.7",), "203.0.113.7"),  # what the visitor sent stands first
        ("10.0.0.1", ("1.2.3.4", "203.0.113.7, 10.0.0.2"), "203.0.113.7"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", ("nonsense",), "nonsense"),
    ],
)
def test_the_address_is_the_last_that_no_trusted_proxy_has(
    peer: str, forwarded: tuple[str, ...], found: str
) -> None:
    assert address(request(peer, *forwarded), PROXIES) == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("nonsense", "other nonsense", True),
    ],
)
def test_what_one_visitor_can_change_at_will_counts_as_one(one: str, other: str, same: bool) -> None:
    assert (household(one) == household(other)) is same


def test_the_id_tells_no_address() -> None:
    assert "203" not in visitor(request("203.0.113.7"))
    assert len(visitor(request("203.0.113.7"))) == 24


def signed(name: str, **more: Any) -> dict[str, Any]:
    return {"session": {"oauth_info": {"userinfo": {"preferred_username": name}, **more}}}


def test_a_hugging_face_name_counts_only_where_a_space_signed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = request("203.0.113.7", **signed("ann")), request("203.0.113.8", **signed("ann"))
    assert visitor(here) != visitor(there)  # without the Space's secret anyone can sign a cookie
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "of-the-space")
    assert visitor(here) == visitor(there)
    assert visitor(here) != visitor(request("203.0.113.7", **signed("bob")))
    assert visitor(request("203.0.113.7", **signed("ann", expires_at=1))) == visitor(request("203.0.113.7"))


def visitor(scope: Scope) -> str:
    return identity.visitor(scope, (), signed_in(scope))


def let_in(scope: Scope) -> None:
    identity.let_in(signed_in(scope))


APP = SimpleNamespace(auth={"ann": "x"}, cookie_id="c1", tokens={"t0k3n": "ann"})


def test_a_private_deployment_lets_in_who_signed_in_and_counts_by_name() -> None:
    for cookie in ("access-token-c1=t0k3n", "access-token-unsecure-c1=t0k3n"):
        let_in(request("203.0.113.7", app=APP, cookie=cookie))
    assert visitor(request("1.1.1.1", app=APP, cookie="access-token-c1=t0k3n")) == visitor(
        request("2.2.2.2", app=APP, cookie="access-token-unsecure-c1=t0k3n")
    )


@pytest.mark.parametrize("cookie", ["", "access-token-c1=wrong", "access-token-c2=t0k3n", "access-token-c1="])
def test_a_private_deployment_keeps_everyone_else_out(cookie: str) -> None:
    with pytest.raises(SignInFirst) as error:
        let_in(request("203.0.113.7", app=APP, cookie=cookie))
    assert error.value.status == 401


def test_an_open_deployment_asks_for_no_name() -> None:
    let_in(request("203.0.113.7", app=SimpleNamespace(auth=None)))


def test_a_spaces_own_proxies_are_private_addresses() -> None:
    assert all(network.is_private for network in networks(SPACES_PROXIES))
