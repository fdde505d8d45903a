"""What is kept for a visitor: only the page's own secret leads to it, only for who was signed in, and it goes when the
page does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from glm_ui.serving import departures
from glm_ui.serving.departures import GRACE, Departures
from glm_ui.serving.identity import Caller
from glm_ui.settings import Settings
from glm_ui.ui.chat import conversation_routes
from glm_ui.ui.models import routes as models_routes
from glm_ui.ui.multimodal import routes as multimodal_routes
from glm_ui.ui.routes import routes
from glm_ui.ui.turn.run import Live
from tests.conftest import PAGE
from tests.serving import Served
from tests.upstream import Upstream, openai_frames

OTHER = PAGE[::-1]
KEY = "my-own-key-0123456789"


@dataclass
class Visit:
    client: httpx.AsyncClient
    up: Upstream
    app: Starlette

    async def post(self, path: str, **said: Any) -> httpx.Response:
        return await self.client.post(f"/glm_ui/{path}", json={"session": PAGE, **said})

    async def own(self, **said: str) -> list[str]:
        return list((await self.post("state", **said)).json()["own"])

    async def turn(self, **said: str) -> None:
        self.up.reply(sse=openai_frames("", "Yes."))
        asked = {
            "id": "t1",
            "model": "glm-4.6",
            "provider": "zai",
            "messages": [{"role": "user", "text": "Hi"}],
        }
        await self.post("chat", **asked, **said)


@pytest.fixture
async def visit(pool: None, up: Upstream, settings_for: Callable[..., Settings]) -> AsyncIterator[Visit]:
    live = Live(settings_for(up))
    rooms = (routes, conversation_routes.routes, models_routes.routes, multimodal_routes.routes)
    app = Starlette(routes=[route for each in rooms for route in each(live)])
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield Visit(client, up, app)


def sign_in(visit: Visit, name: str) -> None:
    visit.app.auth, visit.app.cookie_id, visit.app.tokens = True, "c", {f"t-{name}": name}  # type: ignore[attr-defined]
    visit.client.cookies.set("access-token-c", f"t-{name}")


@pytest.mark.parametrize("short", ["", "s", "0123456789a", "x" * 21, "a" * 300, "a/b" * 20, "ä" * 30])
def test_what_could_be_guessed_opens_no_room(short: str) -> None:
    assert Caller("id").room(short) == ""


def test_a_room_is_named_by_neither_its_secret_nor_its_visitor() -> None:
    room = Caller("id", "user:ann").room(PAGE)
    assert PAGE not in room
    assert "ann" not in room
    assert room != Caller("id", "user:bob").room(PAGE)
    assert room == Caller("another address", "user:ann").room(PAGE)


async def test_a_key_is_found_by_the_pages_secret_wherever_it_is_asked_from(visit: Visit) -> None:
    assert (await visit.post("key", provider="zai", key=KEY)).json()["own"] == ["zai"]
    assert await visit.own() == ["zai"]
    assert await visit.own(session=OTHER) == []
    moved = httpx.ASGITransport(visit.app, client=("198.51.100.1", 1))
    async with httpx.AsyncClient(transport=moved, base_url="http://localhost") as elsewhere:
        told = await elsewhere.post("/glm_ui/state", json={"session": PAGE})
        assert told.json()["own"] == ["zai"]


async def test_gradios_hash_of_a_page_leads_to_nothing(visit: Visit) -> None:
    """Eleven characters of Math.random(), which stand in the address of its heartbeat."""
    refused = await visit.post("key", session="a1b2c3d4e5f", provider="zai", key=KEY)
    assert refused.status_code == 400
    assert await visit.own(session="a1b2c3d4e5f") == []
    await visit.turn(session="a1b2c3d4e5f")
    assert (await visit.post("request", session="a1b2c3d4e5f", turn="t1")).status_code == 400


async def test_what_a_page_did_is_bound_to_who_was_signed_in(visit: Visit) -> None:
    sign_in(visit, "ann")
    await visit.post("key", provider="zai", key=KEY)
    await visit.turn()
    assert visit.up.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert (await visit.post("request", turn="t1")).status_code == 200
    sign_in(visit, "bob")
    assert await visit.own() == []
    for path in ("request", "turn", "request/file"):
        assert (await visit.post(path, turn="t1", name="request.json")).status_code == 400
    await visit.turn()
    assert visit.up.requests[-1].headers["authorization"] != f"Bearer {KEY}"
    await visit.post("key", provider="zai", key="bobs-own-key")
    await visit.post("forget")
    await visit.post("leave")
    sign_in(visit, "ann")
    assert await visit.own() == ["zai"]
    assert (await visit.post("request", turn="t1")).status_code == 200


@dataclass
class Loop:
    """A loop's clock that a test turns by hand."""

    now: float = 0.0
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def call_later(self, after: float, call: Callable[[], None]) -> None:
        self.due.append((self.now + after, call))

    def turn(self, seconds: float) -> None:
        self.now += seconds
        for at, call in [row for row in self.due if row[0] <= self.now]:
            self.due.remove((at, call))
            call()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    made = Loop()
    monkeypatch.setattr(departures.asyncio, "get_running_loop", lambda: made)
    return made


