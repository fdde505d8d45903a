"""MCP servers that visitors name: only where the owner allows it, only https and the open internet, seen and used by
that visitor alone, asking at each call, bounded, and gone with the page."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from glm_ui.errors import BadInput
from glm_ui.serving.own_server import public_only
from glm_ui.serving.visitor_servers import MOST, Named, VisitorServers, name_of
from glm_ui.settings import Settings
from glm_ui.tools.consent import Allowed, key_of, question
from glm_ui.tools.mcp.config import ServerRow
from glm_ui.tools.mcp.server import VISITORS, Server
from glm_ui.tools.tool import Running, ToolFailed
from glm_ui.ui.chat.tool_routes import routes
from glm_ui.ui.turn.request import Turn
from glm_ui.ui.turn.run import Live
from tests.conftest import PAGE
from tests.mcp_wire import Exchange, act, said, wire
from tests.test_own_server import Check
from tests.upstream import Upstream

OTHER_PAGE = "fedcba9876543210" * 3
KEY = "the-visitors-own-mcp-key-0123456789"
HOST = "mcp.example"


@dataclass
class Visit:
    client: httpx.AsyncClient
    check: Check
    live: Live

    async def post(self, path: str = "tools", page: str = PAGE, **body: str) -> dict[str, Any]:
        answer = await self.client.post(f"/glm_ui/{path}", json={"session": page, **body})
        told: dict[str, Any] = answer.json()
        assert KEY not in answer.text
        return told

    async def add(self, address: str, key: str = KEY, page: str = PAGE) -> dict[str, Any]:
        told = await self.post("tools/server", page, address=address, key=key)
        while any(
            server["state"] == "connecting" for server in told.get("servers", [])
        ):  # what takes longer is told later
            told = await self.post(page=page)
        return told

    @property
    def room(self) -> str:
        return self.live.caller({"type": "http", "headers": [], "client": ("203.0.113.7", 1)}).room(PAGE)


def mine(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [server for server in told["servers"] if server.get("own")]


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the certificate of the tests' own server under any name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr("glm_ui.tools.mcp.pinned.trusted", lambda: context)


@pytest.fixture
async def visit(
    up: Upstream, settings_for: Callable[..., Settings], request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    more = {"glm_ui_allow_custom_addresses": True, **getattr(request, "param", {})}
    check = Check()
    live = Live(settings_for(up, **more), check=check)
    transport = httpx.ASGITransport(Starlette(routes=routes(live)), client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.example") as client:
        yield Visit(client, check, live)
    for server in live.servers.of(Visit(client, check, live).room):
        await server.close()


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.usefixtures("trusting")
async def test_a_visitors_server_is_seen_and_used_by_that_visitor_alone_and_always_asks(
    visit: Visit, own_certificate: ssl.SSLContext, era: str
) -> None:
    async with wire(tls=own_certificate) as one:
        told = await visit.add(f"{one.base(HOST)}/{era}/well")
        (server,) = mine(told)
        assert (server["state"], server["why"]) == ("ready", "")
        assert era == "modern" or server["version"] == "1", (
            "the wire of these tests tells it in the older handshake"
        )
        assert server["name"].startswith(HOST)
        (listed,) = [tool for tool in told["tools"] if tool["server"] == server["name"]]
        assert listed["asks"] is True
        _, headers, _ = one.asked[-1]
        assert (headers["authorization"], headers["host"]) == (f"Bearer {KEY}", f"{HOST}:{one.port}")
        assert set(visit.check.asked) == {(HOST, one.port)}

        other = await visit.post(page=OTHER_PAGE)
        assert not mine(other)
        assert listed["id"] not in [tool["id"] for tool in other["tools"]]
        turn = Turn.model_validate(
            {"model": "glm-4.6", "tools": [listed["id"]], "messages": [{"role": "user", "text": "Act."}]}
        )
        for room, count in ((visit.room, 1), ("another", 0)):
            tools = await visit.live.tools.of(turn.model_copy(update={"session": room}), "who", owner=True)
            assert tools is not None
            assert len(tools.box) == count
        tools = await visit.live.tools.of(turn.model_copy(update={"session": visit.room}), "who", owner=False)
        assert tools is not None
        (tool,) = tools.box
        always = Allowed(frozenset({key_of(tool)}))
        assert question(tool, allowed=always) == "visitors"
        assert question(tool, allowed=always, verdict="once", pin=tool.pin) == ""
        assert tool.open_world
        assert (await tool.run({}, Running())).text == "well"

        assert not mine(await visit.post("tools/remove", name=server["name"]))


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "[::1]",
    "[fd00::1]",
    "localhost",
    "2130706433",
    "0x7f.1",
]


@pytest.mark.parametrize(
    "address",
    [
        *(f"https://{host}/mcp" for host in PRIVATE),
        "http://mcp.example.org/mcp",
        "https://user:word@mcp.example.org/mcp",
        "https://mcp.example.org/mcp#part",
        "https://mcp.example.org:22/mcp",
        "https://mcp.example.org:99999/mcp",
        "https://[/mcp",
        "https:///mcp",
        "https://a b/mcp",
        "npx -y some-server",
        "",
    ],
)
async def test_an_address_that_is_not_https_of_the_open_internet_is_refused(
    visit: Visit, address: str
) -> None:
    visit.live.check = public_only
    told = await visit.add(address)
    assert told["error"]["what"]
    assert told["error"]["todo"]
    assert visit.live.servers.of(visit.room) == ()


@pytest.mark.parametrize(
    "visit", [{"glm_ui_allow_custom_addresses": False}, {"space_id": "owner/name"}], indirect=True
)
async def test_where_the_owner_does_not_allow_it_and_on_a_space_no_server_is_taken(visit: Visit) -> None:
    assert (await visit.post())["own_servers"] is False
    told = await visit.add("https://mcp.example.org/mcp")
    assert "servers of their own" in told["error"]["what"]
    assert visit.check.asked == []
    visit.live.servers.add(visit.room, Named(session=PAGE, address="https://mcp.example.org/mcp"))
    assert visit.live.servers_of(visit.room) == (), "one of before is not used"


@pytest.mark.usefixtures("trusting")
async def test_a_name_that_leads_elsewhere_later_and_a_redirect_are_not_followed(
    visit: Visit, own_certificate: ssl.SSLContext
) -> None:
    async with wire() as inside:

        async def away(x: Exchange) -> None:
            await x.answer(b"", 307, location=f"{inside.base()}/modern/well")

        async with wire({"moved": {"tools/call": away}}, own_certificate) as one:
            await visit.add(f"{one.base(HOST)}/modern/moved")
            (server,) = visit.live.servers_of(visit.room)
            (tool,) = await server.tools()
            with pytest.raises(ToolFailed):
                await tool.run({}, Running())
            assert inside.asked == []
            asked = len(one.asked)
            visit.check.closed = True
            with pytest.raises(ToolFailed, match="It leads into a private network"):
                await tool.run({}, Running())
            assert len(one.asked) == asked, "nothing was sent to the old address either"


@pytest.mark.parametrize(
    ("key", "why"), [(KEY, "It refuses the key (status 401)"), ("", "It wants a key (status 401)")]
)
@pytest.mark.usefixtures("trusting")
async def test_a_server_that_refuses_says_why_and_what_to_do(
    visit: Visit, own_certificate: ssl.SSLContext, key: str, why: str
) -> None:
    async def refuse(x: Exchange) -> None:
        await x.answer(f"No: {x.headers.get('authorization')}".encode(), 401, "text/plain")

    async with wire({"shut": {"*": refuse}}, own_certificate) as one:
        (server,) = mine(await visit.add(f"{one.base(HOST)}/modern/shut", key))
    assert server["state"] == "failed"
    assert why in server["why"]
    assert "Remove it" in server["why"]


async def test_a_server_that_does_not_run_says_what_to_check(visit: Visit) -> None:
    async with wire() as one:
        port = one.port
    (server,) = mine(await visit.add(f"https://{HOST}:{port}/mcp"))
    assert server["why"] == (
        "It cannot be used: It cannot be connected to. Check its address, and whether it runs."
    )


async def test_a_certificate_that_nobody_signed_is_refused(
    visit: Visit, own_certificate: ssl.SSLContext
) -> None:
    async with wire(tls=own_certificate) as one:
        (server,) = mine(await visit.add(f"{one.base(HOST)}/modern/well"))
        assert one.asked == []
    assert "certificate" in server["why"].lower()


@pytest.mark.usefixtures("trusting")
async def test_a_server_that_repeats_the_key_shows_it_nobody(
    visit: Visit, own_certificate: ssl.SSLContext
) -> None:
    async def tell(x: Exchange) -> None:
        await x.result({"tools": [act(description=f"Sends {x.headers['authorization']}.")]})

    async def repeat(x: Exchange) -> None:
        await x.result(said(x.headers["authorization"]))

    async with wire({"tells": {"tools/list": tell, "tools/call": repeat}}, own_certificate) as one:
        await visit.add(f"{one.base(HOST)}/modern/tells")  # no answer has it: `Visit.post`
        (server,) = visit.live.servers_of(visit.room)
        (tool,) = await server.tools()
        assert KEY not in (await tool.run({}, Running())).text
        assert KEY not in repr((server.row, server.public(), tool.description))


@contextlib.asynccontextmanager
async def noted(ended: asyncio.Event) -> AsyncGenerator[Any, None]:
    """Stands for a connection; says when it ends."""
    try:
        yield NotedClient()
    finally:
        ended.set()


class NotedClient:
    server_info = None

    async def list_tools(self, cursor: Any = None) -> Any:
        await asyncio.sleep(0)
        return type("Page", (), {"tools": [], "next_cursor": None})


async def test_a_connection_ends_when_nobody_uses_it() -> None:
    row, ended = ServerRow(name="odd", url="https://mcp.example/mcp"), asyncio.Event()
    server = Server(row, lambda _: noted(ended), bounds=replace(VISITORS, idle=0.01))
    assert await server.tools() == ()
    assert server.public()["state"] == "ready"
    async with asyncio.timeout(10):
        while server.public()["state"] != "not started":  # noqa: ASYNC110 - a state tells nobody of itself
            await asyncio.sleep(0.005)
        await ended.wait()


async def test_servers_and_connections_go_with_the_page(visit: Visit) -> None:
    ended = asyncio.Event()
    server = visit.live.servers.add(visit.room, Named(session=PAGE, address="https://mcp.example.org/mcp"))
    server._make = lambda _: noted(ended)
    await server.tools()
    visit.live.leave(visit.room)
    assert visit.live.servers_of(visit.room) == (server,), "a reload comes back"
    visit.live.forget(visit.room)
    async with asyncio.timeout(10):
        await ended.wait()
    assert visit.live.servers_of(visit.room) == ()


async def test_servers_of_a_page_and_pages_are_bounded_and_old_ones_go() -> None:
    now = [0.0]
    servers = VisitorServers(Check(), clock=lambda: now[0])
    for n in range(MOST):
        servers.add("room", Named(session=PAGE, address=f"https://mcp{n}.example/mcp"))
    servers.add("room", Named(session=PAGE, address="https://mcp0.example/mcp", key="another"))
    assert len(servers.of("room")) == MOST, "the same address takes the place of itself"
    with pytest.raises(BadInput, match="At most 4"):
        servers.add("room", Named(session=PAGE, address="https://mcp9.example/mcp"))
    for n in range(150):
        servers.add(f"greedy{n}", Named(session=PAGE, address="https://mcp.example/mcp"), "greedy")
    assert servers.holds("room")
    assert sum(servers.holds(f"greedy{n}") for n in range(150)) == 99
    now[0] = 13 * 3600.0
    assert servers.of("room") == ()


@pytest.mark.usefixtures("trusting")
async def test_what_a_visitors_server_offers_is_bounded(
    visit: Visit, own_certificate: ssl.SSLContext
) -> None:
    async def many(x: Exchange) -> None:
        await x.result({"tools": [act(name=f"t{n}") for n in range(500)]})

    async def long(x: Exchange) -> None:
        large = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(1000)}}
        await x.result({"tools": [act(name=f"t{n}", inputSchema=large) for n in range(60)]})

    async with wire({"many": {"tools/list": many}, "long": {"tools/list": long}}, own_certificate) as one:
        for kind in ("many", "long"):
            await visit.add(f"{one.base(HOST)}/modern/{kind}")
        lists = [await server.tools() for server in visit.live.servers_of(visit.room)]
    assert len(lists[0]) == 64
    assert 0 < len(lists[1]) < 20


def test_names_are_those_of_hosts_and_the_same_the_next_time() -> None:
    def name(address: str, *taken: str) -> str:
        return Named(session=PAGE, address=address).row(taken).name

    assert name("https://mcp.example.org/mcp") == "mcp.example.org"
    assert name("https://mcp.example.org/team-a/mcp") != name("https://mcp.example.org/team-b/mcp")
    assert name("https://mcp.example.org/mcp", "mcp.example.org").startswith("mcp.example.org-")
    assert len(name(f"https://{'long.' * 30}example/mcp")) <= 40
    assert name_of("bücher.example", None, "", ()) == "b-cher.example"
    assert "secret" not in name("https://mcp.example.org/mcp?key=secret")
    row = Named(session=PAGE, address="https://mcp.example.org/mcp", key=f"Bearer {KEY}").row()
    assert row.headers == {"Authorization": f"Bearer {KEY}"}
    with pytest.raises(BadInput):
        Named(session=PAGE, address="https://mcp.example.org/mcp", key="a\nb").row()
