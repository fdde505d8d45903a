"""Recorded and written streams of every upstream, through bytes, events and both dialects: the reply is the same at
every cut, and it is the right one."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from glm_ui.catalogue.rows import DialectName, Provider, Route
from glm_ui.dialects import DIALECTS
from glm_ui.errors import (
    ContentFiltered,
    GlmUiError,
    NoBalance,
    NotAStream,
    Overloaded,
    RateLimited,
    StreamCut,
    StreamFailed,
    WrongAddress,
)
from glm_ui.events import AnswerDelta, Done, Started, StreamEvent, ThinkingDelta, ToolCallDelta, Usage
from glm_ui.sse import SseDecoder

RECORDINGS = Path(__file__).parent / "recordings"
PROVIDER = Provider("custom", "Your own server", "openai", None, None, False, None, "none")
ROUTE = Route(None, PROVIDER, "glm-4.6")

Frame = dict[str, Any]


@dataclass
class Seen:
    """What a stream comes to when its deltas are joined."""

    thinking: dict[int, str] = field(default_factory=dict)
    answer: str = ""
    calls: dict[int, list[str]] = field(default_factory=dict)
    opaque: dict[int, dict[str, Any]] = field(default_factory=dict)
    usage: Usage | None = None
    started: Started | None = None
    done: Done | None = None
    error: GlmUiError | None = None

    @property
    def thought(self) -> str:
        return "".join(self.thinking.values())

    def add(self, event: StreamEvent) -> None:
        assert self.done is None, f"{event} after Done"
        match event:
            case Started():
                assert self.started is None
                self.started = event
            case ThinkingDelta():
                self._think(event)
            case AnswerDelta():
                assert event.text
                assert isinstance(event.text, str)
                self.answer += event.text
            case ToolCallDelta():
                call = self.calls.setdefault(event.index, ["", "", ""])
                assert call[0] in ("", event.id)
                assert call[1] in ("", event.name)
                call[:] = [event.id, event.name, call[2] + event.arguments]
            case Usage():
                counts = (event.input_tokens, event.output_tokens, event.thinking_tokens, event.cached_tokens)
                assert all(count is None or type(count) is int for count in counts)
                self.usage = event
            case Done():
                self.done = event
            case _:
                raise AssertionError(event)

    def _think(self, event: ThinkingDelta) -> None:
        if event.takes_answer:
            self.thinking[event.block] = self.thinking.get(event.block, "") + self.answer
            self.answer = ""
        if event.text:
            self.thinking[event.block] = self.thinking.get(event.block, "") + event.text
        if event.opaque:
            self.opaque.setdefault(event.block, {}).update(event.opaque)

    def facts(self) -> tuple[Any, ...]:
        error = (type(self.error), str(self.error)) if self.error else None
        return (
            self.thinking,
            self.answer,
            self.calls,
            self.opaque,
            self.usage,
            self.started,
            self.done,
            error,
        )


def see(
    chunks: Iterable[bytes], dialect: DialectName = "openai", route: Route = ROUTE, **options: bool
) -> Seen:
    seen = Seen()
    try:
        for event in decoded(chunks, dialect, route, **options):
            seen.add(event)
    except GlmUiError as error:
        seen.error = error
    return seen


def decoded(
    chunks: Iterable[bytes], dialect: DialectName, route: Route, **options: bool
) -> Iterator[StreamEvent]:
    sse = SseDecoder()
    decoder = DIALECTS[dialect].decoder(route, **options)
    for chunk in chunks:
        for name, data in sse.feed(chunk):
            yield from decoder.feed(data, name)
    for name, data in sse.close():
        yield from decoder.feed(data, name)
    yield from decoder.close()


def sse(*frames: Frame | str, done: bool = True) -> bytes:
    texts = [frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False) for frame in frames]
    return "".join(f"data: {text}\n\n" for text in (*texts, *(["[DONE]"] if done else []))).encode()


def chunk(finish: str | None = None, /, usage: Frame | None = None, **delta: Any) -> Frame:
    choice: Frame = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "r1", "model": "glm-4.6", "choices": [choice]} | ({"usage": usage} if usage else {})


def cut_everywhere(stream: bytes) -> Iterator[list[bytes]]:
    """Short streams at each byte, long ones at seeded random places; both one byte at a time."""
    yield [stream[i : i + 1] for i in range(len(stream))]
    if len(stream) <= 2500:
        yield from ([stream[:i], stream[i:]] for i in range(1, len(stream)))
        return
    for seed in range(60):
        chance = random.Random(seed)
        places = sorted(chance.choices(range(len(stream)), k=chance.choice((1, 3, 10, 60, 400))))
        yield [stream[a:b] for a, b in itertools.pairwise([0, *places, len(stream)])]


def holds_at_every_cut(stream: bytes, dialect: DialectName, expected: tuple[Any, ...]) -> None:
    for pieces in cut_everywhere(stream):
        assert see(pieces, dialect).facts() == expected


# Recordings


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
    for event in DIALECTS[dialect].decode_whole(body, ROUTE):
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


# Scripts: one for each upstream and oddity

USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "completion_tokens_details": {"reasoning_tokens": 8}}
STOP = chunk("stop", USAGE)
DELTA = {"thinking": "thinking_delta", "text": "text_delta", "partial_json": "input_json_delta"}


def start(**usage: int) -> Frame:
    usage = usage or {"input_tokens": 9, "output_tokens": 1}
    return {
        "type": "message_start",
        "message": {"id": "m1", "model": "glm-4.6", "content": [], "usage": usage},
    }


def block(index: int, kind: str, **fields: Any) -> Frame:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **fields}}


def delta(index: int, **field_: str) -> Frame:
    ((name, text),) = field_.items()
    kind = DELTA.get(name, f"{name}_delta")
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: text}}


def stop(index: int) -> Frame:
    return {"type": "content_block_stop", "index": index}


def finish(reason: str | None = "end_turn", **usage: int) -> tuple[Frame, Frame]:
    told = {
        "type": "message_delta",
        "delta": {"stop_reason": reason},
        "usage": usage or {"output_tokens": 12},
    }
    return told, {"type": "message_stop"}


def detail(text: str, **more: Any) -> Frame:
    return {"type": "reasoning.text", "text": text, "index": 0, **more}


def tool(index: int | None = None, name: str | None = None, arguments: Any = None, **more: Any) -> Frame:
    call: Frame = {
        "function": {k: v for k, v in (("name", name), ("arguments", arguments)) if v is not None},
        **more,
    }
    return call | ({"index": index} if index is not None else {})


WHY, SO = "Because.", "So."
SCRIPTS: dict[str, tuple[bytes, str, str]] = {
    "Z.ai: role on every chunk, no finish until the end": (
        sse(
            chunk(role="assistant", reasoning_content="\nBecause."),
            chunk(role="assistant", content="\nSo."),
            STOP,
        ),
        WHY,
        SO,
    ),
    "vLLM: reasoning, usage alone at the end": (
        sse(
            chunk(role="assistant", content=""),
            chunk(reasoning=WHY),
            chunk(content=SO),
            chunk("stop"),
            {"choices": [], "usage": USAGE},
        ),
        WHY,
        SO,
    ),
    "vLLM between: both names hold the same text": (
        sse(chunk(reasoning=WHY, reasoning_content=WHY), chunk(content=SO), STOP),
        WHY,
        SO,
    ),
    "SGLang: explicit nulls, usage null on every chunk": (
        sse(
            {**chunk(reasoning_content=WHY, content=None, tool_calls=None), "usage": None},
            {**chunk(reasoning_content=None, content=SO, tool_calls=[]), "usage": None},
            STOP,
        ),
        WHY,
        SO,
    ),
    "Ollama: reasoning beside an empty content": (
        sse(chunk(reasoning=WHY, content=""), chunk(content=SO), STOP),
        WHY,
        SO,
    ),
    "OpenRouter: the same text twice, usage after the finish": (
        b": OPENROUTER PROCESSING\n\n"
        + sse(
            chunk(content="", reasoning=WHY, reasoning_details=[detail(WHY)]),
            chunk("stop", content=SO, reasoning=None, reasoning_details=[]),
            chunk(None, USAGE, content=""),
        ),
        WHY,
        SO,
    ),
    "OpenRouter: details alone": (
        sse(
            chunk(reasoning_details=[detail("Be")]),
            chunk(reasoning_details=[detail("cause.")]),
            chunk(content=SO),
            STOP,
        ),
        WHY,
        SO,
    ),
    "transformers serve: inline tags, no [DONE]": (
        sse(
            chunk(content="<thi"),
            chunk(content="nk>Because."),
            chunk(content="</think>So."),
            STOP,
            done=False,
        ),
        WHY,
        SO,
    ),
    "the template opened the thinking": (
        sse(chunk(content="Be"), chunk(content="cause.</th"), chunk(content="ink>\n\nSo."), STOP),
        WHY,
        SO,
    ),
    "the gateway: details": (
        sse(
            chunk(role="assistant"),
            chunk(content='<details type="reasoning" done="false">\n<summary>Th'),
            chunk(content="inking…</summary>\n> Because."),
            chunk(content="</details>\nSo."),
            STOP,
        ),
        WHY,
        SO,
    ),
    "the gateway: the whole thinking in one delta after it ended": (
        sse(
            chunk(role="assistant"),
            chunk(reasoning_content=WHY),
            chunk(content="S"),
            chunk(content="o."),
            STOP,
        ),
        WHY,
        SO,
    ),
    "answer blank before the thinking": (
        sse(
            chunk(content="\n"),
            chunk(reasoning_content="\n"),
            chunk(reasoning_content=WHY),
            chunk(content="\n"),
            chunk(content=" \n"),
            chunk(content=SO),
            STOP,
        ),
        WHY,
        SO,
    ),
    "a stray closer after thinking in its own field": (
        sse(chunk(reasoning_content=WHY), chunk(content="</think>\n\n"), chunk(content=SO), STOP),
        WHY,
        SO,
    ),
    "old GLM-4V: content as a list": (
        sse(
            chunk(reasoning_content=WHY),
            chunk(content=[{"type": "text", "text": "S"}, {"type": "text", "text": "o."}]),
            STOP,
        ),
        WHY,
        SO,
    ),
    "Hugging Face on Together: extras and usage null": (
        sse({**chunk(content="<think>\nBecause.</think>So.", token_id=5), "usage": None}, STOP),
        WHY,
        SO,
    ),
    "box markers": (
        sse(
            chunk(reasoning_content=WHY),
            chunk(content="<|begin_of"),
            chunk(content="_box|>So<|end_of_box|>."),
            STOP,
        ),
        WHY,
        SO,
    ),
    "no choices at first": (
        sse({"id": "r1", "model": "glm-4.6", "choices": []}, chunk(reasoning=WHY), chunk(content=SO), STOP),
        WHY,
        SO,
    ),
    "finish with the last text": (sse(chunk(reasoning=WHY), chunk("stop", USAGE, content=SO)), WHY, SO),
    "Anthropic in order": (
        sse(
            start(),
            block(0, "thinking", thinking="", signature=""),
            {"type": "ping"},
            delta(0, thinking=WHY),
            stop(0),
            block(1, "text", text=""),
            delta(1, text="S"),
            delta(1, text="o."),
            stop(1),
            *finish(),
            done=False,
        ),
        WHY,
        SO,
    ),
    "Anthropic blocks overlap": (
        sse(
            start(),
            block(0, "thinking"),
            block(1, "text"),
            delta(0, thinking="Be"),
            delta(1, text="S"),
            delta(0, thinking="cause."),
            delta(1, text="o."),
            stop(1),
            stop(0),
            *finish(),
            done=False,
        ),
        WHY,
        SO,
    ),
    "Anthropic without block starts": (
        sse(start(), delta(0, thinking=WHY), delta(1, text=SO), *finish(), done=False),
        WHY,
        SO,
    ),
    "Anthropic text in the block start": (
        sse(
            start(),
            block(0, "thinking", thinking="Be"),
            delta(0, thinking="cause."),
            block(1, "text", text="S"),
            delta(1, text="o."),
            *finish(),
            done=False,
        ),
        WHY,
        SO,
    ),
    "Anthropic start spliced into the middle": (
        sse(
            start(),
            block(0, "thinking"),
            delta(0, thinking=WHY),
            start(),
            block(1, "text"),
            delta(1, text=SO),
            *finish(),
            done=False,
        ),
        WHY,
        SO,
    ),
    "Anthropic with inline tags": (
        sse(
            start(),
            block(0, "text"),
            delta(0, text="<think>Because.</thi"),
            delta(0, text="nk>So."),
            *finish(),
            done=False,
        ),
        WHY,
        SO,
    ),
    "Anthropic without message_stop": (
        sse(
            start(),
            block(0, "thinking"),
            delta(0, thinking=WHY),
            block(1, "text"),
            delta(1, text=SO),
            finish()[0],
            done=False,
        ),
        WHY,
        SO,
    ),
    "the gateway's text in message_delta": (
        sse(
            start(),
            delta(0, thinking=WHY),
            {"type": "message_delta", "delta": {"type": "text_delta", "text": SO}},
            *finish(),
            done=False,
        ),
        WHY,
        SO,
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_upstream_reads_the_same_at_every_cut(name: str, dialect: DialectName) -> None:
    stream, thinking, answer = SCRIPTS[name]
    seen = see([stream], dialect)
    assert seen.error is None
    assert (seen.thought, seen.answer, seen.calls) == (thinking, answer, {})
    assert seen.done
    assert (seen.done.reason, seen.done.model) == ("stop", "glm-4.6")
    assert seen.usage
    assert (seen.usage.input_tokens, seen.usage.output_tokens) == (9, 12)
    holds_at_every_cut(stream, dialect, seen.facts())


@pytest.mark.parametrize(
    "line_end", [pytest.param("\r\n", id="CRLF"), pytest.param("\r", id="CR"), pytest.param("\n", id="LF")]
)
def test_every_line_end_and_wide_character_is_read_the_same(line_end: str) -> None:
    answer = "你好 😀 a\u2028b\u0085c"
    text = json.dumps(chunk(content=answer), ensure_ascii=False)
    half = text.index(" ") + 1
    frame = f"event: x{line_end}: note{line_end}data: {text[:half]}{line_end}data: {text[half:]}{line_end}{line_end}"
    stream = b"\xef\xbb\xbf" + frame.encode() + sse(chunk("stop"))
    seen = see([stream])
    assert seen.answer == answer
    holds_at_every_cut(stream, "openai", seen.facts())


def test_surrogate_pair_in_one_json_string_is_one_character() -> None:
    assert see([sse('{"choices":[{"delta":{"content":"\\ud83d\\ude00"}}]}', chunk("stop"))]).answer == "😀"


# Tool calls

CALLS: dict[str, tuple[list[Frame], dict[int, list[str]]]] = {
    "whole": (
        [chunk(tool_calls=[tool(0, "f", '{"a":1}', id="c1")])],
        {0: ["c1", "f", '{"a":1}']},
    ),
    "in pieces, later ones with an empty name and no id": (
        [
            chunk(tool_calls=[tool(0, "f", "", id="c1")]),
            chunk(tool_calls=[tool(0, "", '{"a"')]),
            chunk(tool_calls=[tool(0, None, ":1}")]),
        ],
        {0: ["c1", "f", '{"a":1}']},
    ),
    "a fresh id with each piece": (
        [chunk(tool_calls=[tool(0, "f", '{"a"', id="c1")]), chunk(tool_calls=[tool(0, "f", ":1}", id="c2")])],
        {0: ["c1", "f", '{"a":1}']},
    ),
    "index 0 again for a second call": (
        [
            chunk(tool_calls=[tool(0, "f", "{}", id="c1")]),
            chunk(tool_calls=[tool(0, "f", "{}", id="c2")]),
            chunk(tool_calls=[tool(0, "g", "{}", id="c3")]),
        ],
        {0: ["c1", "f", "{}"], 1: ["c2", "f", "{}"], 2: ["c3", "g", "{}"]},
    ),
    "index starts at 1": (
        [
            chunk(tool_calls=[tool(1, "f", "{}", id="c1"), tool(2, "g", "{", id="c2")]),
            chunk(tool_calls=[tool(2, None, "}")]),
        ],
        {0: ["c1", "f", "{}"], 1: ["c2", "g", "{}"]},
    ),
    "no index": (
        [
            chunk(tool_calls=[tool(None, "f", "{", id="c1")]),
            chunk(tool_calls=[tool(None, None, "}")]),
            chunk(tool_calls=[tool(None, "g", "{}", id="c2")]),
        ],
        {0: ["c1", "f", "{}"], 1: ["c2", "g", "{}"]},
    ),
    "arguments as an object": (
        [chunk(tool_calls=[tool(0, "f", {"a": 1}, id="c1")])],
        {0: ["c1", "f", '{"a":1}']},
    ),
    "the old function_call": (
        [chunk(function_call={"name": "f", "arguments": "{"}), chunk(function_call={"arguments": "}"})],
        {0: ["", "f", "{}"]},
    ),
    "XML in the answer": (
        [
            chunk(content="<tool_call>f\n<arg_key>a</arg"),
            chunk(content="_key><arg_value>1</arg_value></tool_call>"),
        ],
        {0: ["call_0", "f", '{"a":1}']},
    ),
    "a field and XML": (
        [chunk(tool_calls=[tool(0, "f", "{}", id="c1")]), chunk(content="<tool_call>g</tool_call>")],
        {0: ["c1", "f", "{}"], 1: ["call_1", "g", "{}"]},
    ),
    "Anthropic in pieces": (
        [
            start(),
            block(0, "tool_use", id="c1", name="f", input={}),
            delta(0, partial_json=""),
            delta(0, partial_json='{"a"'),
            delta(0, partial_json=":1}"),
            stop(0),
        ],
        {0: ["c1", "f", '{"a":1}']},
    ),
    "Anthropic without arguments": (
        [start(), block(0, "tool_use", id="c1", name="f", input={}), delta(0, partial_json=""), stop(0)],
        {0: ["c1", "f", "{}"]},
    ),
    "Anthropic with whole arguments at the start, two at once": (
        [
            start(),
            block(0, "tool_use", id="c1", name="f", input={"a": 1}),
            block(1, "tool_use", id="c2", name="g", input={}),
            delta(1, partial_json='{"b":2}'),
            stop(0),
            stop(1),
        ],
        {0: ["c1", "f", '{"a":1}'], 1: ["c2", "g", '{"b":2}']},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_tool_calls_are_joined_at_every_cut(name: str) -> None:
    frames, expected = CALLS[name]
    stream = sse(*frames, chunk("tool_calls"))
    seen = see([stream])
    assert (seen.calls, seen.answer) == (expected, "")
    assert seen.done
    assert seen.done.reason == "tool_calls"
    holds_at_every_cut(stream, "openai", seen.facts())


def test_tool_calls_that_end_with_stop_are_still_tool_calls() -> None:
    seen = see([sse(chunk(tool_calls=[tool(0, "f", "{}", id="c1")]), chunk("stop"))])
    assert seen.done == Done("tool_calls", "stop", "glm-4.6")


# Opaque data


def test_leading_blank_of_the_thinking_is_kept_for_replay() -> None:
    seen = see([sse(chunk(reasoning_content="\n"), chunk(reasoning_content="\n  Why"), STOP)])
    assert seen.thought == "  Why"
    assert seen.opaque == {0: {"lead": "\n\n"}}


def test_reasoning_details_are_joined_as_they_came() -> None:
    hidden = {"type": "reasoning.encrypted", "data": "xyz", "index": 1}
    pieces = [detail("Be", format="unknown"), detail("cause.", signature="sig"), hidden]
    frames = [
        chunk(reasoning="Be", reasoning_details=pieces[:1]),
        chunk(reasoning="cause.", reasoning_details=pieces[1:]),
    ]
    seen = see([sse(*frames, chunk(content=SO), STOP)])
    assert (seen.thought, seen.answer) == (WHY, SO)
    assert seen.opaque == {0: {"reasoning_details": [detail(WHY, format="unknown", signature="sig"), hidden]}}


def test_signatures_and_redacted_thinking_belong_to_their_blocks() -> None:
    frames = [
        start(),
        block(0, "thinking"),
        delta(0, thinking="\nA"),
        delta(0, signature="s1"),
        delta(0, signature="s2"),
        stop(0),
        block(1, "redacted_thinking", data="hidden"),
        stop(1),
        block(2, "thinking", thinking="B", signature="s3"),
        stop(2),
        block(3, "text"),
        delta(3, text=SO),
        *finish(),
    ]
    seen = see([sse(*frames, done=False)], "anthropic")
    assert seen.thinking == {0: "A", 2: "B"}
    assert seen.opaque == {
        0: {"lead": "\n", "signature": "s1s2"},
        1: {"redacted_thinking": "hidden"},
        2: {"signature": "s3"},
    }


# Usage


def test_zai_anthropic_counts_come_true_at_the_end() -> None:
    frames = [start(input_tokens=0, output_tokens=0), delta(0, text=SO)]
    told = finish(input_tokens=10, output_tokens=5, cache_read_input_tokens=90)
    assert see([sse(*frames, *told, done=False)]).usage == Usage(100, 5, None, 90)


def test_zero_never_replaces_a_count() -> None:
    frames = [start(input_tokens=10, cache_creation_input_tokens=5), delta(0, text=SO), start(input_tokens=1)]
    seen = see([sse(*frames, *finish(input_tokens=0, output_tokens=7), done=False)])
    assert seen.usage == Usage(15, 7)


def test_usage_on_every_chunk_ends_with_the_last() -> None:
    frames = [chunk(None, {"prompt_tokens": 9, "completion_tokens": n}, content="a") for n in (1, 2)]
    assert see([sse(*frames, STOP)]).usage == Usage(9, 12, 8)


def test_usage_before_the_finish_and_without_choices_is_read() -> None:
    assert see([sse({"choices": [], "usage": USAGE}, chunk(content=SO), chunk("stop"))]).usage == Usage(
        9, 12, 8
    )
    assert see([sse(chunk(content=SO), {"usage": USAGE}, chunk("stop"))]).usage == Usage(9, 12, 8)


# Ends


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("content_filter", "filtered"),
        ("sensitive", "filtered"),
        ("model_context_window_exceeded", "context_full"),
        ("STOP", "stop"),
        ("something_new", "other"),
    ],
)
def test_openai_finish_reason(raw: str, reason: str) -> None:
    assert see([sse(chunk(content=SO), chunk(raw))]).done == Done(reason, raw, "glm-4.6")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "paused"),
        ("refusal", "filtered"),
        ("model_context_window_exceeded", "context_full"),
        ("something_new", "other"),
    ],
)
def test_anthropic_finish_reason(raw: str, reason: str) -> None:
    stream = sse(start(), delta(0, text=SO), *finish(raw), done=False)
    assert see([stream], "anthropic").done == Done(reason, raw, "glm-4.6")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(sse(chunk(content=SO), done=False), id="no finish"),
        pytest.param(sse(chunk(content=SO), done=False) + b'data: {"choices":[{"de', id="inside a frame"),
        pytest.param(b"", id="nothing at all"),
        pytest.param(b": ping\n\n", id="comments only"),
        pytest.param(sse(start(), delta(0, text=SO), stop(0), done=False), id="Anthropic"),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_truncated_stream_is_an_error(stream: bytes, dialect: DialectName) -> None:
    seen = see([stream], dialect)
    assert type(seen.error) is StreamCut
    assert seen.done is None
    assert seen.answer == (SO if SO.encode() in stream else "")


def test_a_cut_stream_gives_what_was_held_back() -> None:
    assert see([sse(chunk(content="a <thi"), done=False)]).answer == "a <thi"


def test_done_marker_without_a_reason_is_an_end_of_its_own() -> None:
    assert see([sse(chunk(content=SO))]).done == Done("other", "", "glm-4.6")


def test_what_comes_after_the_end_is_ignored() -> None:
    seen = see([sse(chunk(content=SO), STOP) + sse(chunk(content="more"), {"error": "late"})])
    assert (seen.answer, seen.error) == (SO, None)


def test_a_continuation_keeps_the_blanks_at_its_seam() -> None:
    stream = sse(chunk(content="\n"), chunk(content="\nSecond."), STOP)
    assert see([stream]).answer == "Second."
    assert see([stream], continues=True).answer == "\n\nSecond."


def test_indentation_of_the_first_line_is_kept() -> None:
    assert see([sse(chunk(content="\n\n"), chunk(content="    code"), STOP)]).answer == "    code"


def test_without_inline_markup_the_answer_is_as_it_came() -> None:
    plain = Provider("p", "P", "openai", None, None, False, None, "none", inline_markup=False)
    stream = sse(chunk(content="<think>a</think>b"), STOP)
    assert see([stream], route=Route(None, plain, "x")).answer == "<think>a</think>b"


# Errors inside a stream

FAILURES: dict[str, tuple[bytes, type[GlmUiError], str]] = {
    "Z.ai": (sse({"error": {"code": "1305", "message": "busy"}}), Overloaded, "1305"),
    "Z.ai by event name": (
        b'event: error\ndata: {"error":{"code":"1302","message":"m"}}\n\n',
        RateLimited,
        "1302",
    ),
    "Z.ai no balance": (
        sse({"error": {"code": "1113", "message": "m"}, "request_id": "r"}),
        NoBalance,
        "1113",
    ),
    "Z.ai wrong route": (sse({"code": 500, "msg": "404 NOT_FOUND", "success": False}), WrongAddress, "500"),
    "OpenRouter": (
        sse({**chunk("error", content=""), "error": {"code": 502, "message": "down"}}),
        StreamFailed,
        "502",
    ),
    "OpenRouter by finish reason": (sse(chunk("error")), StreamFailed, "error"),
    "Z.ai by finish reason": (sse(chunk("network_error")), StreamFailed, "network_error"),
    "vLLM old": (sse({"object": "error", "message": "CUDA", "code": 500}), StreamFailed, "500"),
    "transformers serve": (sse({"error": "CUDA out of memory"}), StreamFailed, ""),
    "transformers serve, not escaped": (b'data: {"error": "bad "quotes" here"}\n\n', StreamFailed, ""),
    "Anthropic": (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"m"}}\n\n',
        Overloaded,
        "overloaded_error",
    ),
    "Anthropic without event name": (
        sse({"type": "error", "error": {"type": "rate_limit_error", "message": "m"}}),
        RateLimited,
        "rate_limit_error",
    ),
    "content filter": (sse({"error": {"code": "1301", "message": "unsafe"}}), ContentFiltered, "1301"),
    "plain text by event name": (b"event: error\ndata: it broke\n\n", StreamFailed, ""),
    "event error without words": (b"event: error\ndata: {}\n\n", StreamFailed, "error"),
    "not JSON": (b"data: <html>502</html>\n\n", StreamFailed, ""),
    "choices of a wrong shape": (sse({"choices": {"delta": 5}}), StreamFailed, ""),
    "delta of a wrong shape": (sse({"choices": [{"delta": "text"}]}), StreamFailed, ""),
    "usage of a wrong shape": (sse({"choices": [], "usage": "none"}), StreamFailed, ""),
    "Anthropic of a wrong shape": (sse({"type": "message_start", "message": "m"}), StreamFailed, ""),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", FAILURES)
def test_error_inside_the_stream_keeps_the_text_before_it(name: str, dialect: DialectName) -> None:
    frames, kind, code = FAILURES[name]
    stream = sse(chunk(content="Half"), done=False) + frames
    seen = see([stream], dialect)
    assert seen.answer == "Half"
    assert type(seen.error) is kind
    assert seen.error.provider_code == code
    assert seen.error.provider == "Your own server"
    assert seen.done is None
    assert not {"<", ">", "{"} & set(str(seen.error))
    holds_at_every_cut(stream, dialect, seen.facts())


def test_broken_error_string_keeps_its_text() -> None:
    error = see([b'data: {"error": "bad "quotes" here"}\n\n']).error
    assert error is not None
    assert error.details["said"] == 'bad "quotes" here'


def test_frame_that_is_not_json_is_named() -> None:
    error = see([b"data: {'a': 1}\n\n"]).error
    assert error is not None
    assert "{'a': 1}" in error.why


@pytest.mark.parametrize(
    "data", [b"5", b"null", b'"text"', b"[]", b'{"hello":"there"}', b'{"type":"new_event"}', b""]
)
def test_a_frame_that_nobody_knows_is_skipped(data: bytes) -> None:
    odd = b"data: " + data + b"\n\n"
    seen = see([sse(chunk(content="S"), done=False), odd, sse(chunk(content="o."), STOP)])
    assert (seen.answer, seen.error) == (SO, None)


# Whole replies


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": "1113", "message": "m"}}, NoBalance),
        ({"code": 500, "msg": "404 NOT_FOUND", "success": False}, WrongAddress),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, Overloaded),
        ({"hello": "there"}, NotAStream),
        ({"choices": []}, NotAStream),
        ({"choices": [5]}, NotAStream),
        ({}, NotAStream),
        ({"type": "message", "content": 5}, NotAStream),
        ({"choices": [{"message": {"content": ""}, "finish_reason": "network_error"}]}, StreamFailed),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_whole_body_that_is_no_reply_is_an_error(
    body: Frame, kind: type[GlmUiError], dialect: DialectName
) -> None:
    with pytest.raises(kind):
        DIALECTS[dialect].decode_whole(body, ROUTE)


def test_whole_reply_with_two_tools_and_inline_thinking() -> None:
    calls = [tool(None, "f", "{}", id="c1"), tool(None, "f", "{}", id="c2")]
    message = {"role": "assistant", "content": "<think>a</think>\nb", "tool_calls": calls}
    seen = Seen()
    for event in DIALECTS["openai"].decode_whole(
        {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": USAGE}, ROUTE
    ):
        seen.add(event)
    assert (seen.thought, seen.answer, seen.usage) == ("a", "b", Usage(9, 12, 8))
    assert seen.calls == {0: ["c1", "f", "{}"], 1: ["c2", "f", "{}"]}


# Nothing a server sends may crash the reader


def scalars() -> list[Any]:
    return [None, 0, 1.5, True, "x", [], {}, [None], {"a": None}, [[]]]


def places(value: Any, put: Callable[[Any], Any] = lambda v: v) -> Iterator[Callable[[Any], Any]]:
    """A setter for each place inside a JSON value."""
    yield put
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, lambda v, key=key: put({**value, key: v}))  # type: ignore[misc]
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from places(inner, lambda v, n=n: put([*value[:n], v, *value[n + 1 :]]))  # type: ignore[misc]


WHOLE_FRAMES = [
    chunk(
        "stop",
        USAGE,
        content="a",
        reasoning_content="b",
        reasoning_details=[detail("c")],
        tool_calls=[tool(0, "f", "{}", id="c1")],
    ),
    start(input_tokens=1, output_tokens=2),
    block(0, "tool_use", id="c1", name="f", input={}),
    block(0, "thinking", thinking="a", signature="b"),
    delta(0, text="a"),
    delta(0, thinking="a"),
    delta(0, signature="a"),
    delta(0, partial_json="{"),
    finish(input_tokens=1, output_tokens=2)[0],
    {"error": {"code": "1", "type": "t", "message": "m", "param": "p", "metadata": {"raw": "r"}}},
]


@pytest.mark.parametrize("frame", WHOLE_FRAMES, ids=lambda frame: str(frame)[:40])
def test_any_field_of_any_shape_is_read_or_is_an_error_of_ours(frame: Frame) -> None:
    for put in places(frame):
        for value in scalars():
            see([sse(put(value), STOP)])
            if isinstance(body := put(value), dict):
                with contextlib.suppress(GlmUiError):
                    DIALECTS["openai"].decode_whole(body, ROUTE)
