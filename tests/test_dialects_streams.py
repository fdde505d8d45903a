"""Every upstream's way of streaming, written by hand: the reply is the same at every cut, and it is the right one."""

from __future__ import annotations

import json

import pytest

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import DialectName, Provider
from glm_ui.errors import StreamCut
from glm_ui.events import Done, Usage
from glm_ui.protocol import DIALECTS
from tests.frames import (
    SO,
    STOP,
    USAGE,
    WHY,
    Frame,
    block,
    chunk,
    delta,
    detail,
    finish,
    holds_at_every_cut,
    see,
    sse,
    start,
    stop,
    tool,
)

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
    "Mistral: thinking as a part of the content": (
        sse(
            chunk(content=[{"type": "thinking", "thinking": [{"type": "text", "text": WHY}]}]),
            chunk(content=SO),
            STOP,
        ),
        WHY,
        SO,
    ),
    "the whole text so far beside each delta": (
        sse(
            *(
                {**frame, "choices": [{**frame["choices"][0], "message": {"content": "all of it"}}]}
                for frame in (chunk(reasoning=WHY), chunk(content=SO), chunk(), STOP)
            )
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
    if dialect == "openai":  # the same decoder serves both
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


def test_the_explanation_of_a_refusal_is_kept_as_plain_text() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "<b>Not</b> this one."}
    end = {"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": details}}
    frames = [start(), delta(0, text=SO), end, {"type": "message_stop"}]
    assert see([sse(*frames, done=False)], "anthropic").done == Done(
        "filtered", "refusal", "glm-4.6", "Not this one."
    )


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
    assert see([stream], partial="First.").answer == "\n\nSecond."


def test_indentation_of_the_first_line_is_kept() -> None:
    assert see([sse(chunk(content="\n\n"), chunk(content="    code"), STOP)]).answer == "    code"


def test_without_inline_markup_the_answer_is_as_it_came() -> None:
    plain = Provider("p", "P", "openai", None, None, False, None, "none", inline_markup=False)
    stream = sse(chunk(content="<think>a</think>b"), STOP)
    assert see([stream], route=Route(None, plain, "x")).answer == "<think>a</think>b"