def test_a_page_that_closes_is_forgotten_after_the_grace_though_nobody_asks(loop: Loop) -> None:
    gone: list[str] = []
    pages = Departures(gone.append, lambda: loop.now)
    pages.leave("closed")
    loop.turn(GRACE - 1)
    pages.leave("later")
    assert gone == []
    loop.turn(2)
    assert gone == ["closed"]
    loop.turn(GRACE)
    assert gone == ["closed", "later"]


def test_what_a_page_kept_is_gone_two_minutes_after_it_closed(loop: Loop) -> None:
    gone: list[str] = []
    pages = Departures(gone.append, lambda: loop.now)
    pages.leave("closed")
    loop.turn(20)  # a slow reload
    assert gone == []
    loop.turn(100)
    assert gone == ["closed"]


def test_a_page_that_comes_back_in_time_keeps_everything(loop: Loop) -> None:
    gone: list[str] = []
    pages = Departures(gone.append, lambda: loop.now)
    pages.leave("reloaded")
    loop.turn(2)
    pages.back("reloaded")
    loop.turn(10 * GRACE)
    assert gone == []
    pages.leave("reloaded")
    pages.leave("reloaded")
    loop.turn(GRACE + 2)
    assert gone == ["reloaded"]


def test_a_page_that_comes_back_too_late_finds_nothing(loop: Loop) -> None:
    gone: list[str] = []
    pages = Departures(gone.append, lambda: loop.now)
    pages.leave("away")
    loop.now += GRACE
    pages.back("away")
    assert gone == ["away"]


async def test_closing_the_page_forgets_its_key_and_its_requests(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visit.post("key", provider="zai", key=KEY)
    await visit.turn()
    await visit.post("leave")
    assert await visit.own() == ["zai"]  # it was a reload
    monkeypatch.setattr(departures, "GRACE", -1.0)
    await visit.post("leave")
    assert await visit.own() == []
    assert (await visit.post("request", turn="t1")).status_code == 400


def test_made_up_pages_that_leave_take_no_memory() -> None:
    live = Live(Settings(_env_file=None))  # type: ignore[call-arg]
    for number in range(1000):
        live.leave(f"never seen {number}")
    assert not live.departures._due


def test_no_event_of_gradios_hangs_on_its_heartbeat(served: Served) -> None:
    """Sleep or another network ends a heartbeat while its page is still open; and the address of one names its page."""
    events = httpx.get(f"{served.url}/config").json()["dependencies"]
    assert [target[1] for event in events for target in event["targets"] if target[1] == "unload"] == []


TELLS_ALL_THE_SAME = (
    "/glm_ui/models",
    "/glm_ui/words",
    "/glm_ui/static",
    "/glm_ui/service_worker.js",
    "/healthz",
    "/metrics",
)
SECRET_IN_HEADERS = "/glm_ui/turns"


def test_no_route_of_ours_takes_a_secret_in_its_address(visit: Visit) -> None:
    for route in visit.app.routes:
        path, methods = getattr(route, "path", ""), getattr(route, "methods", None) or set()
        assert "{" not in path.replace("{path:path}", "")
        assert "POST" in methods or path in (*TELLS_ALL_THE_SAME, SECRET_IN_HEADERS)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
@pytest.mark.parametrize(("passwords", "goes_on"), [(None, False), ("ann:secret", True)])
async def test_no_coding_plan_pays_once_a_proxy_that_no_setting_names_has_passed_a_request_on(
    pool: None,
    up: Upstream,
    settings_for: Callable[..., Settings],
    header: str,
    passwords: str | None,
    goes_on: bool,
) -> None:
    live = Live(settings_for(up, zai_coding_api_key="plan", glm_ui_auth=passwords))
    transport = httpx.ASGITransport(Starlette(routes=routes(live)), client=("127.0.0.1", 1))

    async def ready(**headers: str) -> bool:
        told = await client.post("/glm_ui/state", json={"session": PAGE}, headers=headers)
        return "zai-coding" in told.json()["ready"]

    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert await ready()
        assert await ready(**{header: "203.0.113.7"}) is goes_on
        assert await ready() is goes_on  # nothing tells these visitors from those
        asked = {"model": "glm-5.3", "provider": "zai-coding", "messages": [{"role": "user", "text": "Hi"}]}
        told = await client.post("/glm_ui/chat", json={"session": PAGE, "id": "t1", **asked})
        assert goes_on or "the plan's terms allow its holder alone" in told.text
        assert not up.requests or goes_on
