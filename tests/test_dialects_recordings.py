"""What real servers sent is read true, at every cut and by either dialect."""

from __future__ import annotations

import json

import pytest

from glm_ui.catalogue.rows import DialectName
from glm_ui.errors import GlmUiError, StreamFailed
from glm_ui.events import Done, Usage
from glm_ui.protocol import DIALECTS
from glm_ui.protocol.decoder import FrameDecoder
from tests.frames import (
    RECORDINGS,
    ROUTE,
    Frame,
    Seen,
    chunk,
    holds_at_every_cut,
    see,
    sse,
)


def lines_as_stream(name: str) -> bytes:
    return b"".join(
        b"data: " + line + b"\n\n" for line in (RECORDINGS / name).read_bytes().splitlines() if line
    )


def frames_of(stream: bytes) -> list[Frame]:
    """The recording's frames, read in the dullest way there is."""
    datas = [line[6:] for line in stream.decode().split("\n") if line.startswith("data: {")]
    return [json.loads(data) for data in datas]


def true_texts(stream: bytes) -> tuple[str, str]:
    """Thinking and answer of a recording, joined without any of our code."""
    thinking, answer = "", ""
    for frame in frames_of(stream):
        delta = (frame.get("choices") or [{}])[0].get("delta") or frame.get("delta") or {}
        thinking += delta.get("reasoning_content") or delta.get("reasoning") or delta.get("thinking") or ""
        answer += delta.get("content") or delta.get("text") or ""
    return thinking.lstrip("\n"), answer.lstrip("\n")


RECORDED: dict[str, tuple[DialectName, Usage, Done]] = {
    "zai.thinking_stream.response.sse": (
        "openai",
        Usage(13, 564, 561, 0),
        Done("stop", "stop", "glm-4.7"),
    ),
    "zai.glm45_reasoning_leading_newline.sse": (
        "openai",
        Usage(6042, 39, None, 43),
        Done("stop", "stop", "glm-4.5"),
    ),
    "zai.glm46_no_reasoning.sse": ("openai", Usage(6074, 15, None, 43), Done("stop", "stop", "glm-4.6")),
    "openrouter.stream_with_reasoning.response.sse": (
        "openai",
        Usage(9, 104, 0, 0, 0.00085),
        Done("stop", "stop", "openai/o3"),
    ),
    "anthropic.model_thinking_part_stream.response.sse": (
        "anthropic",
        Usage(43, 282, None, 0),
        Done("stop", "end_turn", "claude-sonnet-4-20250514"),
    ),
    "anthropic.vercel_duplicate_message_start.jsonl": (
        "anthropic",
        Usage(17, 227),
        Done("stop", "end_turn", "claude-3-haiku-20240307"),
    ),
    "openai_compat.deepseek_tool_call.jsonl": (
        "openai",
        Usage(339, 83, 39, 320),
        Done("tool_calls", "tool_calls", "deepseek-reasoner"),
    ),
}


def recording(name: str) -> bytes:
    return lines_as_stream(name) if name.endswith(".jsonl") else (RECORDINGS / name).read_bytes()


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_stream_is_read_true_at_every_cut(name: str) -> None:
    dialect, usage, done = RECORDED[name]
    stream = recording(name)
    seen = see([stream], dialect)
    assert (seen.thought, seen.answer) == true_texts(stream)
    assert (seen.usage, seen.done, seen.error) == (usage, done, None)
    holds_at_every_cut(stream, dialect, seen.facts())


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_stream_is_read_true_by_the_other_dialect(name: str) -> None:
    dialect = RECORDED[name][0]
    other: DialectName = "anthropic" if dialect == "openai" else "openai"
    stream = recording(name)
    assert see([stream], other).facts() == see([stream], dialect).facts()


def test_recorded_texts_are_what_a_person_would_read() -> None:
    assert see([recording("zai.glm45_reasoning_leading_newline.sse")]).answer == "Hi!"
    assert see([recording("zai.thinking_stream.response.sse")]).answer == "4"
    assert see([recording("zai.glm46_no_reasoning.sse")]).answer == "Hello! What can I help you with today?"
    assert see([recording("anthropic.vercel_duplicate_message_start.jsonl")]).answer == "Hello, World!"


def test_recorded_tool_call_is_joined() -> None:
    seen = see([recording("openai_compat.deepseek_tool_call.jsonl")])
    assert seen.calls == {0: ["call_00_ioIn7yN9p1ZOMNpDLwd4MgAF", "weather", '{"location": "San Francisco"}']}


def test_recorded_signature_is_kept_for_replay() -> None:
    stream = recording("anthropic.model_thinking_part_stream.response.sse")
    signatures = [f["delta"]["signature"] for f in frames_of(stream) if f.get("delta", {}).get("signature")]
    assert see([stream], "anthropic").opaque == {0: {"signature": "".join(signatures)}}


def test_recorded_encrypted_details_go_back_unchanged() -> None:
    stream = recording("openrouter.stream_with_reasoning.response.sse")
    deltas = [f["choices"][0]["delta"] for f in frames_of(stream)]
    details = [piece for delta in deltas for piece in delta.get("reasoning_details") or ()]
    assert details[0]["type"] == "reasoning.encrypted"
    assert see([stream]).opaque == {0: {"reasoning_details": details}}


def test_recorded_error_frame_is_an_error_after_its_text_and_usage() -> None:
    stream = recording("openrouter.stream_error.response.sse")
    seen = see([stream])
    assert seen.thought == "We need to respond to a greeting. The user"
    assert seen.usage == Usage(43, 10, 11, 0, 0)
    assert isinstance(seen.error, GlmUiError)
    assert seen.error.provider_code == "400"
    assert seen.error.details["said"] == "Token limit reached"
    assert seen.done is None
    holds_at_every_cut(stream, "openai", seen.facts())


def test_recorded_network_error_is_a_failure() -> None:
    seen = see(
        [sse(chunk(content="Half"), (RECORDINGS / "zai.network_error_chunk.json").read_text().strip())]
    )
    assert (seen.answer, seen.done) == ("Half", None)
    assert isinstance(seen.error, StreamFailed)
    assert seen.error.provider_code == "network_error"


@pytest.mark.parametrize(
    ("name", "thinking_start", "answer_start", "reason"),
    [
        ("zai.vision_thinking", "Got it, let's see.", "The fruit in the image is a kiwi.", "stop"),
        ("zai.preserved_thinking_round_trip.1", "The user is asking for", "17 * 19 is 323.", "stop"),
        ("zai.preserved_thinking_round_trip.2", "The user wants to", "323 * 2 is 646.", "stop"),
        ("vllm_style.crusoe_glm52_simple", "1.  **Analyze the Input:**", "2 + 2 = 4.", "stop"),
        ("anthropic.tool_with_thinking.1", "The user is asking", "I'll help you find", "tool_calls"),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_recorded_whole_reply_is_read_as_a_stream_would_be(
    name: str, thinking_start: str, answer_start: str, reason: str, dialect: DialectName
) -> None:
    body = json.loads((RECORDINGS / f"{name}.response.json").read_text())
    seen = Seen()
    for event in FrameDecoder(ROUTE).read_whole(body):
        seen.add(event)
    assert seen.thought.startswith(thinking_start)
    assert seen.answer.startswith(answer_start)
    assert seen.done
    assert seen.done.reason == reason
    assert seen.usage
    assert seen.usage.output_tokens
    if reason == "tool_calls":
        assert seen.calls == {0: ["toolu_01YGzqpRE16Vricda3Aqcejo", "get_user_country", "{}"]}
        assert seen.opaque[0]["signature"] == body["content"][0]["signature"]
