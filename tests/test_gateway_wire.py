"""What crosses the gateway's two wires besides words: who leaves, what is counted when, what a provider needs back with
its thinking, and how thinking is shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from glm_ui.accounting.quota import Quota
from glm_ui.events import AnswerDelta
from glm_ui.gateway.keys import line_of, new_key
from glm_ui.gateway.server import Gateway, Service
from glm_ui.gateway.usage import Count
from glm_ui.serving.admission import Turnstile
from glm_ui.settings import Settings
from tests.neighbours import redis_server
from tests.test_gateway_sending import ASK, PATHS, Answer, call, never
from tests.upstream import Reply, Upstream, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
Make = Callable[..., Settings]
BODY = {**ASK, "input": "Hi"}


def service_of(settings: Settings) -> Service:
    return Service(settings, Turnstile(Quota.of(settings)))


async def asked(service: Service, path: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    return await call(service, "POST", path, json.dumps({**BODY, **more}).encode(), Answer(), headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("words", [True, False], ids=["after a word", "before the first byte"])
async def test_a_client_that_leaves_closes_the_upstream(
    up: Upstream, settings_for: Make, path: str, stream: bool, words: bool
) -> None:
    frames = openai_frames("", ["It", " is"], finish=None)
    up.reply(Reply(sse=frames, then="stall") if words else Reply(sse=[], stall_before="headers"))
    service = service_of(settings_for(up))
    told = iter([{"type": "http.request", "body": json.dumps({**BODY, "stream": stream}).encode()}])
    word = asyncio.Event()

    async def receive() -> Any:
        for message in told:
            return message
        await up.asked(1)
        if words and stream:
            await word.wait()
        return {"type": "http.disconnect"}

    async def heard(piece: bytes) -> None:
        word.set()

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:7860")],
    }
    await Gateway(never, service)(scope, receive, Answer(heard).send)
    await up.left(1)
    assert service.recent.answered[-1].ending == "left"


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_is_counted_when_it_has_gone_out(
    up: Upstream, settings_for: Make, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is counted is told at the end, where the provider tells nothing."""
    up.reply(sse=openai_frames("", "42"), hold=(0,))
    gone: list[int] = []

    def count(*_: Any) -> int:
        up.wait_requests(1)
        gone.append(len(up.requests))
        up.release()
        return 77

    monkeypatch.setattr("glm_ui.gateway.server.estimate_request", count)
    answer = await asked(service_of(settings_for(up)), path, stream_options={"include_usage": True})
    if not gone:  # only Anthropic's protocol tells the count at the start
        up.release()
    assert set(gone) <= {1}
    assert b"77" in answer.body


def test_a_long_reply_is_counted_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    count = Count()
    add = type(count._counted).add
    monkeypatch.setattr(
        "glm_ui.accounting.tokens.TokenCounter.add",
        lambda self, text: (counted.append(len(text)), add(self, text))[1],
    )
    for _ in range(100_000):
        count.see(AnswerDelta("word "))
    assert count.output == pytest.approx(100_000, rel=0.01)
    assert max(counted) < 5_000
    assert len(count._written) == 0


DETAILS = [{"type": "reasoning.encrypted", "data": "theirs", "format": "openai-responses-v1", "index": 0}]


@pytest.mark.parametrize("stream", [True, False])
async def test_what_a_provider_needs_back_with_its_thinking_goes_there_and_back(
    up: Upstream, settings_for: Make, stream: bool
) -> None:
    frames = openai_frames("Hm.", "42")
    frames[0]["choices"][0]["delta"]["reasoning_details"] = DETAILS
    up.reply(sse=frames)
    service = service_of(
        settings_for(up, zai_api_key=None, glm_ui_gateway_base_url=None, openrouter_api_key="k")
    )
    answer = await asked(service, PATHS[0], stream=stream)
    if stream:
        lines = [line[6:] for line in answer.body.splitlines() if line.startswith(b"data: {")]
        deltas = [json.loads(line)["choices"][0]["delta"] for line in lines]
        found = [one for delta in deltas for one in delta.get("reasoning_details", [])]
    else:
        found = json.loads(answer.body)["choices"][0]["message"]["reasoning_details"]
    assert found == DETAILS
    said = {"role": "assistant", "content": "42", "reasoning_content": "Hm.", "reasoning_details": found}
    await asked(service, PATHS[0], messages=[*ASK["messages"], said, *ASK["messages"]])
    assert up.requests[-1].json["messages"][1]["reasoning_details"] == DETAILS


