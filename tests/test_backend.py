"""stream_chat against a scripted upstream: phases, retries, failures by name, Stop. Bodies are in
test_wire."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from glm_ui import errors
from glm_ui.backend import Tap, stream_chat
from glm_ui.backend import stream as backend
from glm_ui.backend.prepare import prepare_request
from glm_ui.errors import GlmUiError
from glm_ui.events import (
    AnswerDelta,
    Done,
    Retrying,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
    Waiting,
)
from glm_ui.messages import ChatRequest, Image, Message, Sampling, Text
from glm_ui.settings import Settings
from tests.conftest import CANARY
from tests.upstream import Reply, Upstream, anthropic_frames, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
ASK = ChatRequest("glm-4.6", (Message.user("What is 7 times 6?"),), provider="zai")
GOOD = Reply(sse=openai_frames("Seven sixes.", "42"))
Make = Callable[..., Settings]
DIALECTS = ["zai", "zai-anthropic"]


def frames(provider: str, *args: Any, **more: Any) -> list[dict[str, Any]]:
    return (anthropic_frames if provider.endswith("anthropic") else openai_frames)(*args, **more)


async def collect(
    request: ChatRequest, settings: Settings, into: list[StreamEvent] | None = None, **more: Any
) -> list[StreamEvent]:
    events = [] if into is None else into
    async for event in stream_chat(request, settings=settings, **more):
        events.append(event)
    return events


def text(events: Sequence[StreamEvent], kind: type[AnswerDelta] | type[ThinkingDelta]) -> str:
    return "".join(e.text for e in events if isinstance(e, kind))


async def nothing_runs() -> None:
    """Only this test's own task is left; httpx's own generators may take a turn of the loop to end."""
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "PAUSES", (0.001,))


# ---- the whole of a good turn


@pytest.mark.parametrize("provider", DIALECTS)
async def test_a_turn_waits_starts_thinks_answers_and_is_done(
    up: Upstream, settings_for: Make, provider: str
) -> None:
    up.reply(sse=frames(provider, ["Seven ", "sixes."], ["4", "2"]))
    events = await collect(replace(ASK, provider=provider), settings_for(up))
    assert events[:2] == [Waiting("connecting"), Waiting("first_byte")]
    assert [type(e) for e in events].count(Started) == 1
    assert text(events, ThinkingDelta) == "Seven sixes."
    assert text(events, AnswerDelta) == "42"
    assert [e for e in events if isinstance(e, Done)] == [events[-1]]
    assert events[-1].reason == "stop"  # type: ignore[union-attr]


@pytest.mark.parametrize("provider", DIALECTS)
async def test_one_byte_at_a_time_gives_the_same_reply(
    up: Upstream, settings_for: Make, provider: str
) -> None:
    up.reply(sse=frames(provider, "Sieben mal sechs 🧮", "42 – 四十二"), size=1)
    events = await collect(replace(ASK, provider=provider), settings_for(up))
    assert (text(events, ThinkingDelta), text(events, AnswerDelta)) == ("Sieben mal sechs 🧮", "42 – 四十二")


async def test_a_stream_without_done_marker_is_whole_when_it_gave_a_finish_reason(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(sse=openai_frames("", "42"), done=False, then="close")
    assert isinstance((await collect(ASK, settings_for(up)))[-1], Done)


@pytest.mark.parametrize("then", ["stall", "cut", "reset"])
async def test_what_the_server_does_after_the_end_of_the_reply_is_no_error(
    up: Upstream, settings_for: Make, then: str
) -> None:
    up.reply(sse=[*openai_frames("", "42"), "[DONE]"], then=then)
    assert isinstance((await collect(ASK, settings_for(up)))[-1], Done)
    await up.closed(1, 1.0)


@pytest.mark.parametrize("then", ["stall", "cut", "reset"])
async def test_a_connection_that_fails_after_the_finish_reason_is_no_error(
    up: Upstream, settings_for: Make, then: str
) -> None:
    up.reply(sse=openai_frames("", "42"), done=False, then=then)
    events = await collect(ASK, settings_for(up, glm_ui_silence_timeout=0.2))
    assert isinstance(events[-1], Done)


async def test_pictures_are_written_as_base64_and_json_beside_the_loop(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def noted(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        return prepare_request(*arguments)

    monkeypatch.setattr(backend, "prepare_request", noted)
    up.reply(GOOD, GOOD)
    picture = Image(data=bytes(backend.HEAVY + 1), mime="image/jpeg")
    await collect(
        ChatRequest("glm-4.5v", (Message("user", (picture, Text("?"))),), provider="zai"), settings_for(up)
    )
    await collect(ASK, settings_for(up))
    assert [thread is threading.main_thread() for thread in threads] == [False, True]
    assert len(up.requests[0].json["messages"][-1]["content"][0]["image_url"]["url"]) > backend.HEAVY


async def test_the_connection_serves_the_next_turn(up: Upstream, settings_for: Make) -> None:
    up.reply(GOOD)
    for _ in range(3):
        await collect(ASK, settings_for(up))
    assert up.connections == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "text/html", ""])
async def test_the_bytes_count_and_not_the_content_type(
    up: Upstream, settings_for: Make, content_type: str
) -> None:
    up.reply(replace(GOOD, content_type=content_type))
    assert text(await collect(ASK, settings_for(up)), AnswerDelta) == "42"


async def test_a_byte_order_mark_and_comments_come_first_and_do_no_harm(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(sse=[b"\xef\xbb\xbf", b": OPENROUTER PROCESSING\n\n", *openai_frames("", "42")], size=1)
    assert text(await collect(ASK, settings_for(up)), AnswerDelta) == "42"


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        (
            "zai",
            {
                "id": "w",
                "model": "glm-4.6",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {
                            "role": "assistant",
                            "reasoning_content": "Seven sixes.",
                            "content": "42",
                        },
                    }
                ],
                "usage": {"prompt_tokens": 9, "completion_tokens": 12},
            },
        ),
        (
            "zai-anthropic",
            {
                "id": "w",
                "type": "message",
                "role": "assistant",
                "model": "glm-4.6",
                "content": [{"type": "thinking", "thinking": "Seven sixes."}, {"type": "text", "text": "42"}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 9, "output_tokens": 12},
            },
        ),
    ],
)
async def test_a_complete_json_reply_is_decoded_as_one(
    up: Upstream, settings_for: Make, provider: str, body: dict[str, Any]
) -> None:
    up.reply(body=body, size=17)
    events = await collect(replace(ASK, provider=provider), settings_for(up))
    assert (text(events, ThinkingDelta), text(events, AnswerDelta)) == ("Seven sixes.", "42")
    assert any(isinstance(e, Usage) and e.output_tokens == 12 for e in events)
    assert isinstance(events[-1], Done)


async def test_a_clamped_option_is_said_at_the_start(up: Upstream, settings_for: Make) -> None:
    up.reply(GOOD)
    tap = Tap()
    events = await collect(
        replace(ASK, sampling=Sampling(temperature=1.7, seed=3)), settings_for(up), tap=tap
    )
    started = next(e for e in events if isinstance(e, Started))
    assert len(started.notes) == 2
    assert tap.notes == started.notes


async def test_a_continuation_by_asking_is_cleaned_at_its_seam(up: Upstream, settings_for: Make) -> None:
    partial = "The first three primes are two, three"
    request = ChatRequest(
        "glm-4.6",
        (Message.user("Primes?"), Message.assistant(partial)),
        provider="openrouter",
        continues=True,
    )
    settings = settings_for(up, openrouter_api_key=CANARY)
    up.reply(sse=openai_frames("", ["are two, ", "three", " and five."]))
    events = await collect(request, settings)
    asked = up.requests[0].json["messages"]
    continued = partial + text(events, AnswerDelta)
    assert asked[-1]["role"] == "user"
    assert continued == "The first three primes are two, three and five."


async def test_a_server_that_echoes_what_it_was_given_to_go_on_with_repeats_nothing(
    up: Upstream, settings_for: Make
) -> None:
    partial = "The first three primes are two, three"
    request = ChatRequest(
        "glm-4.6", (Message.user("Primes?"), Message.assistant(partial)), provider="custom", continues=True
    )
    settings = settings_for(
        up, glm_ui_custom_base_url=f"{up.url}/v1", glm_ui_custom_thinking="chat_template_kwargs"
    )
    up.reply(sse=openai_frames("", ["The first three", " primes are two, three", " and five."]))
    tap = Tap()
    events = await collect(request, settings, tap=tap)
    assert up.requests[0].json["continue_final_message"] is True
    assert not tap.continues_by_prompt
    assert text(events, AnswerDelta) == " and five."


async def test_nuls_before_a_reply_and_bad_bytes_in_a_whole_one_cost_no_words(
    up: Upstream, settings_for: Make
) -> None:
    frames = [b"\0\0\0" + b'data: {"choices":[{"delta":{"content":"So"}}]}\n\n', chunk_end("."), "[DONE]"]
    body = b'{"choices":[{"message":{"content":"So\xff."},"finish_reason":"stop"}],"x":NaN}'
    up.reply(Reply(sse=frames), Reply(body=body, content_type="application/json"))
    assert text(await collect(ASK, settings_for(up)), AnswerDelta) == "So."
    assert text(await collect(ASK, settings_for(up)), AnswerDelta) == "So\ufffd."


def chunk_end(content: str) -> dict[str, object]:
    return {"choices": [{"delta": {"content": content}, "finish_reason": "stop"}]}


UNEXPECTED = {
    "detail": "Unexpected fields in the request: {'continue_final_message', 'add_generation_prompt'}"
}


async def test_a_server_that_cannot_go_on_by_itself_is_asked_to(up: Upstream, settings_for: Make) -> None:
    """transformers serve 5.23 refuses the fields by which vLLM and llama.cpp go on."""
    partial = "The first three primes are two, three"
    messages = (Message.user("Primes?"), Message.assistant(partial))
    request = ChatRequest("glm-4.6", messages, provider="custom", continues=True)
    settings = settings_for(
        up,
        glm_ui_custom_base_url=f"{up.url}/v1",
        glm_ui_custom_thinking="chat_template_kwargs",
        glm_ui_retries=0,
    )
    up.reply(
        Reply(status=422, body=UNEXPECTED), Reply(sse=openai_frames("", ["are two, ", "three", " and five."]))
    )
    tap = Tap()
    events = await collect(request, settings, tap=tap)
    first, second = (got.json for got in up.requests)
    assert first["continue_final_message"] is True
    assert "continue_final_message" not in second
    assert second["messages"][-1]["role"] == "user"
    assert partial + text(events, AnswerDelta) == "The first three primes are two, three and five."
    assert tap.continues_by_prompt
    assert not any(isinstance(e, Retrying) for e in events)


async def test_a_refusal_of_something_else_is_not_hidden_by_going_on(
    up: Upstream, settings_for: Make
) -> None:
    messages = (Message.user("Primes?"), Message.assistant("Two, three"))
    request = ChatRequest("glm-4.6", messages, provider="custom", continues=True)
    settings = settings_for(
        up, glm_ui_custom_base_url=f"{up.url}/v1", glm_ui_custom_thinking="chat_template_kwargs"
    )
    up.script(lambda request: Reply(status=400, body={"error": {"message": "temperature is invalid"}}))
    with pytest.raises(errors.BadParameter, match="temperature"):
        await collect(request, settings)
    assert len(up.requests) == 2


async def test_what_the_seam_held_back_is_not_lost_when_the_stream_is_cut(
    up: Upstream, settings_for: Make
) -> None:
    partial = "The first three primes are two, three"
    messages = (Message.user("Primes?"), Message.assistant(partial))
    request = ChatRequest("glm-4.6", messages, provider="openrouter", continues=True)
    up.reply(sse=openai_frames("", "th", finish=None), done=False, then="close")
    events: list[StreamEvent] = []
    with pytest.raises(errors.StreamCut):
        await collect(request, settings_for(up, openrouter_api_key=CANARY), events)
    assert text(events, AnswerDelta) == "th"


# ---- what was sent and what came


async def test_the_tap_holds_the_exact_request_and_the_raw_bytes(up: Upstream, settings_for: Make) -> None:
    up.reply(GOOD)
    tap = Tap()
    await collect(ASK, settings_for(up), tap=tap)
    assert tap.request is not None
    assert tap.request.body == up.requests[0].body
    assert tap.request.url == f"{up.url}/api/paas/v4/chat/completions"
    assert tap.request.headers["Authorization"] == "Bearer $ZAI_API_KEY"
    assert bytes(tap.raw) == b"".join(GOOD.pieces())
    assert CANARY not in repr(tap)


async def test_the_tap_keeps_the_bytes_of_an_error_too(up: Upstream, settings_for: Make) -> None:
    up.reply(status=401, body={"error": {"code": "1000", "message": f"bad key {CANARY}"}})
    tap = Tap()
    with pytest.raises(errors.KeyRejected):
        await collect(ASK, settings_for(up), tap=tap)
    assert b'"1000"' in tap.raw
    assert CANARY.encode() not in tap.raw


async def test_each_turn_is_one_line_in_the_log_without_text_or_key(
    up: Upstream, settings_for: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "glm_ui.turn")
    up.reply(sse=openai_frames("Hmm.", "42", usage={"prompt_tokens": 9, "completion_tokens": 12}))
    await collect(replace(ASK, response_id="turn-7"), settings_for(up))
    [record] = [r for r in caplog.records if r.name == "glm_ui.turn"]
    line = record.glm_ui_turn
    assert (line["turn"], line["provider"], line["model"], line["ending"]) == (
        "turn-7",
        "zai",
        "glm-4.6",
        "stop",
    )
    assert (line["input_tokens"], line["output_tokens"]) == (9, 12)
    assert line["seconds"] >= line["first_answer"] >= 0
    for secret in (CANARY, "7 times 6", "Hmm", "42"):
        assert secret not in json.dumps(line).replace(str(line["seconds"]), "").replace("0.", "")


async def test_the_log_line_of_a_failure_names_it_and_the_error_names_the_turn(
    up: Upstream, settings_for: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "glm_ui.turn")
    up.reply(status=401, body={"error": {"code": "1000", "message": "no"}})
    with pytest.raises(errors.KeyRejected) as caught:
        await collect(ASK, settings_for(up))
    line = caplog.records[-1].glm_ui_turn
    assert line["ending"] == "key_rejected"
    assert caught.value.details["turn"] == line["turn"]


# ---- who is asked, with which key


async def test_an_unknown_model_names_the_nearest_and_sends_nothing(up: Upstream, settings_for: Make) -> None:
    with pytest.raises(errors.UnknownModel) as caught:
        await collect(replace(ASK, model="glm-4.66", provider=None), settings_for(up))
    assert "glm-4.6" in caught.value.details["nearest"]
    assert up.requests == []


async def test_a_model_that_the_provider_does_not_serve_is_told(up: Upstream, settings_for: Make) -> None:
    settings = settings_for(up, openrouter_api_key=CANARY)
    with pytest.raises(errors.NotServed):
        await collect(replace(ASK, model="glm-4.5-x", provider="openrouter"), settings)


async def test_an_unknown_provider_is_told(up: Upstream, settings_for: Make) -> None:
    with pytest.raises(errors.UnknownProvider, match="nobody"):
        await collect(replace(ASK, provider="nobody"), settings_for(up))


async def test_a_missing_key_is_told_before_anything_is_sent(up: Upstream, settings_for: Make) -> None:
    with pytest.raises(errors.MissingKey) as caught:
        await collect(replace(ASK, provider="openrouter"), settings_for(up))
    assert "OPENROUTER_API_KEY" in str(caught.value)
    assert caught.value.way_out == "key"


async def test_the_custom_provider_without_an_address_is_told(up: Upstream, settings_for: Make) -> None:
    with pytest.raises(GlmUiError, match="GLM_UI_CUSTOM_BASE_URL"):
        await collect(replace(ASK, provider="custom"), settings_for(up))


@pytest.mark.parametrize(
    ("typed_for", "asked"), [("zai", "zai"), ("zai", "zai-anthropic"), ("zai-anthropic", "zai")]
)
async def test_the_visitors_key_goes_before_the_owners(
    up: Upstream, settings_for: Make, typed_for: str, asked: str
) -> None:
    up.script(lambda r: Reply(sse=frames("anthropic" if "messages" in r.path else "openai", "", "42")))
    await collect(replace(ASK, provider=asked), settings_for(up), keys={typed_for: "visitors-own-key"})
    assert "visitors-own-key" in repr(up.requests[0].headers)
    assert CANARY not in repr(up.requests[0].headers)


async def test_one_providers_key_never_goes_to_another(up: Upstream, settings_for: Make) -> None:
    with Upstream() as theirs:
        theirs.reply(GOOD)
        settings = settings_for(
            up, glm_ui_custom_base_url=f"{theirs.url}/v1", gateway_api_key="gateway-key-gateway"
        )
        request = replace(ASK, provider="custom", model="whatever")
        await collect(request, settings, keys={"openrouter": "other-key-1"})
        headers = repr(theirs.requests[0].headers)
    assert "authorization" not in headers
    assert CANARY not in headers


async def test_without_any_key_the_demo_answers(settings_for: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    async with aclosing(stream_chat(replace(ASK, provider=None), settings=settings)) as events:
        async for event in events:
            if isinstance(event, ThinkingDelta | AnswerDelta):
                break
    with pytest.raises(errors.MissingKey):
        await collect(replace(ASK, provider="zai"), settings)


async def test_a_visitors_key_makes_the_demo_step_back(up: Upstream) -> None:
    up.reply(GOOD)
    settings = Settings(_env_file=None, glm_ui_zai_base_url=up.url)  # type: ignore[call-arg]
    await collect(replace(ASK, provider=None), settings, keys={"zai": "visitors-own-key"})
    assert len(up.requests) == 1


# ---- failures, each by its name


def said(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


REFUSALS: list[tuple[str, int, dict[str, str], Any, type[GlmUiError]]] = [
    ("wrong key", 401, {}, said("1000", "Authentication Failed"), errors.KeyRejected),
    ("expired key", 401, {}, said("1003", "Token expired"), errors.KeyRejected),
    ("no balance", 429, {}, said("1113", "Insufficient balance"), errors.NoBalance),
    ("plan limit", 429, {}, said("1308", "Usage limit"), errors.QuotaUsedUp),
    ("not in plan", 429, {}, said("1311", "not in plan"), errors.NotInPlan),
    ("fair use", 429, {}, said("1313", "fair use"), errors.QuotaUsedUp),
    ("too long", 400, {}, said("1261", "Prompt exceeds max length"), errors.ContextTooLong),
    ("filtered", 400, {}, said("1301", "unsafe content"), errors.ContentFiltered),
    ("unknown model", 400, {}, said("1211", "Unknown Model"), errors.ModelUnknownThere),
    ("bad parameter", 400, {}, said("1214", "max_tokens is invalid"), errors.BadParameter),
    ("forbidden", 403, {}, said("1220", "no permission"), errors.PermissionDenied),
    ("wrong route", 404, {}, "404 page not found", errors.WrongAddress),
    ("too large", 413, {}, "<html><h1>413</h1></html>", errors.TooLarge),
    ("plain text", 401, {}, "Unauthorized", errors.KeyRejected),
    ("rate limit, long wait", 429, {"Retry-After": "3600"}, said("1302", "slow"), errors.RateLimited),
]


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS]
)
async def test_a_refusal_has_its_name_and_is_not_asked_again(
    up: Upstream, settings_for: Make, status: int, headers: dict[str, str], body: Any, kind: type[GlmUiError]
) -> None:
    up.reply(status=status, headers=headers, body=body)
    with pytest.raises(kind) as caught:
        await collect(ASK, settings_for(up))
    assert type(caught.value) is kind
    assert len(up.requests) == 1
    assert caught.value.status == status
    assert caught.value.provider == "Z.ai"


async def test_the_code_of_the_provider_and_the_parameters_name_are_kept(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(status=400, body={"error": {"code": "1214", "message": "max_tokens is invalid"}})
    with pytest.raises(errors.BadParameter, match="max_tokens") as caught:
        await collect(ASK, settings_for(up))
    assert caught.value.provider_code == "1214"
    assert caught.value.details["parameter"] == "max_tokens"


NO_STREAMS: list[tuple[str, dict[str, Any], type[GlmUiError]]] = [
    (
        "html",
        {"body": "<!doctype html><title>Welcome</title>", "content_type": "text/html"},
        errors.NotAStream,
    ),
    ("nothing", {"body": b""}, errors.NotAStream),
    ("blanks", {"body": b"\r\n \n"}, errors.NotAStream),
    ("plain text", {"body": "Hello there."}, errors.NotAStream),
    ("broken json", {"body": '{"choices": [', "content_type": "application/json"}, errors.NotAStream),
    ("a json list", {"body": "[1, 2]", "content_type": "application/json"}, errors.NotAStream),
    ("some json", {"body": {"hello": "world"}}, GlmUiError),
    ("error 1302 as 200", {"body": {"error": {"code": "1302", "message": "slow down"}}}, errors.RateLimited),
    (
        "route miss as 200",
        {"body": {"code": 500, "msg": "404 NOT_FOUND", "success": False}},
        errors.WrongAddress,
    ),
    ("error text as 200", {"body": {"error": "DNS resolution failure"}}, GlmUiError),
]


@pytest.mark.parametrize(("reply", "kind"), [r[1:] for r in NO_STREAMS], ids=[r[0] for r in NO_STREAMS])
@pytest.mark.parametrize("provider", DIALECTS)
async def test_http_200_that_is_no_stream_is_an_error_and_not_asked_again(
    up: Upstream, settings_for: Make, provider: str, reply: dict[str, Any], kind: type[GlmUiError]
) -> None:
    up.reply(**reply)
    with pytest.raises(kind) as caught:
        await collect(replace(ASK, provider=provider), settings_for(up))
    assert len(up.requests) == 1
    assert "<" not in str(caught.value.public())


@pytest.mark.parametrize(
    "begun", [": ping\n\n: ping\n\n", 'data: {"choices": [{"del', "event: message_st", "dat"]
)
async def test_a_stream_that_ends_before_its_first_frame_is_told_as_cut(
    up: Upstream, settings_for: Make, begun: str
) -> None:
    up.reply(body=begun, content_type="text/event-stream")
    with pytest.raises(errors.StreamCut) as caught:
        await collect(ASK, settings_for(up))
    assert caught.value.way_out == "retry"
    assert "kept" not in str(caught.value)


@pytest.mark.parametrize("then", ["close", "cut", "reset"])
@pytest.mark.parametrize("provider", DIALECTS)
async def test_a_truncated_stream_is_an_error_after_all_of_its_text(
    up: Upstream, settings_for: Make, provider: str, then: str
) -> None:
    up.reply(sse=frames(provider, "Hmm.", "The answer is", finish=None), done=False, then=then)
    events: list[StreamEvent] = []
    with pytest.raises((errors.StreamCut, errors.ConnectionReset)) as caught:
        await collect(replace(ASK, provider=provider), settings_for(up), events)
    assert text(events, AnswerDelta) == "The answer is"
    assert not any(isinstance(e, Done) for e in events)
    assert caught.value.way_out == "continue"
    assert not caught.value.retryable
    assert len(up.requests) == 1


async def test_silence_inside_a_reply_is_an_error_after_all_of_its_text(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(sse=openai_frames("", "The answer is", finish=None), then="stall")
    events: list[StreamEvent] = []
    with pytest.raises(errors.TimedOut) as caught:
        await collect(ASK, settings_for(up, glm_ui_silence_timeout=0.15), events)
    assert caught.value.details["phase"] == "silence"
    assert caught.value.way_out == "continue"
    assert text(events, AnswerDelta) == "The answer is"
    await up.left(1, 1.0)


OVERLOADED = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n'


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"code": 400, "message": "Token limit reached"}, "choices": [{"index": 0, "delta": {}}]},
        {"error": "text of an error"},
        OVERLOADED,
        {"choices": [{"index": 0, "finish_reason": "network_error", "delta": {"content": ""}}]},
    ],
    ids=["chunk with error", "string", "event", "finish reason"],
)
async def test_an_error_inside_the_stream_comes_after_the_text_before_it(
    up: Upstream, settings_for: Make, error: Any
) -> None:
    up.reply(sse=[*openai_frames("", "So far", finish=None), error, "[DONE]"])
    events: list[StreamEvent] = []
    with pytest.raises((errors.StreamFailed, errors.Overloaded)) as caught:
        await collect(ASK, settings_for(up), events)
    assert text(events, AnswerDelta) == "So far"
    assert not caught.value.retryable
    assert len(up.requests) == 1


@pytest.mark.parametrize(
    ("thinking", "answer", "finish", "way_out"),
    [
        ("", "", "stop", "retry"),
        ("", "\n", "stop", "retry"),
        ("All in here.", "", "stop", "show_thinking"),
        ("On and on", "", "length", "more_tokens"),
        ("", "", "length", "more_tokens"),
    ],
)
async def test_an_empty_answer_is_an_error_with_a_way_out(
    up: Upstream, settings_for: Make, thinking: str, answer: str, finish: str, way_out: str
) -> None:
    up.reply(sse=openai_frames(thinking, answer, finish=finish, usage={"prompt_tokens": 9}))
    events: list[StreamEvent] = []
    with pytest.raises(errors.EmptyAnswer) as caught:
        await collect(ASK, settings_for(up), events)
    assert caught.value.way_out == way_out
    assert caught.value.details["had_thinking"] is bool(thinking)
    assert caught.value.details["reason"] == finish
    assert text(events, ThinkingDelta) == thinking
    assert any(isinstance(e, Usage) for e in events)


async def test_a_filtered_reply_without_text_says_so(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", "", finish="sensitive"))
    with pytest.raises(errors.ContentFiltered):
        await collect(ASK, settings_for(up))


async def test_a_refusal_without_text_says_why_in_the_providers_words(
    up: Upstream, settings_for: Make
) -> None:
    reply = anthropic_frames("", "", finish="refusal")
    reply[-2]["delta"]["stop_details"] = {"type": "refusal", "explanation": "It asks for something unsafe."}
    up.reply(sse=reply)
    with pytest.raises(errors.ContentFiltered) as caught:
        await collect(replace(ASK, provider="zai-anthropic"), settings_for(up))
    assert caught.value.why == "It asks for something unsafe."


async def test_a_full_window_without_text_says_so(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", "", finish="model_context_window_exceeded"))
    with pytest.raises(errors.ContextTooLong):
        await collect(ASK, settings_for(up))


async def test_a_tool_call_alone_is_an_answer(up: Upstream, settings_for: Make) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    frame = {"model": "m", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}
    up.reply(sse=[frame, *openai_frames("", "", finish="tool_calls")])
    events = await collect(ASK, settings_for(up))
    assert any(isinstance(e, ToolCallDelta) for e in events)
    assert isinstance(events[-1], Done)


# ---- retries

HELPS = [
    ("reset before headers", Reply(reset_before="headers")),
    ("reset before body", Reply(reset_before="body")),
    ("502", Reply(status=502, body="bad gateway")),
    ("503", Reply(status=503, body={"error": "DNS resolution failure"})),
    ("504", Reply(status=504)),
    ("529", Reply(status=529, body={"type": "error", "error": {"type": "overloaded_error", "message": "x"}})),
    ("500", Reply(status=500, body={"error": {"code": "500", "message": "x"}})),
    ("1234", Reply(status=500, body={"error": {"code": "1234", "message": "x"}})),
    ("1302", Reply(status=429, body={"error": {"code": "1302", "message": "x"}})),
    ("1305", Reply(status=429, body={"error": {"code": "1305", "message": "x"}})),
    ("429", Reply(status=429, body="Too many requests")),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bad", [r for _, r in HELPS], ids=[n for n, _ in HELPS])
async def test_asking_again_where_it_can_help(up: Upstream, settings_for: Make, bad: Reply) -> None:
    up.reply(bad, GOOD)
    events = await collect(ASK, settings_for(up))
    retry = next(e for e in events if isinstance(e, Retrying))
    assert (retry.attempt, retry.of) == (2, 3)
    assert "Z.ai" in retry.why
    assert text(events, AnswerDelta) == "42"
    assert [type(e) for e in events].count(Started) == 1
    assert len(up.requests) == 2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("retries", [0, 1, 2])
async def test_it_gives_up_after_the_retries_of_the_settings(
    up: Upstream, settings_for: Make, retries: int
) -> None:
    up.reply(status=503, body="busy")
    with pytest.raises(errors.ProviderDown) as caught:
        await collect(ASK, settings_for(up, glm_ui_retries=retries))
    assert len(up.requests) == retries + 1
    assert caught.value.details.get("attempts", 1) == retries + 1


@pytest.mark.usefixtures("quick")
async def test_a_server_that_is_not_there_is_tried_again_and_then_told(
    settings_for: Make, up: Upstream, unused_tcp_port: int
) -> None:
    events: list[StreamEvent] = []
    settings = settings_for(up, glm_ui_zai_base_url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(errors.CannotConnect):
        await collect(ASK, settings, events)
    assert sum(isinstance(e, Retrying) for e in events) == 2


async def test_retry_after_is_honoured(up: Upstream, settings_for: Make) -> None:
    up.reply(Reply(status=429, headers={"Retry-After": "0.2"}, body={"error": {"code": "1302"}}), GOOD)
    events = await collect(ASK, settings_for(up))
    assert next(e.delay for e in events if isinstance(e, Retrying)) == 0.2


async def test_a_wait_of_more_than_a_minute_is_told_and_not_waited_for(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(status=429, headers={"Retry-After": "600"}, body={"error": {"code": "1302"}})
    with pytest.raises(errors.RateLimited, match="10 min") as caught:
        await collect(ASK, settings_for(up))
    assert caught.value.retry_after == 600
    assert len(up.requests) == 1


@pytest.mark.usefixtures("quick")
async def test_nothing_is_asked_again_once_a_byte_has_come(up: Upstream, settings_for: Make) -> None:
    up.reply(Reply(sse=[b": hello\n\n"], then="reset"), GOOD)
    with pytest.raises(errors.ConnectionReset):
        await collect(ASK, settings_for(up))
    assert len(up.requests) == 1


# ---- Stop means stop


STALLS = {
    "before the headers": Reply(stall_before="headers"),
    "before the body": Reply(stall_before="body", sse=["x"]),
    "in the middle": Reply(sse=openai_frames("", "So far", finish=None), then="stall"),
}


@pytest.mark.parametrize("reply", STALLS.values(), ids=STALLS.keys())
async def test_cancelling_closes_the_upstream_while_it_is_silent(
    up: Upstream, settings_for: Make, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "glm_ui.turn")
    up.reply(reply)
    talking = asyncio.Event()

    async def run() -> None:
        async for event in stream_chat(ASK, settings=settings_for(up)):
            if isinstance(event, AnswerDelta):
                talking.set()

    task = asyncio.create_task(run())
    await up.asked(1)
    if reply.then == "stall":
        await talking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await up.left(1, 1.0)
    assert up.open == 0
    await nothing_runs()
    assert caplog.records[-1].glm_ui_turn["ending"] == "stopped"


async def test_closing_the_iterator_closes_the_upstream(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", ["So ", "far"], finish=None), then="stall")
    async with aclosing(stream_chat(ASK, settings=settings_for(up))) as events:
        async for event in events:
            if isinstance(event, AnswerDelta):
                break
    await up.left(1, 1.0)
    await nothing_runs()


async def test_stopping_while_a_retry_waits_ends_at_once(up: Upstream, settings_for: Make) -> None:
    up.reply(status=429, headers={"Retry-After": "50"}, body={"error": {"code": "1302"}})
    waiting = asyncio.Event()

    async def run() -> None:
        async for event in stream_chat(ASK, settings=settings_for(up)):
            if isinstance(event, Retrying):
                waiting.set()

    task = asyncio.create_task(run())
    await waiting.wait()
    task.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await task
    await up.closed(1)
    assert len(up.requests) == 1
    await nothing_runs()


async def test_stopping_while_it_connects_ends_at_once(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = asyncio.Event()

    async def never(*_: object, **__: object) -> None:
        looking.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    settings = settings_for(up, glm_ui_zai_base_url="http://slow.invalid/v4")
    task = asyncio.create_task(collect(ASK, settings))
    await looking.wait()
    task.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await task
    await nothing_runs()


async def test_fifty_turns_at_once_leave_nothing_behind(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", ["a", "b"], finish=None), then="stall")
    settings = settings_for(up)
    tasks = [asyncio.create_task(collect(ASK, settings)) for _ in range(50)]
    await up.asked(50)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await up.left(50, 2.0)
    assert up.open == 0
    await nothing_runs()


# ---- the canary

ECHOES = [
    Reply(status=401, body={"error": {"code": "1000", "message": f"invalid key {CANARY}"}}),
    Reply(status=401, body=f"Bearer {CANARY} is not known"),
    Reply(status=400, body={"error": {"code": CANARY, "type": CANARY, "message": "x", "param": CANARY}}),
    Reply(status=500, body=f"<html><pre>Authorization: Bearer {CANARY}</pre></html>"),
    Reply(status=400, body="x" * 480 + CANARY),
    Reply(status=307, headers={"Location": f"https://elsewhere.invalid/{CANARY}"}),
    Reply(body={"error": {"message": f"key {CANARY}"}}),
    Reply(body=f"nonsense {CANARY}"),
    Reply(sse=[{"error": {"code": "1000", "message": f"key {CANARY}"}}]),
    Reply(sse=[f"broken {{ {CANARY}"]),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("reply", ECHOES)
@pytest.mark.parametrize("provider", DIALECTS)
async def test_a_key_that_the_upstream_echoes_is_in_no_error_log_or_tap(
    up: Upstream, settings_for: Make, provider: str, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    up.reply(reply)
    tap = Tap()
    with pytest.raises(GlmUiError) as caught:
        await collect(replace(ASK, provider=provider), settings_for(up), tap=tap)
    error = caught.value
    seen = f"{error!r} {error} {error.args} {error.public()} {tap!r} {bytes(tap.raw)!r}"
    assert CANARY not in seen
    assert CANARY[:30] not in seen
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("glm_ui")]
    assert CANARY not in repr(ours)
    assert any(CANARY in v for v in up.requests[0].headers.values())


async def test_a_certificate_that_nobody_trusts_gets_no_key(
    settings_for: Make, own_certificate: ssl.SSLContext
) -> None:
    with Upstream(tls=own_certificate) as up:
        with pytest.raises(errors.TlsNotTrusted):
            await collect(ASK, settings_for(up))
        assert up.requests == []
