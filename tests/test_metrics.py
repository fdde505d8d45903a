"""The counts of /metrics: what a turn adds to them, what it costs, who may read them, and the board that shows them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import values
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.datastructures import Headers

from glm_ui.accounting.quota import Limit, Quota
from glm_ui.backend import stream as backend
from glm_ui.backend import stream_chat
from glm_ui.errors import GlmUiError, RequestError
from glm_ui.events import AnswerDelta, Done, StreamEvent
from glm_ui.messages import ChatRequest, Message
from glm_ui.serving.admission import Turnstile
from glm_ui.serving.coalesce import coalesce
from glm_ui.serving.metrics_gate import may_read
from glm_ui.settings import Settings
from glm_ui.telemetry import metrics
from tests.serving import Served
from tests.upstream import Upstream, openai_frames

ROOT = Path(__file__).parents[1]
ASK = ChatRequest("glm-4.6", (Message.user("What is 7 times 6?"),), provider="zai")
TOKEN = "a-token-of-the-owner"
Make = Callable[..., Settings]
Labels = dict[str, str]


class Added:
    """What has been added to a count since this was made."""

    def __init__(self) -> None:
        self._before = self._all()

    def __call__(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return self._all().get(key, 0.0) - self._before.get(key, 0.0)

    @staticmethod
    def _all() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        families = metrics.REGISTRY.collect()
        return {(s.name, frozenset(s.labels.items())): s.value for f in families for s in f.samples}


async def ask(request: ChatRequest, settings: Settings, **more: Any) -> None:
    async with aclosing(stream_chat(request, settings=settings, **more)) as events:
        async for _ in events:
            pass


@pytest.mark.usefixtures("pool")
async def test_a_turn_adds_its_ending_its_tokens_and_its_times(up: Upstream, settings_for: Make) -> None:
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    up.reply(sse=openai_frames("Seven sixes.", "42", usage=usage))
    added = Added()
    await ask(ASK, settings_for(up), door="gateway_client")
    model = {"provider": "zai", "model": "glm-4.6"}
    assert added("glm_ui_turns_total", door="gateway_client", ending="stop", **model) == 1
    assert added("glm_ui_upstream_requests_total", provider="zai") == 1
    kinds = ("input", "cached", "thinking", "answer")
    assert [added("glm_ui_tokens_total", kind=kind, **model) for kind in kinds] == [20, 5, 30, 20]
    for name in ("first_token", "turn"):
        assert added(f"glm_ui_{name}_seconds_count", door="gateway_client", provider="zai") == 1


@pytest.mark.usefixtures("pool")
async def test_a_failure_is_counted_by_its_kind_with_every_attempt(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "PAUSES", (0.001,))
    up.reply(status=503, body="busy")
    added = Added()
    with pytest.raises(GlmUiError) as told:
        await ask(ASK, settings_for(up))
    assert added("glm_ui_errors_total", provider="zai", error=told.value.slug) == 1
    assert added("glm_ui_turns_total", door="page", provider="zai", model="glm-4.6", ending="error") == 1
    assert added("glm_ui_upstream_requests_total", provider="zai") == len(up.requests) == 3
    assert added("glm_ui_first_token_seconds_count", door="page", provider="zai") == 0


@pytest.mark.usefixtures("pool")
async def test_a_reader_who_leaves_is_no_error(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", ["4", "2"]), hold=(3,))
    added = Added()
    async with aclosing(stream_chat(ASK, settings=settings_for(up))) as events:
        async for event in events:
            if isinstance(event, AnswerDelta):
                break
    assert added("glm_ui_turns_total", door="page", provider="zai", model="glm-4.6", ending="stopped") == 1


@pytest.mark.usefixtures("pool")
async def test_a_failure_of_our_own_code_is_counted_as_one(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "ReplyValidator", None)
    up.reply(sse=openai_frames("", "42"))
    added = Added()
    with pytest.raises(TypeError):
        await ask(ASK, settings_for(up))
    assert added("glm_ui_errors_total", provider="zai", error="error") == 1


@pytest.mark.usefixtures("pool")
async def test_names_from_outside_make_no_labels(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", "42"))
    custom = settings_for(up, glm_ui_custom_base_url=f"{up.url}/v1")
    added = Added()
    await ask(replace(ASK, model="a-name-of-nobody", provider="custom"), custom)
    assert added("glm_ui_turns_total", door="page", provider="custom", model="other", ending="stop") == 1
    with pytest.raises(RequestError):
        await ask(replace(ASK, provider="a-provider-of-nobody"), custom)
    assert b"of-nobody" not in metrics.page()


@pytest.mark.usefixtures("pool")
async def test_no_token_costs_anything(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many values change in a turn of a thousand tokens as in one of ten."""
    changes = 0
    kind = type(metrics.RUNNING._value)

    def counted(self: Any, amount: float, *more: Any, **rest: Any) -> None:
        nonlocal changes
        changes += 1

    monkeypatch.setattr(kind, "inc", counted)
    assert kind is values.ValueClass
    found = []
    for tokens in (10, 1000):
        up.forget()
        up.reply(sse=openai_frames("", ["x "] * tokens))
        changes = 0
        await ask(ASK, settings_for(up))
        found.append(changes)
    assert found[0] == found[1] > 0