@pytest.mark.parametrize(
    ("own", "headers", "more", "content", "thinking"),
    [
        ("separate", {}, {}, "42", "Hm."),
        ("think", {}, {}, "<think>Hm.</think>\n42", None),
        ("details", {}, {}, '<details type="reasoning" open>\nHm.\n</details>\n42', None),
        ("strip", {}, {}, "42", None),
        ("strip", {"x-think-tags-mode": "separate"}, {}, "42", "Hm."),
        ("separate", {"x-think-tags-mode": "think"}, {}, "<think>Hm.</think>\n42", None),
        ("separate", {}, {"reasoning": {"exclude": True}}, "42", None),
        ("separate", {}, {"include_reasoning": False}, "42", None),
    ],
)
async def test_thinking_is_shown_as_owner_and_client_want_it(
    up: Upstream,
    settings_for: Make,
    own: str,
    headers: dict[str, str],
    more: dict[str, Any],
    content: str,
    thinking: str | None,
) -> None:
    up.reply(sse=openai_frames("Hm.", "42"))
    service = service_of(settings_for(up, glm_ui_gateway_thinking=own))
    answer = await asked(service, PATHS[0], headers, stream=False, **more)
    message = json.loads(answer.body)["choices"][0]["message"]
    assert (message["content"], message.get("reasoning_content")) == (content, thinking)


async def test_the_owner_can_leave_thinking_out_of_every_protocol(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("Hm.", "42"))
    service = service_of(settings_for(up, glm_ui_gateway_thinking="strip"))
    for path in PATHS:
        answer = await asked(service, path, thinking={"type": "enabled"})
        assert b"42" in answer.body
        assert b"Hm." not in answer.body


@pytest.mark.parametrize(
    ("headers", "more", "streamed"),
    [
        ({}, {}, False),
        ({}, {"reasoning": {"summary": "auto"}}, True),
        ({}, {"reasoning": {"summary": "none"}}, False),
        ({"originator": "codex_cli_rs"}, {}, True),
    ],
)
async def test_responses_stream_thinking_where_it_is_asked_for(
    up: Upstream, settings_for: Make, headers: dict[str, str], more: dict[str, Any], streamed: bool
) -> None:
    up.reply(sse=openai_frames(["H", "m."], "42"))
    answer = await asked(service_of(settings_for(up)), "/v1/responses", headers, **more)
    events = [json.loads(line[6:]) for line in answer.body.splitlines() if line.startswith(b"data: ")]
    deltas = [e["delta"] for e in events if e["type"] == "response.reasoning_summary_text.delta"]
    assert deltas == (["H", "m."] if streamed else [])
    items = [e["item"] for e in events if e["type"] == "response.output_item.done"]
    assert items[0]["summary"] == [{"type": "summary_text", "text": "Hm."}]


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


async def test_a_keys_limits_are_counted_for_all_processes_together(
    up: Upstream, settings_for: Make, redis: str
) -> None:
    up.reply(sse=openai_frames("", "42"))
    key = new_key()
    own = settings_for(
        up, glm_ui_redis_url=redis, glm_ui_gateway_keys=f"{line_of('anna', key)}:turns/minute=3"
    )
    one, other = service_of(own), service_of(own)
    headers = {"authorization": f"Bearer {key}"}
    got = [(await asked(service, PATHS[0], headers)).status for service in (one, other, one, other, one)]
    assert got == [200, 200, 200, 429, 429]


async def test_the_owners_machine_may_ask_as_much_at_once_as_the_server_takes(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(Reply(sse=openai_frames("", "42"), stall_before="headers"))
    own = settings_for(up)
    service = Service(own, Turnstile(Quota.of(own), most=6, each=2))
    turns = [asyncio.ensure_future(asked(service, PATHS[0])) for _ in range(6)]
    await up.asked(6)
    assert (await asked(service, PATHS[0])).status == 503
    for turn in turns:
        turn.cancel()
    await asyncio.gather(*turns, return_exceptions=True)


async def test_what_comes_in_one_read_leaves_in_one_piece_and_a_slow_client_holds_the_provider_back(
    up: Upstream, settings_for: Make
) -> None:
    words = [f"{n:05d} " for n in range(3_000)]
    up.reply(sse=openai_frames("", words))
    pieces: list[int] = []
    third, ready = asyncio.Event(), asyncio.Event()

    async def heard(piece: bytes) -> None:
        pieces.append(len(piece))
        if len(pieces) == 3:
            third.set()
            await ready.wait()

    body = json.dumps(BODY).encode()
    service = service_of(settings_for(up))
    asking = asyncio.ensure_future(call(service, "POST", PATHS[0], body, Answer(heard)))
    await third.wait()
    for _ in range(2_000):
        await asyncio.sleep(0)
    assert len(pieces) == 3, "nothing is sent to a client that has not taken what was sent"
    ready.set()
    answer = await asking
    lines = [line[6:] for line in answer.body.splitlines() if line.startswith(b"data: {")]
    deltas = [json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines]
    assert "".join(deltas) == "".join(words)
    assert len(pieces) < len(words) / 4
