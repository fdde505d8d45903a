"""The named endpoints, through the real `gradio_client`, as a program uses them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from glm_ui.ui.turn.endings import Endings
from tests.conftest import CANARY
from tests.serving import Served
from tests.upstream import Reply, Upstream, openai_frames


def endpoint(client: Client, name: str) -> Any:
    return client.view_api(return_format="dict", print_info=False)["named_endpoints"][name]  # type: ignore[index]


def test_chat_has_two_outputs_and_only_the_message_is_required(client: Client) -> None:
    described = endpoint(client, "/chat")
    assert len(described["returns"]) == 2
    required = [p["parameter_name"] for p in described["parameters"] if not p["parameter_has_default"]]
    assert required == ["message"]
    names = [p["parameter_name"] for p in described["parameters"]]
    assert names == ["message", "model", "provider", "thinking", "system", "history", "tools"]


def test_chat_streams_thinking_and_answer_each_whole_so_far(client: Client, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames(["Seven ", "sixes."], ["It is ", "42."]), hold=(2, 3))
    job = client.submit("7 times 6?", api_name="/chat")
    frames = []
    for frame in job:
        frames.append(frame)
        if frame in (("Seven sixes.", ""), ("Seven sixes.", "It is ")):  # all that was sent so far
            upstream.release()
    assert frames[-1] == ("Seven sixes.", "It is 42.")
    assert ("Seven sixes.", "") in frames
    for earlier, later in pairwise(frames):
        assert all(b.startswith(a) for a, b in zip(earlier, later, strict=True))


def test_a_program_reads_errors_in_the_language_that_it_asks_for(served: Served, upstream: Upstream) -> None:
    """What the app refuses, and what the provider does."""
    client = Client(served.url, headers={"accept-language": "zh-CN"}, verbose=False)
    with pytest.raises(AppError, match="没有"):
        client.predict("Hi", "no-such-model-here", api_name="/chat")
    upstream.reply(Reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}}))
    with pytest.raises(AppError, match="密钥"):
        client.predict("Hi", api_name="/chat")
    client.close()


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


def test_a_provider_searches_the_web_itself_where_tools_name_it(client: Client, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("", "At noon [ref_1]."))
    asked = {"message": "High tide?", "model": "glm-4.6", "api_name": "/chat"}
    client.predict(**asked, provider="zai", tools=["provider/web_search"])
    client.predict(**asked, provider="zai", tools=["provider/web_search", "calculator"])
    kinds = [[tool["type"] for tool in request.json["tools"]] for request in upstream.requests]
    assert kinds == [["web_search"], ["function", "web_search"]]
    with pytest.raises(AppError, match="has no web search of its own"):
        client.predict(**asked, provider="huggingface", tools=["provider/web_search"])
    assert len(upstream.requests) == 2


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


# ---- how a reply ended

PAGE = (Path(__file__).parent.parent / "docs/api.md").read_text(encoding="utf-8")


def readme_lines(url: str) -> str:
    """The example for programs of docs/api.md, as it stands there, but for the address."""
    [block] = [b for b in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "gradio_client" in b]
    assert "http://127.0.0.1:7860" in block
    return str(block).replace("http://127.0.0.1:7860", url)


def run_readme(served: Served, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    names: dict[str, Any] = {}
    try:
        exec(compile(readme_lines(served.url), "api.md", "exec"), names)  # noqa: S102 - our own page
    finally:
        if "client" in names:
            names["client"].close()
    return names, capsys.readouterr().out


@pytest.mark.parametrize(("finish", "complete"), [("stop", True), ("length", False), ("strange", False)])
def test_the_lines_of_the_readme_tell_how_a_reply_ended(
    served: Served, capsys: pytest.CaptureFixture[str], finish: str, complete: bool
) -> None:
    served.up.reply(sse=openai_frames("Seven sixes.", "It is 42.", finish=finish))
    names, printed = run_readme(served, capsys)
    assert (names["thinking"], names["answer"]) == ("Seven sixes.", "It is 42.")
    kind = "other" if finish == "strange" else finish
    assert names["ending"] == {"kind": kind, "complete": complete, "raw": finish}
    assert ("not the whole answer" in printed) is not complete


FAILURES = [
    (Reply(status=401, body={"error": {"code": "1000", "message": "no"}}), "did not accept the key"),
    (Reply(sse=openai_frames("", "It is", finish=None), done=False, then="close"), "cut off"),
    (Reply(sse=openai_frames("", "It is", finish=None), then="reset"), "broke"),
    (
        Reply(sse=[*openai_frames("", "It is", finish=None), {"error": "CUDA out of memory"}]),
        "CUDA out of memory",
    ),
]


@pytest.mark.parametrize(("reply", "said"), FAILURES)
def test_the_lines_of_the_readme_raise_what_went_wrong(
    served: Served, capsys: pytest.CaptureFixture[str], reply: Reply, said: str
) -> None:
    served.up.reply(reply)
    with pytest.raises(AppError, match=said):
        run_readme(served, capsys)


def test_the_ending_is_that_of_the_last_turn_whatever_became_of_it(
    client: Client, upstream: Upstream
) -> None:
    upstream.reply(sse=openai_frames("", "ok"))
    client.predict("Hi", api_name="/chat")
    assert client.predict(api_name="/ending")["kind"] == "stop"
    with pytest.raises(AppError):
        client.predict("  ", api_name="/chat")
    assert client.predict(api_name="/ending") == {"kind": "error", "complete": False, "raw": ""}


async def test_a_turn_that_is_left_was_stopped_and_sessions_have_a_bound() -> None:
    endings = Endings(most=2)

    async def turn() -> AsyncGenerator[None, None]:
        with endings.turn("a"):
            yield

    left = turn()
    await anext(left)
    assert endings.of("a")["kind"] == "running"
    await left.aclose()
    assert endings.of("a")["kind"] == "stopped"
    for session in ("b", "c"):
        with endings.turn(session):
            pass
    assert [endings.of(s)["kind"] for s in (None, "a", "b", "c")] == ["none", "none", "other", "other"]


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
