"""Two replicas behind nginx, one Redis: what a visitor loses when one goes down, and what not (docs/scaling.md)."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from glm_ui.accounting.quota import Limit, Quota
from glm_ui.accounting.redis_counters import InRedis
from glm_ui.errors import CountUnknown
from glm_ui.settings import Settings
from tests.browser.conftest import App, free_port, gone, pointed_at, start_app, stop_app
from tests.conftest import PAGE
from tests.neighbours import nginx, redis_server
from tests.upstream import Reply, Upstream, openai_frames

TURNS = 4
_addresses = (f"127.0.{third}.{fourth}" for third in range(1, 255) for fourth in range(1, 255))
STICKY = (Path(__file__).parents[1] / "deploy" / "nginx.conf").read_text("utf-8")
"""What compose.yaml mounts; docs/scaling.md shows it."""


def sticky(listen: str, *replicas: str) -> str:
    """The same configuration for these replicas."""
    (server,) = (line for line in STICKY.splitlines(keepends=True) if "server app:7860" in line)
    each = "".join(server.replace("app:7860", replica) for replica in replicas)
    return STICKY.replace(server, each).replace("listen 8080;", f"listen {listen};")


@dataclass
class Visitor:
    """Someone at an address of their own, who comes through nginx."""

    url: str
    address: str

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, transport=httpx.HTTPTransport(local_address=self.address), timeout=30
        )

    def post(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        with self.client() as client:
            return client.post(path, json=body, headers=headers)

    def ask(self, **headers: str) -> dict[str, Any]:
        """The last frame of a turn."""
        return frames(self.post("/glm_ui/chat", turn(), **headers).text)[-1]


class Replicas:
    """Two apps with one Redis and one upstream. `mend` starts again what a test has ended."""

    def __init__(self, **settings: str) -> None:
        self.settings = settings
        self.ports = [str(free_port()) for _ in "12"]
        self.apps: list[App] = []

    def mend(self) -> None:
        alive = {str(httpx.URL(app.url).port): app for app in self.apps if app.process.poll() is None}
        with ThreadPoolExecutor() as both:
            self.apps = list(both.map(lambda port: alive.get(port) or self._start(port), self.ports))

    def _start(self, port: str) -> App:
        return start_app(**self.settings, GLM_UI_PORT=port)


@dataclass
class Cluster:
    url: str
    up: Upstream
    replicas: list[App]

    def visitor(self) -> Visitor:
        """Someone who has not been here before."""
        return Visitor(self.url, next(_addresses))

    def replica(self, answer: httpx.Response) -> App:
        """Which one answered."""
        return next(r for r in self.replicas if answer.headers["x-replica"].split(", ")[-1] in r.url)


def turn(session: str = PAGE) -> dict[str, Any]:
    return {"session": session, "model": "glm-4.6", "messages": [{"role": "user", "text": "Hi"}]}


def frames(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Replicas, Upstream]]:
    try:
        socket.create_server((next(_addresses), 0)).close()
    except OSError:
        pytest.skip("this machine has only one loopback address")
    folder: Path = tmp_path_factory.mktemp("cluster")
    with Upstream() as up, redis_server(folder) as redis:
        settings = pointed_at(up.url) | {"GLM_UI_REDIS_URL": redis, "GLM_UI_TRUSTED_PROXIES": "127.0.0.1"}
        settings |= {"GLM_UI_TURNS_PER_VISITOR": str(TURNS), "GLM_UI_TURNS_PER_DAY": "100"}
        replicas = Replicas(**settings)
        try:
            yield replicas, up
        finally:
            for replica in replicas.apps:
                if replica.process.poll() is None:
                    stop_app(replica)


@pytest.fixture
def cluster(running: tuple[Replicas, Upstream], tmp_path: Path) -> Iterator[Cluster]:
    """Both replicas alive, and an nginx that knows of no failure yet."""
    replicas, up = running
    replicas.mend()
    up.forget()
    first, second = (r.url.removeprefix("http://").rstrip("/") for r in replicas.apps)
    with nginx(tmp_path, sticky("127.0.0.1:{port}", first, second)) as url:
        yield Cluster(url, up, replicas.apps)


async def test_two_counters_on_one_redis_are_one_count(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        one, other = (Quota([Limit("visitor", "turns", 3)], InRedis(url)) for _ in "12")
        await one.take("ann")
        await other.take("ann")
        assert (await one.left("ann")).turns == (await other.left("ann")).turns == 1
    with pytest.raises(CountUnknown):
        await one.take("ann")


def test_turns_are_counted_for_one_visitor_wherever_they_are_answered(cluster: Cluster) -> None:
    ann = cluster.visitor()
    cluster.up.reply(sse=openai_frames("", "Yes."))
    assert ann.ask()["state"]["left"]["turns"] == TURNS - 1
    for replica in cluster.replicas:
        # Straight to each, as the proxy would: the same visitor, whichever answers.
        answer = httpx.post(
            f"{replica.url}glm_ui/state", json={"session": PAGE}, headers={"x-forwarded-for": ann.address}
        )
        assert answer.json()["left"]["turns"] == TURNS - 1


def test_a_forged_x_forwarded_for_gives_no_new_count(cluster: Cluster) -> None:
    ann = cluster.visitor()
    cluster.up.reply(sse=openai_frames("", "Yes."))
    forged = [ann.ask(**{"x-forwarded-for": f"198.51.100.{i}"}) for i in range(TURNS + 1)]
    assert [last["k"] for last in forged] == ["done"] * TURNS + ["error"]
    assert forged[-1]["error"]["slug"] == "used_up"


def test_a_visitor_stays_with_one_replica_which_keeps_the_key(cluster: Cluster) -> None:
    ann = cluster.visitor()
    saved = ann.post("/glm_ui/key", {"session": PAGE[::-1], "provider": "zai", "key": "anns-own-key-123"})
    for _ in range(3):
        told = ann.post("/glm_ui/state", {"session": PAGE[::-1]})
        assert told.json()["own"] == ["zai"]
        assert cluster.replica(told) is cluster.replica(saved)


def test_a_replica_that_is_told_to_go_ends_its_turns_and_another_takes_over(cluster: Cluster) -> None:
    ann = cluster.visitor()
    ann.post("/glm_ui/key", {"session": PAGE, "provider": "openrouter", "key": "anns-own-key-123"})
    cluster.up.reply(sse=openai_frames("Think.", "Half an ans", finish=None), then="stall")
    with ann.client() as client, client.stream("POST", "/glm_ui/chat", json=turn()) as answer:
        leaving = cluster.replica(answer)
        said = ""
        for line in answer.iter_lines():
            said += line + "\n"
            if "Half an ans" in line:
                leaving.process.terminate()
    last = frames(said)[-1]
    assert last["error"]["slug"] == "restarting"
    assert last["error"]["way_out"] == "continue"
    assert last["thinking"][0]["text"] == "Think."
    assert last["state"]["own"] == ["openrouter"]
    cluster.up.wait_aborted(1)
    assert gone(leaving) == 0
    log = [json.loads(line) for line in leaving.output if line.startswith("{")]
    assert log[-1]["provider"] == "zai"
    assert "Half an ans" not in "".join(leaving.output)

    cluster.up.forget()
    cluster.up.reply(sse=openai_frames("", "Yes."))
    went_on = ann.post("/glm_ui/chat", turn())
    assert cluster.replica(went_on) is not leaving
    state = frames(went_on.text)[-1]["state"]
    assert state["own"] == []  # the key was in the other one's memory
    assert state["left"]["turns"] == TURNS - 2  # the count was not


def test_every_reply_that_flows_is_told_when_its_replica_goes(cluster: Cluster) -> None:
    readers = 8
    tokens = [f"word{n} " for n in range(4000)]
    cluster.up.reply(*[Reply(sse=openai_frames("", tokens), delay=0.01) for _ in range(readers)])
    replica = cluster.replicas[0]
    flowing = threading.Barrier(readers + 1)

    def read(address: str) -> str:
        said, came_from = "", {"x-forwarded-for": address}
        with httpx.stream("POST", f"{replica.url}glm_ui/chat", json=turn(), headers=came_from) as answer:
            for line in answer.iter_lines():
                said += line + "\n"
                if "word9 " in line:
                    flowing.wait()
        return said

    with ThreadPoolExecutor(readers) as pool:
        replies = [pool.submit(read, next(_addresses)) for _ in range(readers)]
        flowing.wait()
        replica.process.terminate()
        told = [frames(reply.result())[-1] for reply in replies]
    assert [last["error"]["slug"] for last in told] == ["restarting"] * readers
    assert gone(replica) == 0


def test_nginx_waits_as_long_as_a_turn_may_take() -> None:
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", STICKY)
    assert int(seconds) >= Settings().glm_ui_turn_timeout


def test_a_killed_replica_costs_the_running_turn_and_nothing_that_was_counted(cluster: Cluster) -> None:
    ann = cluster.visitor()
    cluster.up.reply(sse=openai_frames("", "Half", finish=None), then="stall")
    with ann.client() as client, client.stream("POST", "/glm_ui/chat", json=turn()) as answer:
        killed = cluster.replica(answer)
        lines = answer.iter_lines()
        said = next(line for line in lines if "Half" in line)
        killed.process.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            said += "".join(f"\n{line}" for line in lines)
    assert frames(said)[-1]["k"] not in ("done", "error")  # the page says that the connection was cut
    cluster.up.wait_aborted(1)
    gone(killed)

    cluster.up.forget()
    cluster.up.reply(sse=openai_frames("", "Yes."))
    went_on = ann.post("/glm_ui/chat", turn())
    assert cluster.replica(went_on) is not killed
    assert frames(went_on.text)[-1]["state"]["left"]["turns"] == TURNS - 2
