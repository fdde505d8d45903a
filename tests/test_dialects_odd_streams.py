"""What is wrong in one place of a stream costs that place alone, is said once, and never passes for something else."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from glm_ui.catalogue.rows import DialectName
from glm_ui.errors import StreamCut, StreamFailed
from glm_ui.events import Usage
from glm_ui.protocol.assembly import LOST, SEVERAL, UNSENDABLE
from glm_ui.protocol.decoder import FrameDecoder
from tests.frames import (
    ROUTE,
    SO,
    STOP,
    USAGE,
    WHY,
    Frame,
    Seen,
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

DONE = b"data: [DONE]\n\n"


def raw(frame: Frame, text: bytes) -> bytes:
    """The frame with `text` in place of its "@"."""
    return b"data: " + json.dumps(frame).encode().replace(b"@", text) + b"\n\n"


# Characters

SMILE = "😀".encode()
HIGH, LOW = b"\\ud83d", b"\\ude00"
CHARACTERS: dict[str, tuple[tuple[bytes, ...], str]] = {
    "a byte that is not UTF-8": ((b"a\xffb",), "a\ufffdb"),
    "half a sequence": ((b"a\xf0\x9fb",), "a\ufffdb"),
    "a sequence over two frames": ((b"a" + SMILE[:1], SMILE[1:] + b"b"), "a😀b"),
    "a sequence over four frames": ((SMILE[:1], SMILE[1:2], SMILE[2:3], SMILE[3:]), "😀"),
    "a short sequence over two frames": (("é".encode()[:1], "é".encode()[1:]), "é"),
    "the first half of a sequence alone": ((b"a" + SMILE[:2], b"b"), "a\ufffdb"),
    "the first half of a sequence at the end": ((b"a" + SMILE[:2],), "a\ufffd"),
    "a pair over two frames": ((b"a" + HIGH, LOW + b"b"), "a😀b"),
    "a pair whose second half looks like a byte": ((b"a" + HIGH, b"\\udca9b"), "a\U0001f4a9b"),
    "pairs over frames in a row": ((HIGH, LOW + HIGH, LOW), "😀😀"),
    "a first half alone": ((b"a" + HIGH + b"b",), "a\ufffdb"),
    "a first half alone at the end": ((b"a" + HIGH,), "a\ufffd"),
    "a second half alone": ((b"a" + LOW + b"b",), "a\ufffdb"),
    "halves the wrong way round": ((LOW + HIGH + b"a",), "\ufffd\ufffda"),
    "an empty piece between the halves": ((HIGH, b"", LOW), "😀"),
    "a raw tab": ((b"a\tb",), "a\tb"),
}
WAYS: dict[str, tuple[DialectName, Frame]] = {
    "answer": ("openai", chunk(content="@")),
    "thinking": ("openai", chunk(reasoning_content="@")),
    "arguments": ("openai", chunk(tool_calls=[tool(0, "f", "@", id="c1")])),
    "Anthropic's answer": ("anthropic", delta(0, text="@")),
    "Anthropic's thinking": ("anthropic", delta(0, thinking="@")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CHARACTERS)
def test_a_bad_character_costs_itself_alone(name: str, way: str) -> None:
    pieces, expected = CHARACTERS[name]
    dialect, frame = WAYS[way]
    stream = b"".join(raw(frame, piece) for piece in pieces) + sse(STOP)
    seen = see([stream], dialect)
    texts = (seen.answer, seen.thought, *(call[2] for call in seen.calls.values()))
    assert "".join(texts) == expected
    assert (seen.error, seen.notes) == (None, [])
    assert seen.done
    if way == "answer":
        holds_at_every_cut(stream, dialect, seen.facts())


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e400", '"\\ud800"', "1" * 5000, '"\x01"'])
def test_a_member_that_nobody_reads_costs_nothing(value: str) -> None:
    odd = sse(chunk(content=SO) | {"x": "@"}, done=False).replace(b'"@"', value.encode())
    seen = see([sse(chunk(reasoning=WHY), done=False) + odd + sse(STOP)])
    assert (seen.thought, seen.answer, seen.error, seen.notes) == (WHY, SO, None, [])


@pytest.mark.parametrize("field", ["id", "model"])
def test_a_half_character_in_a_name_can_be_written(field: str) -> None:
    seen = see([sse(chunk(content=SO) | {field: "a@"}, STOP).replace(b"@", HIGH)])
    assert seen.started
    assert (seen.started.response_id, seen.started.model)[field == "model"] == "a\ufffd"
    json.dumps(seen.facts()[0]).encode()
    str(seen.done).encode()


def test_provider_data_with_a_half_character_or_too_deep_can_be_written() -> None:
    odd = raw(chunk(reasoning_details=[detail("a@")]), HIGH)
    seen = see([odd + raw(chunk(reasoning_details=[detail("@b")]), LOW) + sse(STOP)])
    assert seen.opaque == {0: {"reasoning_details": [detail("a😀b")]}}
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    seen = see([sse(chunk(reasoning_details=[detail(WHY, extra=deep)]), chunk(content=SO), STOP)])
    orjson.dumps(seen.opaque)
    assert (seen.thought, seen.answer, seen.notes) == (WHY, SO, [UNSENDABLE])


def test_arguments_of_an_inline_call_may_be_deep_or_have_a_half_character() -> None:
    for value in ("[" * 300 + "]" * 300, '"\\ud83d"', "\ud83d"):
        inside = f"<tool_call>f<arg_key>a</arg_key><arg_value>{value}</arg_value></tool_call>"
        seen = see([sse(json.dumps(chunk(content=inside)), STOP)])
        assert seen.error is None
        assert seen.calls[0][1] == "f"
        seen.calls[0][2].encode()


# Frames

UNREADABLE: dict[str, bytes] = {
    "not JSON": b"data: <html>502</html>\n\n",
    "half of JSON": b'data: {"choices":[{"del\n\n',
    "nested without end": b"data: " + b"[" * 200_000 + b"\n\n",
    "choices of a wrong shape": sse({"choices": {"delta": 5}}, done=False),
    "delta of a wrong shape": sse({"choices": [{"delta": "text"}]}, done=False),
    "content that is a number": sse(chunk(content=5), done=False),
    "content that is an object of something": sse(chunk(content={"image": "x"}), done=False),
    "a part that is a number": sse(chunk(content=[5]), done=False),
    "thinking that is a number": sse(chunk(reasoning=5), done=False),
    "a call that is a number": sse(chunk(tool_calls=[5]), done=False),
    "Anthropic of a wrong shape": sse({"type": "message_start", "message": "m"}, done=False),
    "Anthropic's text that is a number": sse(delta(0, text=5), done=False),  # type: ignore[arg-type]
    "Anthropic's thinking that is a list": sse(delta(0, thinking=["x"]), done=False),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_frame_that_cannot_be_read_costs_itself_and_is_said_once(name: str) -> None:
    odd = UNREADABLE[name]
    stream = sse(chunk(content="S"), done=False) + odd + odd + sse(chunk(content="o."), STOP)
    seen = see([stream])
    assert (seen.answer, seen.thought, seen.error, seen.notes) == (SO, "", None, [LOST])
    assert seen.done
    if len(stream) < 2000:
        holds_at_every_cut(stream, "openai", seen.facts())


def test_a_stream_that_ends_with_what_cannot_be_read_says_what_it_was() -> None:
    for end in (b"", DONE):
        seen = see([b"data: {'a': 1}\n\n" + end])
        assert type(seen.error) is StreamFailed
        assert "{'a': 1}" in seen.error.why
    seen = see([b"data: {'a': 1}\n\n" + sse(chunk(content=SO), done=False)])
    assert (type(seen.error), seen.answer, seen.notes) == (StreamCut, SO, [LOST])


@pytest.mark.parametrize(
    "usage", ["none", 5, [1], {"prompt_tokens_details": 5, "completion_tokens_details": "x"}]
)
def test_usage_of_a_wrong_shape_is_not_a_lost_word(usage: Any) -> None:
    seen = see([sse(chunk(content=SO), {"choices": [], "usage": usage}, chunk("stop"))])
    assert (seen.answer, seen.error, seen.notes, seen.usage) == (SO, None, [], None)


def test_one_of_several_answers_is_followed_and_that_is_said() -> None:
    def choice(index: int, text: str, reason: str | None = None) -> Frame:
        return {"index": index, "delta": {"content": text}, "finish_reason": reason}

    seen = see(
        [
            sse(
                {"choices": [choice(0, "S")]},
                {"choices": [choice(1, "Other")]},
                {"choices": [choice(1, " words"), choice(0, "o.")]},
                {"choices": [choice(1, "!", "length")]},
                {"choices": [choice(0, "", "stop")], "usage": USAGE},
            )
        ]
    )
    assert (seen.answer, seen.notes) == (SO, [SEVERAL])
    assert seen.done
    assert seen.done.raw_reason == "stop"


def test_a_server_that_counts_its_only_answer_from_one_is_read() -> None:
    frames = [{"choices": [{"index": 1, "delta": {"content": text}}]} for text in ("S", "o.")]
    seen = see([sse(*frames, {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]})])
    assert (seen.answer, seen.notes) == (SO, [])
    assert seen.done
    assert seen.done.reason == "stop"


# Anthropic's blocks

SEARCHED = [
    start(),
    block(0, "text", text=""),
    delta(0, text="I look it up."),
    stop(0),
    block(1, "server_tool_use", id="srv1", name="web_search", input={}),
    delta(1, partial_json='{"query":"x"}'),
    stop(1),
    block(2, "web_search_tool_result", tool_use_id="srv1", content=[{"type": "web_search_result"}]),
    stop(2),
    block(3, "text", text=""),
    delta(3, text="It is so."),
    stop(3),
    *finish(),
]


@pytest.mark.parametrize("kind", ["server_tool_use", "mcp_tool_use", "something_new"])
def test_a_tool_that_the_server_runs_is_no_call_of_ours(kind: str) -> None:
    frames = json.loads(json.dumps(SEARCHED).replace("server_tool_use", kind))
    stream = sse(*frames, done=False)
    seen = see([stream], "anthropic")
    assert (seen.calls, seen.answer) == ({}, "I look it up.\n\nIt is so.")
    assert seen.done
    assert seen.done.reason == "stop"
    holds_at_every_cut(stream, "anthropic", seen.facts())


def test_a_place_of_a_servers_tool_may_be_taken_by_a_call_of_ours() -> None:
    frames = [
        start(),
        block(0, "server_tool_use", id="s", name="web_search", input={}),
        stop(0),
        block(0, "tool_use", id="c1", name="f", input={}),
        delta(0, partial_json='{"a":1}'),
        stop(0),
        *finish("tool_use"),
    ]
    assert see([sse(*frames, done=False)], "anthropic").calls == {0: ["c1", "f", '{"a":1}']}


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        pytest.param([("One.", {}), ("Two.", {})], "One.\n\nTwo.", id="two sentences"),
        pytest.param([("第一。", {}), ("第二。", {})], "第一。\n\n第二。", id="two Chinese sentences"),
        pytest.param([("One.\n\n", {}), ("Two.", {})], "One.\n\nTwo.", id="parted already"),
        pytest.param([("One ", {}), ("two.", {})], "One two.", id="one sentence"),
        pytest.param([("3.", {}), ("14", {})], "3.14", id="one number"),
        pytest.param(
            [("As said, ", {}), ("Grass is green.", {"citations": []}), ("And so", {"citations": []})],
            "As said, Grass is green.And so",
            id="pieces with sources",
        ),
        pytest.param([("One.", {}), ("", {})], "One.", id="an empty one"),
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_text_blocks_are_parted_where_they_are_paragraphs(
    blocks: list[tuple[str, Frame]], expected: str, whole: bool
) -> None:
    if whole:
        body = {
            "type": "message",
            "content": [{"type": "text", "text": text, **more} for text, more in blocks],
            "stop_reason": "end_turn",
        }
        assert whole_reply(body).answer == expected
        return
    frames = [start()]
    for index, (text, more) in enumerate(blocks):
        frames += [block(index, "text", text="", **more), delta(index, text=text), stop(index)]
    assert see([sse(*frames, *finish(), done=False)], "anthropic").answer == expected


def whole_reply(body: Frame) -> Seen:
    seen = Seen()
    try:
        for event in FrameDecoder(ROUTE).read_whole(body):
            seen.add(event)
    except StreamFailed as error:
        seen.error = error
    return seen


def other_start(**more: Any) -> Frame:
    return {"type": "message_start", "message": {"id": "m2", "model": "glm-4.6", "content": [], **more}}


def test_a_second_reply_inside_the_stream_is_an_error_that_keeps_the_first() -> None:
    call = [block(1, "tool_use", id="c1", name="f"), delta(1, partial_json='{"value":"Spark')]
    stream = sse(
        start(), block(0, "text"), delta(0, text="Half"), *call, other_start(), delta(0, text="x"), *finish()
    )
    seen = see([stream], "anthropic")
    assert (seen.answer, seen.done) == ("Half", None)
    assert type(seen.error) is StreamFailed
    assert "second reply" in seen.error.why
    holds_at_every_cut(stream, "anthropic", seen.facts())


def test_a_second_start_before_the_first_word_is_a_start() -> None:
    seen = see([sse(start(), other_start(), delta(0, text=SO), *finish(), done=False)], "anthropic")
    assert (seen.answer, seen.error) == (SO, None)


# OpenRouter's details


def details_of(*pieces: Frame) -> list[Frame]:
    seen = see([sse(*(chunk(reasoning_details=[piece]) for piece in pieces), chunk(content=SO), STOP)])
    details: list[Frame] = seen.opaque[0]["reasoning_details"]
    return details


def test_a_signature_that_comes_alone_belongs_to_its_text() -> None:
    signed = {"type": "reasoning.text", "signature": "sig", "index": 0}
    whole = detail(WHY, signature="sig")
    assert details_of(detail("Be"), detail("cause."), signed) == [whole]
    assert details_of(detail("Be"), detail("cause."), {**signed, "text": None}) == [whole]
    assert details_of(detail("Be", signature=None), detail("cause."), {**signed, "text": ""}) == [whole]


def test_a_text_behind_a_signature_is_another_one() -> None:
    first, second = detail("A", signature="s1"), detail("B", signature="s2")
    assert details_of(detail("A"), {**first, "text": ""}, detail("B"), {**second, "text": ""}) == [
        first,
        second,
    ]


def test_details_of_two_places_do_not_mix() -> None:
    hidden = {"type": "reasoning.encrypted", "data": "xyz", "index": 0}
    one, two = detail("A"), detail("B", index=1)
    assert details_of(one, two, hidden, hidden | {"data": "abc"}, detail("a"), detail("b", index=1)) == [
        detail("Aa"),
        detail("Bb", index=1),
        hidden,
        hidden | {"data": "abc"},
    ]


# Other fields


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking_blocks": [{"type": "thinking", "thinking": WHY, "signature": "s"}]},
        {
            "thinking_blocks": [
                {"type": "redacted_thinking", "data": "x"},
                {"type": "thinking", "thinking": WHY},
            ]
        },
        {"reasoning": {"content": WHY}},
        {"reasoning": {"text": WHY}},
        {"reasoning": [{"type": "summary_text", "text": WHY}]},
        {"reasoning_content": WHY, "thinking_blocks": [{"type": "thinking", "thinking": WHY}]},
    ],
)
def test_thinking_is_read_from_every_field_that_has_it(fields: Frame) -> None:
    seen = see([sse(chunk(**fields), chunk(content=SO), STOP)])
    assert (seen.thought, seen.answer, seen.notes) == (WHY, SO, [])


def test_counts_at_the_top_of_the_usage_are_read() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "cached_tokens": 4, "reasoning_tokens": 8}
    assert see([sse(chunk(content=SO), chunk("stop", usage))]).usage == Usage(9, 12, 8, 4)
    zero = usage | {"prompt_tokens_details": {"cached_tokens": 0}}
    assert see([sse(chunk(content=SO), chunk("stop", zero))]).usage == Usage(9, 12, 8, 0)


@pytest.mark.parametrize("cost", ["NaN", "1e400", "true", '"1"'])
def test_a_cost_that_is_no_number_is_not_known(cost: str) -> None:
    stream = sse(chunk(content=SO), chunk("stop", USAGE | {"cost": "@"})).replace(b'"@"', cost.encode())
    assert see([stream]).usage == Usage(9, 12, 8)


@pytest.mark.parametrize("reason", ["network_error", "error"])
def test_a_whole_reply_that_ends_in_a_failure_keeps_its_text(reason: str) -> None:
    choice = {"message": {"content": SO, "reasoning_content": WHY}, "finish_reason": reason}
    seen = whole_reply({"id": "r", "choices": [choice], "usage": USAGE})
    assert (seen.thought, seen.answer, seen.done) == (WHY, SO, None)
    assert type(seen.error) is StreamFailed
    assert seen.error.provider_code == reason


def test_what_a_choice_says_of_its_failure_is_told() -> None:
    error = {"code": 502, "message": "The host fell over"}
    choice = {"message": {"content": SO}, "finish_reason": "error", "error": error}
    seen = whole_reply({"choices": [choice]})
    assert (seen.answer, seen.error and seen.error.details.get("said")) == (SO, "The host fell over")


def test_the_text_of_a_frame_that_holds_an_error_stays() -> None:
    seen = see([sse({**chunk("error", content=SO), "error": {"code": 502, "message": "down"}})])
    assert (seen.answer, seen.error and seen.error.provider_code) == (SO, "502")


# Going on inside code

FENCED = 'Here it is:\n\n```python\ntags = ["<think>", '


@pytest.mark.parametrize("continues_by_prompt", [False, True])
@pytest.mark.parametrize(
    ("partial", "text", "answer"),
    [
        pytest.param(FENCED, '"</think>"]\n```\nOk.', '"</think>"]\n```\nOk.', id="in a fence"),
        pytest.param("Say `", "x</think>` there", "x</think>` there", id="in backticks"),
        pytest.param("~~~\n```\n", "x</think>", "x</think>", id="in a tilde fence"),
        pytest.param("```\nx\n```\n", "<tool_call>f</tool_call>", "", id="behind a fence"),
    ],
)
def test_what_goes_on_inside_code_is_code(
    partial: str, text: str, answer: str, continues_by_prompt: bool
) -> None:
    stream = sse(chunk(content=text), STOP)
    seen = see([stream], partial=partial, continues_by_prompt=continues_by_prompt)
    assert (seen.thought, seen.answer) == ("", answer)
    for cut in range(len(text)):
        pieces = sse(chunk(content=text[:cut]), chunk(content=text[cut:]), STOP)
        assert see([pieces], partial=partial, continues_by_prompt=continues_by_prompt).answer == answer


def test_what_is_asked_for_in_words_may_repeat_its_code_and_may_think_first() -> None:
    again = FENCED + '"</think>"]\n```\n<tool_call>f</tool_call>'
    seen = see([sse(chunk(content=again), STOP)], partial=FENCED, continues_by_prompt=True)
    assert (seen.answer, len(seen.calls)) == (FENCED + '"</think>"]\n```\n', 1)
    thought = "<think>Because.</think>" + '"</think>"]'
    seen = see([sse(chunk(content=thought), STOP)], partial=FENCED, continues_by_prompt=True)
    assert (seen.thought, seen.answer) == (WHY, '"</think>"]')


def test_thinking_in_a_field_before_the_code_goes_on_changes_nothing() -> None:
    stream = sse(chunk(reasoning=WHY), chunk(content='"</think>"]'), STOP)
    assert see([stream], partial=FENCED, continues_by_prompt=True).answer == '"</think>"]'