async def _events(*said: StreamEvent) -> AsyncGenerator[StreamEvent, None]:
    for event in said:
        yield event


async def test_what_is_refused_here_is_counted_and_what_runs_is_shown() -> None:
    turnstile = Turnstile(Quota([]), most=1)
    added = Added()
    first = turnstile.through(lambda _: _events(AnswerDelta("4"), Done("stop")), "one")
    await anext(first)
    assert added("glm_ui_turns_running") == 1
    with pytest.raises(RequestError) as told:
        await anext(turnstile.through(lambda _: _events(), "two"))
    await first.aclose()
    spent = Turnstile(Quota([Limit("visitor", "turns", 0, 60)]))
    with pytest.raises(RequestError) as out:
        await anext(spent.through(lambda _: _events(), "two", 10))
    assert added("glm_ui_turns_refused_total", error=told.value.slug) == 1
    assert added("glm_ui_turns_refused_total", error=out.value.slug) == 1
    assert added("glm_ui_turns_running") == 0


async def test_the_latest_frame_of_a_turn_is_its_lag() -> None:
    added = Added()
    async with aclosing(coalesce(_events(AnswerDelta("4"), Done("stop")))) as batches:
        async for _ in batches:
            pass
    assert added("glm_ui_lag_seconds_count") == 1


def test_a_program_reads_turns_of_the_page_and_of_the_gateway(served: Served) -> None:
    served.up.reply(sse=openai_frames("", "42"))
    page = {"session": "m", "model": "glm-4.6", "messages": [{"role": "user", "text": "?"}]}
    httpx.post(f"{served.url}/glm_ui/chat", json={**page, "provider": "zai"}, timeout=30)
    program = {"model": "glm-4.6", "messages": [{"role": "user", "content": "?"}]}
    httpx.post(f"{served.url}/v1/chat/completions", json=program, timeout=30).raise_for_status()
    answer = httpx.get(f"{served.url}/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    doors = {sample.labels["door"] for sample in families["glm_ui_turns"].samples if sample.value}
    assert {"page", "gateway_client"} <= doors
    assert "process_resident_memory_bytes" in families
    proxied = httpx.get(f"{served.url}/metrics", headers={"X-Forwarded-For": "10.0.0.9"})
    assert proxied.status_code == 404


HOME = {"host": "127.0.0.1:7860"}
WITH_TOKEN = {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("headers", "listens", "token", "allowed"),
    [
        (HOME, "127.0.0.1", None, True),
        ({"host": "localhost"}, "127.0.0.1", None, True),
        ({"host": "chat.example.org"}, "127.0.0.1", None, False),
        ({**HOME, "x-forwarded-for": "10.0.0.9"}, "127.0.0.1", None, False),
        ({**HOME, "origin": "https://evil.example"}, "127.0.0.1", None, False),
        (HOME, "0.0.0.0", None, False),
        (HOME, "127.0.0.1", TOKEN, False),
        ({**HOME, "authorization": "Bearer another"}, "127.0.0.1", TOKEN, False),
        ({**HOME, "authorization": f"Basic {TOKEN}"}, "127.0.0.1", TOKEN, False),
        ({"host": "10.0.0.11:7860", **WITH_TOKEN}, "0.0.0.0", TOKEN, True),
        ({"host": "chat.example.org", "x-forwarded-for": "1.2.3.4", **WITH_TOKEN}, "0.0.0.0", TOKEN, True),
    ],
)
def test_who_may_read_the_counts(headers: Labels, listens: str, token: str | None, allowed: bool) -> None:
    secret = SecretStr(token) if token else None
    settings = Settings(_env_file=None, glm_ui_host=listens, glm_ui_metrics_token=secret)  # type: ignore[call-arg]
    assert may_read(Headers(headers), settings) is allowed


def test_the_board_shows_counts_that_there_are() -> None:
    board = json.loads((ROOT / "deploy" / "grafana.json").read_text("utf-8"))
    asked = "".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    names = set(re.findall(r"\b(?:glm_ui|process)_\w+", asked))
    described = re.findall(r"^# TYPE (\S+) (\S+)$", metrics.page().decode(), re.MULTILINE)
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    there = {name + end for name, kind in described for end in ends.get(kind, ("",))}
    assert names
    assert names <= there
    ours = {name for name, _ in described if name.startswith("glm_ui_")} - {"glm_ui_build"}
    assert {name for name in ours if name not in asked} == set()
