"""How failures are told: what is asked again, what is said to be kept, and whose words they are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from glm_ui import errors
from glm_ui.backend import stream
from glm_ui.errors import GlmUiError
from glm_ui.events import AnswerDelta, StreamEvent, ThinkingDelta, ToolCallDelta
from tests.conftest import CANARY
from tests.test_backend import ASK, DIALECTS, OVERLOADED, Make, collect, frames, text
from tests.upstream import Reply, Upstream, openai_frames

pytestmark = pytest.mark.usefixtures("pool")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PAUSES", (0.001,))


async def failure(up: Upstream, settings_for: Make, **more: Any) -> GlmUiError:
    with pytest.raises(GlmUiError) as caught:
        await collect(ASK, settings_for(up, **more))
    return caught.value


# ---- what is not asked again

EMPTY = "Insufficient balance or no resource package. Please recharge."
NO_BALANCE: list[tuple[int, Any]] = [
    (429, {"error": {"type": "api_error", "message": f"1113: {EMPTY}"}}),
    (429, {"error": {"type": "rate_limit_error", "message": "Error code: 1113"}}),
    (429, {"type": "error", "error": {"type": "overloaded_error", "message": "[1113] no"}}),
    (503, {"error": {"message": EMPTY}}),
    (503, {"error": EMPTY}),
    (500, {"error": {"type": "upstream_error", "message": "余额不足或无可用资源包,请充值。"}}),
    (502, EMPTY),
    (503, {"error": {"code": "1113", "type": "api_error", "message": "x"}}),
    (429, {"error": {"code": 429, "message": "Provider returned error", "metadata": {"raw": json.dumps(
        {"error": {"code": "1113", "message": "no"}})}}}),
    (500, {"error": {"type": "api_error", "message": 'upstream said: {"error":{"code":"1113","message":"no"}}'}}),
]  # fmt: skip


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("status", "body"), NO_BALANCE)
async def test_an_empty_account_is_not_asked_again_whatever_stands_beside_it(
    up: Upstream, settings_for: Make, status: int, body: Any
) -> None:
    up.reply(status=status, body=body)
    error = await failure(up, settings_for)
    assert type(error) is errors.NoBalance
    assert len(up.requests) == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("location", ["http://\x7f/", "http://xn--ü/", "http://[", "//"])
async def test_a_redirect_to_nowhere_is_told_once(up: Upstream, settings_for: Make, location: str) -> None:
    up.reply(status=302, headers={"Location": location})
    error = await failure(up, settings_for)
    assert type(error) is errors.RedirectRefused
    assert len(up.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_on_the_same_server_that_drops_the_question_is_told_as_such(
    up: Upstream, settings_for: Make, status: int
) -> None:
    up.reply(status=status, headers={"Location": f"/v2/chat?{CANARY}"})
    error = await failure(up, settings_for)
    assert type(error) is errors.RedirectRefused
    assert "another path" in error.what
    assert f"answers {status} and points to /v2/chat" in error.why
    assert "drops the question" in error.why
    assert CANARY not in str(error)


# ---- what is kept, and what helps

QUICK = {"glm_ui_silence_timeout": 0.2, "glm_ui_first_byte_timeout": 0.5, "glm_ui_retries": 0}
BROKEN: dict[str, dict[str, Any]] = {
    "cut": {"then": "close"},
    "reset": {"then": "reset"},
    "silent": {"then": "stall"},
    "overloaded": {"last": OVERLOADED},
    "error": {"last": {"error": "CUDA out of memory"}},
    "rate limit": {"last": {"error": {"code": "1302", "message": "x"}}},
    "network": {"last": {"choices": [{"index": 0, "finish_reason": "network_error", "delta": {}}]}},
}


def broken_reply(how: str, thinking: str, answer: str) -> Reply:
    kind = dict(BROKEN[how])
    last = [kind.pop("last")] if "last" in kind else []
    return Reply(sse=[*openai_frames(thinking, answer, finish=None), *last], done=False, **kind)


@pytest.mark.parametrize("how", BROKEN)
async def test_text_that_came_is_said_to_be_kept_and_can_go_on(
    up: Upstream, settings_for: Make, how: str
) -> None:
    up.reply(broken_reply(how, "Hm.", "The answer is"))
    error = await failure(up, settings_for, **QUICK)
    assert error.way_out == "continue"
    assert error.todo == "What came so far is kept: continue, or retry."
    assert str(error).endswith(error.todo)
    assert str(error) == " ".join(s for s in (error.what, error.why, error.todo) if s)


@pytest.mark.parametrize("thinking", ["", "Hm."])
@pytest.mark.parametrize("how", BROKEN)
async def test_nothing_is_said_to_be_kept_where_no_answer_came(
    up: Upstream, settings_for: Make, how: str, thinking: str
) -> None:
    up.reply(broken_reply(how, thinking, ""))
    error = await failure(up, settings_for, **QUICK)
    assert error.way_out == "retry"
    assert "kept" not in str(error)
    assert "etry" in error.todo


async def test_what_only_its_own_advice_helps_against_keeps_it_in_mid_reply(
    up: Upstream, settings_for: Make
) -> None:
    empty = {"error": {"code": "1113", "message": "no"}}
    up.reply(sse=[*openai_frames("", "So far", finish=None), empty], done=False)
    error = await failure(up, settings_for)
    assert type(error) is errors.NoBalance
    assert error.way_out == "key"


# ---- the upstream's own words


@pytest.mark.parametrize(
    "reply",
    [
        Reply(sse=[*openai_frames("", "x", finish=None), {"error": "CUDA out of memory"}]),
        Reply(sse=[{"error": {"message": "<b>CUDA</b> out of\n memory"}}]),
        Reply(body={"error": "CUDA out of memory"}),
        Reply(status=500, body={"error": "CUDA out of memory"}),
        Reply(status=400, body={"detail": "CUDA out of memory"}),
        Reply(status=418, body="CUDA out of memory"),
    ],
)
@pytest.mark.usefixtures("quick")
async def test_what_the_upstream_says_is_shown_in_its_own_words(
    up: Upstream, settings_for: Make, reply: Reply
) -> None:
    up.reply(reply)
    error = await failure(up, settings_for)
    assert "It says: “CUDA out of memory”." in error.why
    assert error.why in str(error)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (
            {"error": {"message": "Upstream failed", "metadata": {"raw": {"error": {"message": "busy"}}}}},
            "busy",
        ),
        ({"error": {"message": 'litellm: {"error": {"message": "busy"}}'}}, "litellm: busy"),
        ({"error": {"message": {"text": "busy"}}}, ""),
        ({"error": {"message": 'failed: {"a": "' + "x" * 5000}}, "failed"),
        ('{"detail": "', ""),
        ({"error": {"message": "word " * 1000}}, "word word"),
    ],
)
async def test_no_raw_json_and_no_endless_text_stands_in_a_message(
    up: Upstream, settings_for: Make, body: Any, shown: str
) -> None:
    up.reply(status=400, body=body)
    error = await failure(up, settings_for)
    assert shown in error.why
    assert '{"' not in str(error)
    assert len(str(error)) < 500


async def test_the_name_of_an_option_is_cut_and_cleaned(up: Upstream, settings_for: Make) -> None:
    param = "<img src=x onerror=alert(1)>top_k" + "y" * 500
    up.reply(status=400, body={"error": {"message": "no", "param": param}})
    error = await failure(up, settings_for)
    assert error.details["parameter"].startswith("top_k")
    assert len(error.details["parameter"]) <= 60
    assert "<" not in str(error.public())


async def test_a_host_at_its_limit_is_not_told_as_the_keys_limit(up: Upstream, settings_for: Make) -> None:
    said = (
        "z-ai/glm-4.6:free is temporarily rate-limited upstream. Please retry shortly, or add your own key."
    )
    body = {"error": {"code": 429, "message": "Provider returned error", "metadata": {"raw": said}}}
    up.reply(status=429, headers={"Retry-After": "600"}, body=body)
    error = await failure(up, settings_for)
    assert type(error) is errors.RateLimited
    assert "The key is over" not in error.why
    assert "limit for all users" in error.why


# ---- a key that is spread over several pieces of a text


def pieces(size: int) -> list[str]:
    said = f"My key is {CANARY}, and its start is {CANARY[:9]}."
    return [said[i : i + size] for i in range(0, len(said), size)]


SAFE = f"My key is [key], and its start is {CANARY[:9]}."


@pytest.mark.parametrize("size", [1, 5, 20, 30])
@pytest.mark.parametrize("provider", DIALECTS)
async def test_a_key_over_several_deltas_reaches_nobody(
    up: Upstream, settings_for: Make, provider: str, size: int
) -> None:
    up.reply(sse=frames(provider, pieces(size), pieces(size)))
    events = await collect(replace(ASK, provider=provider), settings_for(up))
    assert text(events, ThinkingDelta) == SAFE
    assert text(events, AnswerDelta) == SAFE


@pytest.mark.parametrize("size", [1, 5, 20, 30])
async def test_a_key_over_several_pieces_of_arguments_reaches_nobody(
    up: Upstream, settings_for: Make, size: int
) -> None:
    def delta(arguments: str, **more: Any) -> dict[str, Any]:
        call = {"index": 0, "function": {"arguments": arguments, **more}}
        return {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}

    up.reply(
        sse=[delta("", name=f"f{CANARY}"), *map(delta, pieces(size)), *openai_frames(finish="tool_calls")]
    )
    events = await collect(ASK, settings_for(up))
    calls = [e for e in events if isinstance(e, ToolCallDelta)]
    assert "".join(call.arguments for call in calls) == SAFE
    assert {call.name for call in calls} == {"f[key]"}


async def test_usage_between_two_pieces_does_not_hide_a_key(up: Upstream, settings_for: Make) -> None:
    sent = [
        {"choices": [{"index": 0, "delta": {"content": piece}}], "usage": {"completion_tokens": n}}
        for n, piece in enumerate(pieces(7))
    ]
    up.reply(sse=[*sent, *openai_frames()])
    assert text(await collect(ASK, settings_for(up)), AnswerDelta) == SAFE


async def test_what_was_held_back_comes_when_the_reply_breaks_off(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=openai_frames("", ["It is ", CANARY[:9]], finish=None), done=False, then="close")
    events: list[StreamEvent] = []
    with pytest.raises(errors.StreamCut):
        await collect(ASK, settings_for(up), events)
    assert text(events, AnswerDelta) == f"It is {CANARY[:9]}"


async def test_a_key_of_a_few_letters_corrupts_neither_answers_nor_requests(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(sse=openai_frames("", "An example text."))
    tap = stream.Tap()
    events = await collect(ASK, settings_for(up, zai_api_key="x"), tap=tap)
    assert text(events, AnswerDelta) == "An example text."
    assert tap.request is not None
    assert tap.request.headers["Accept"] == up.requests[0].headers["accept"]
    assert tap.request.headers["Authorization"] == "Bearer $ZAI_API_KEY"


@pytest.mark.parametrize(("code", "kind"), [("1000", errors.KeyRejected), ("1113", errors.NoBalance)])
async def test_what_is_wrong_with_the_servers_own_key_is_told_to_a_visitor_as_that(
    up: Upstream, settings_for: Make, code: str, kind: type[errors.UpstreamError]
) -> None:
    """Who asks with a key of the server's can neither check it nor top its account up."""
    todos = []
    for keys in ({}, {"zai": "a-key-of-the-visitor"}):
        up.reply(status=401, body={"error": {"code": code, "message": "no"}})
        with pytest.raises(kind) as caught:
            await collect(ASK, settings_for(up), keys=keys)
        todos.append(caught.value.todo)
    assert "this server's key (ZAI_API_KEY)" in todos[0]
    assert todos[1] == kind.says[2]
