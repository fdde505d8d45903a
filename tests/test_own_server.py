"""A server that a visitor names: only where the owner allows it, only on the open internet, and never with a key that
is not the visitor's own."""

from __future__ import annotations

import ast
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from glm_ui.errors import CannotSend
from glm_ui.serving.headers import Guard
from glm_ui.serving.identity import Caller
from glm_ui.serving.own_server import KINDS, public_only
from glm_ui.settings import Settings
from glm_ui.ui.models.routes import routes as models_routes
from glm_ui.ui.routes import routes
from glm_ui.ui.turn.run import Live
from tests.conftest import CANARY, PAGE
from tests.sources import nodes
from tests.upstream import Reply, Upstream, openai_frames

ROOM = Caller("").room(PAGE)
OWN = "the-visitors-own-key-0123456789"


@dataclass
class Check:
    """Stands for the resolver: every host is the upstream's, until it is `closed`."""

    asked: list[tuple[str, int]] = field(default_factory=list)
    closed: bool = False

    async def __call__(self, host: str, port: int) -> str:
        self.asked.append((host, port))
        if self.closed:
            raise CannotSend(f"Requests to {host} are not allowed here.", "It leads into a private network.")
        return "127.0.0.1"


@dataclass
class Visit:
    client: httpx.AsyncClient
    up: Upstream
    check: Check
    live: Live

    async def name(self, address: str | None = None, key: str = OWN, **more: str) -> httpx.Response:
        address = f"http://models.example:{self.up.port}/v1" if address is None else address
        return await self.client.post(
            "/glm_ui/server", json={"session": PAGE, "address": address, "key": key, **more}
        )

    async def ask(
        self, model: str = "my-glm", provider: str = "custom", session: str = PAGE
    ) -> dict[str, Any]:
        """The last frame."""
        asked = {"session": session, "id": "t1", "model": model, "provider": provider}
        said = await self.client.post(
            "/glm_ui/chat", json={**asked, "messages": [{"role": "user", "text": "Hi"}]}
        )
        last: dict[str, Any] = json.loads(said.text.strip().rpartition("data: ")[2])
        return last


@pytest.fixture
async def visit(
    pool: None, up: Upstream, settings_for: Callable[..., Settings], request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """The owner has a custom server too, with a key; and gives visitors no turns on it."""
    owners = {
        "glm_ui_custom_base_url": f"{up.url}/owners/v1",
        "glm_ui_custom_api_key": CANARY,
        "glm_ui_custom_models": ("owners-model",),
        "glm_ui_turns_per_visitor": 0,
        "glm_ui_allow_custom_addresses": True,
    }
    check = Check()
    live = Live(settings_for(up, **(owners | getattr(request, "param", {}))), check=check)
    app = Starlette(routes=[*routes(live), *models_routes(live)], middleware=[Middleware(Guard)])
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example") as client:
        yield Visit(client, up, check, live)


# ---- whether


def test_addresses_of_visitors_are_off_unless_the_owner_says_so_and_always_on_a_space() -> None:
    assert not Settings(_env_file=None).custom_addresses  # type: ignore[call-arg]
    assert Settings(_env_file=None, glm_ui_allow_custom_addresses=True).custom_addresses  # type: ignore[call-arg]
    on_space = Settings(_env_file=None, glm_ui_allow_custom_addresses=True, space_id="owner/name")  # type: ignore[call-arg]
    assert not on_space.custom_addresses


@pytest.mark.parametrize(
    "visit", [{"glm_ui_allow_custom_addresses": False}, {"space_id": "owner/name"}], indirect=True
)
async def test_where_they_are_off_a_posted_address_is_refused_and_not_kept(visit: Visit) -> None:
    refused = await visit.name()
    assert refused.status_code == 400
    assert "servers of their own" in refused.json()["error"]["what"]
    assert visit.check.asked == []
    assert visit.live.sessions.server(ROOM) is None
    assert OWN not in refused.text


# ---- where to

PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
)


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_private_address_is_refused_written_out_or_behind_a_name(address: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", address]  # one good address does not make up for a bad one

    for host in (address, "models.example"):
        with pytest.raises(CannotSend, match="private network"):
            await public_only(host, 443, resolve)


@pytest.mark.parametrize(
    "host", ["localhost", "x.localhost", "metadata.google.internal", "0177.0.0.1", "2130706433"]
)
async def test_a_name_of_the_inside_is_refused_before_it_is_looked_up(host: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        pytest.fail("it was looked up")

    with pytest.raises(CannotSend):
        await public_only(host, 8000, resolve)


@pytest.mark.parametrize(
    ("port", "open_"), [(22, False), (25, False), (6379, True), (443, True), (8000, True)]
)
async def test_no_port_of_another_service_below_1024_is_asked(port: int, open_: bool) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    if open_:
        assert await public_only("models.example", port, resolve) == "93.184.216.34"
    else:
        with pytest.raises(CannotSend, match=f"Port {port}"):
            await public_only("models.example", port, resolve)


async def test_a_name_that_leads_nowhere_says_so() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(CannotSend, match="was not found"):
        await public_only("models.example", 443, resolve)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x.example",
        "http://user:pass@x.example",
        "x.example",
        "http://",
        "http://x.example?a=b",
        "http://[",
        "http://x.example:99999",
    ],
)
async def test_what_is_no_address_is_said_in_plain_words(visit: Visit, address: str) -> None:
    refused = await visit.name(address)
    assert refused.status_code == 400
    assert "not the address of a server" in refused.json()["error"]["what"]
    assert visit.check.asked == []


