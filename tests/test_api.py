"""The named endpoints, through the real `gradio_client`, as a program uses them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from tests.conftest import CANARY
from tests.upstream import Upstream, openai_frames


def endpoint(client: Client, name: str) -> Any:
    return client.view_api(return_format="dict", print_info=False)["named_endpoints"][name]  # type: ignore[index]


def test_chat_has_two_outputs_and_only_the_message_is_required(client: Client) -> None:
    described = endpoint(client, "/chat")
    assert len(described["returns"]) == 2
    required = [p["parameter_name"] for p in described["parameters"] if not p["parameter_has_default"]]
    assert required == ["message"]
    names = [p["parameter_name"] for p in described["parameters"]]
    assert names == ["message", "model", "provider", "thinking", "system", "history"]


def test_chat_streams_thinking_and_answer_each_whole_so_far(client: Client, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames(["Seven ", "sixes."], ["It is ", "42."]), hold=(2, 3))
    job = client.submit("7 times 6?", api_name="/chat")
    frames = []
    for frame in job:
        frames.append(frame)
        upstream.release()
    assert frames[-1] == ("Seven sixes.", "It is 42.")
    assert ("Seven sixes.", "") in frames
    for earlier, later in pairwise(frames):
        assert all(b.startswith(a) for a, b in zip(earlier, later, strict=True))


def test_every_argument_reaches_the_wire(client: Client, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("", "ok"))
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    client.predict("Again", "glm-4.5", "zai", False, "Be brief.", history, api_name="/chat")
    body = upstream.requests[0].json
    assert body["model"] == "glm-4.5"
    assert body["thinking"]["type"] == "disabled"
    assert [(m["role"], m["content"]) for m in body["messages"]] == [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Again"),
    ]


def test_history_may_be_pairs(client: Client, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("", "ok"))
    client.predict("Again", history=[["user", "Hi"], ["assistant", "Hello"]], api_name="/chat")
    assert [m["role"] for m in upstream.requests[0].json["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize("history", [[{"role": "robot", "content": "x"}], [{"role": "user"}], ["x"], [1]])
def test_an_unreadable_history_is_refused_in_plain_words(client: Client, history: list[Any]) -> None:
    with pytest.raises(AppError, match="history cannot be read"):
        client.predict("Hi", history=history, api_name="/chat")


def test_a_failure_arrives_in_the_same_words_as_in_the_page(client: Client, upstream: Upstream) -> None:
    upstream.reply(status=401, body={"error": {"code": "1000", "message": f"bad key {CANARY}"}})
    with pytest.raises(AppError, match="did not accept the key") as err:
        client.predict("Hi", api_name="/chat")
    assert CANARY not in str(err.value)
    assert "Traceback" not in str(err.value)


def test_an_unknown_model_is_never_replaced_by_another(client: Client, upstream: Upstream) -> None:
    with pytest.raises(AppError, match="gpt-4"):
        client.predict("Hi", "gpt-4", api_name="/chat")
    assert not upstream.requests


def test_an_empty_message_is_refused(client: Client) -> None:
    with pytest.raises(AppError, match="nothing to send"):
        client.predict("  ", api_name="/chat")


def test_a_caller_who_leaves_closes_the_upstream(client: Client, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("Hm", finish=None), then="stall")
    job = client.submit("Hi", api_name="/chat")
    upstream.wait_requests(1)
    next(iter(job))
    job.cancel()
    upstream.wait_aborted(1)


def test_resolve_gives_the_object_of_the_catalogue(client: Client) -> None:
    found = client.predict("claude-3-5-haiku-20241022", "gateway-anthropic", api_name="/resolve")
    assert found["mapped"] is True
    assert found["model"] == "glm-4.5v"
    assert found["provider"] == "gateway-anthropic"
    assert found["dialect"] == "anthropic"
    assert {"wire_id", "steps", "nearest"} <= set(found)


@pytest.mark.parametrize("name", ["", "   ", "gpt-4", "glm-9000", "x" * 10_000])
def test_resolve_maps_nothing_that_is_not_known(client: Client, name: str) -> None:
    found = client.predict(name, api_name="/resolve")
    assert found["mapped"] is False
    assert found["model"] is None


def test_resolve_needs_only_the_name(client: Client) -> None:
    required = [
        p["parameter_name"]
        for p in endpoint(client, "/resolve")["parameters"]
        if not p["parameter_has_default"]
    ]
    assert required == ["name"]