async def test_a_private_address_is_told_at_once_and_not_kept(visit: Visit) -> None:
    visit.check.closed = True
    refused = await visit.name()
    assert refused.status_code == 400
    assert "private network" in refused.json()["error"]["why"]
    assert visit.live.sessions.server(ROOM) is None
    assert visit.up.connections == 0


# ---- what goes there


async def test_the_visitors_key_goes_there_and_no_key_of_the_owners(visit: Visit) -> None:
    visit.up.reply(sse=openai_frames("Hm.", "Yes."))
    told = (await visit.name(kind="template")).json()
    assert "custom" in told["own"]
    assert "custom" in told["ready"]
    assert OWN not in json.dumps(told)
    assert (await visit.ask())["k"] == "done"  # though the owner gives no turns: it is not the owner's money
    (request,) = visit.up.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["host"] == f"models.example:{visit.up.port}"
    assert request.headers["authorization"] == f"Bearer {OWN}"
    assert request.json["model"] == "my-glm"
    assert request.json["chat_template_kwargs"] == {"enable_thinking": True}
    assert CANARY not in repr(request)


async def test_without_a_key_of_the_visitors_none_goes_along(visit: Visit) -> None:
    visit.up.reply(sse=openai_frames("", "Yes."))
    await visit.name(key="")
    assert (await visit.ask())["k"] == "done"
    assert "authorization" not in visit.up.requests[0].headers
    assert CANARY not in repr(visit.up.requests)


async def test_a_key_typed_for_one_address_never_goes_to_the_next(visit: Visit) -> None:
    visit.up.reply(sse=openai_frames("", "Yes."))
    await visit.name()
    await visit.name(f"http://other.example:{visit.up.port}/v1", key="")
    await visit.ask()
    assert OWN not in repr(visit.up.requests)


async def test_a_key_typed_for_the_owners_server_never_goes_to_a_named_one(visit: Visit) -> None:
    await visit.client.post("/glm_ui/key", json={"session": PAGE, "provider": "custom", "key": OWN})
    visit.up.reply(sse=openai_frames("", "Yes."))
    await visit.name(key="")
    await visit.ask()
    assert OWN not in repr(visit.up.requests)


async def test_another_visitor_is_asked_at_the_owners_server(visit: Visit) -> None:
    await visit.name()
    assert visit.live.settings_of("another").base_url("custom") == f"{visit.up.url}/owners/v1"
    last = await visit.ask(session="another")
    assert last["error"]["slug"] == "used_up"
    assert visit.up.requests == []


async def test_other_providers_keep_their_own_addresses_and_keys(visit: Visit) -> None:
    await visit.name()
    mine = visit.live.settings_of(ROOM)
    assert mine.base_url("zai") == visit.live.settings.base_url("zai")
    assert mine.pinned_resolver("zai") is None
    assert mine.key("custom") is None
    assert (await visit.ask("glm-4.6", "zai"))["error"]["slug"] == "used_up"


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_of_server_is_asked_in_its_own_way(visit: Visit, kind: str) -> None:
    await visit.name(kind=kind)
    server = visit.live.settings_of(ROOM).custom_server
    assert server is not None
    assert (server.dialect, server.thinking) == KINDS[kind][1:]


async def test_a_blank_address_takes_the_server_and_its_key_away(visit: Visit) -> None:
    await visit.name()
    told = (await visit.name("", key="")).json()
    assert told["own"] == []
    assert visit.live.settings_of(ROOM) is visit.live.settings


async def test_a_closed_page_takes_the_server_away(visit: Visit) -> None:
    await visit.name()
    visit.live.sessions.forget(ROOM)
    assert visit.live.settings_of(ROOM) is visit.live.settings


# ---- every connection is checked


async def test_a_name_that_later_leads_inside_is_not_connected_to(visit: Visit) -> None:
    await visit.name()
    visit.check.closed = True
    last = await visit.ask()
    assert "private network" in last["error"]["why"]
    assert visit.up.connections == 0


async def test_a_redirect_is_checked_again_and_never_leaves_its_origin(visit: Visit) -> None:
    await visit.name()
    visit.up.reply(
        Reply(status=307, headers={"Location": "/v1/elsewhere"}), Reply(sse=openai_frames("", "Yes."))
    )
    assert (await visit.ask())["k"] == "done"
    assert visit.check.asked == [("models.example", visit.up.port)] * 3  # when it was named, and at each step
    visit.up.forget()
    for target in (f"http://127.0.0.1:{visit.up.port}/v1", "http://169.254.169.254/latest/meta-data/"):
        visit.up.reply(Reply(status=307, headers={"Location": target}))
        assert (await visit.ask())["error"]["slug"] == "redirect_refused"
        visit.up.forget()
    assert {host for host, _ in visit.check.asked} == {"models.example"}


@pytest.mark.parametrize("route", ["listing", "doctor"])
async def test_the_list_and_the_doctor_are_checked_too(visit: Visit, route: str) -> None:
    await visit.name()
    visit.check.closed = True
    said = await visit.client.post(
        f"/glm_ui/{route}", json={"session": PAGE, "provider": "custom", "model": "my-glm"}
    )
    assert "private network" in said.text
    assert visit.up.connections == 0


def test_whoever_asks_a_provider_names_the_check() -> None:
    """An Outgoing without one would go wherever a visitor's address leads."""
    forgotten = []
    for path in (Path(__file__).parents[1] / "glm_ui").rglob("*.py"):
        if "Outgoing" not in path.read_text("utf-8"):
            continue
        calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
        made = [call for call in calls if getattr(call.func, "id", "") == "Outgoing"]
        forgotten += [
            path.name for call in made if "resolve_pinned" not in {word.arg for word in call.keywords}
        ]
    assert forgotten == ["turn_file.py"]  # which asks nobody
