"""A reply as blocks, one after the other, and its end at a stop word."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_ui.events import AnswerDelta, StreamEvent, ThinkingDelta, ToolCallDelta
from glm_ui.gateway.blocks import Began, Blocks, Ended, Grew
from glm_ui.gateway.stop_words import StopWords

A, T = AnswerDelta, ThinkingDelta


def C(index: int, arguments: str = "", name: str = "", call: str = "") -> ToolCallDelta:
    return ToolCallDelta(index, call, name, arguments)


def run(events: Iterable[StreamEvent], **options: object) -> tuple[Blocks, list[str]]:
    """The blocks, and what was told of them: "+0" began, "0 text" grew, "-0" ended."""
    blocks = Blocks(**options)  # type: ignore[arg-type]
    said = []
    for change in [*(c for event in events for c in blocks.add(event)), *blocks.close()]:
        match change:
            case Began(block):
                said.append(f"+{block.index} {block.kind}")
            case Grew(block, text):
                said.append(f"{block.index} {text}")
            case Ended(block):
                said.append(f"-{block.index}")
    return blocks, said


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([T("a"), A("b")], ["+0 thinking", "0 a", "-0", "+1 text", "1 b", "-1"]),
        (
            [T("a"), A("b"), T("c", block=1)],
            ["+0 thinking", "0 a", "-0", "+1 text", "1 b", "-1", "+2 thinking", "2 c", "-2"],
        ),
        # Calls whose arguments come in turns.
        (
            [C(0, "", "f", "x"), C(1, "", "g", "y"), C(0, '{"a":'), C(1, "{}"), C(0, "1}")],
            ["+0 tool", '0 {"a":', "0 1}", "-0", "+1 tool", "1 {}", "-1"],
        ),
        # The second call begins as soon as the first is whole.
        (
            [C(0, "{}", "f"), C(1, "{", "g"), C(1, "}")],
            ["+0 tool", "0 {}", "-0", "+1 tool", "1 {", "1 }", "-1"],
        ),
        # A name that comes late, and text in the middle of a call.
        ([C(0, "{"), C(0, "}", "f")], ["+0 tool", "0 {}", "-0"]),
        (
            [C(0, "{", "f"), A("b"), C(0, "}")],
            ["+0 tool", "0 {", "0 }", "-0", "+1 text", "1 b", "-1"],
        ),
        ([C(0, "", "f")], ["+0 tool", "-0"]),
        ([C(0, "{}")], []),  # without a name nobody can be called
        ([A(""), T("")], []),
    ],
)
def test_blocks_stand_one_after_the_other(events: list[StreamEvent], told: list[str]) -> None:
    assert run(events)[1] == told


def test_only_the_first_call_is_kept_where_one_is_wanted() -> None:
    blocks, _ = run([C(0, "{}", "f"), C(1, "{}", "g")], one_call=True)
    assert [block.name for block in blocks.all] == ["f"]


def test_ids_are_unlike_those_of_the_conversation() -> None:
    events = [C(0, "{}", "f", "call_0"), C(1, "{}", "g", "call_1"), C(2, "{}", "h", "bad id!")]
    blocks, _ = run(events, taken=frozenset({"call_0"}))
    ids = [block.id for block in blocks.all]
    assert ids[1] == "call_1"
    assert "call_0" not in ids
    assert len(set(ids)) == 3
    assert all(one.replace("_", "").replace("-", "").isalnum() for one in ids)


def test_an_answer_that_proves_to_be_thinking_is_that_in_a_whole_reply() -> None:
    events = [A("hm"), ThinkingDelta("!", takes_answer=True), A("42")]
    kinds = [(block.kind, block.text) for block in run(events, streamed=False)[0].all]
    assert kinds[0][0] == "thinking"
    assert kinds[-1] == ("text", "42")


CALLS = st.lists(
    st.one_of(
        st.builds(A, st.text(max_size=3)),
        st.builds(T, st.text(max_size=3), block=st.integers(0, 1)),
        st.builds(C, st.integers(0, 2), st.sampled_from(["{", "}", "{}", ""]), st.sampled_from(["", "f"])),
    ),
    max_size=12,
)


@given(CALLS)
def test_whatever_comes_every_block_is_begun_and_ended_once_and_alone(events: list[StreamEvent]) -> None:
    blocks, said = run(events)
    opened: int | None = None
    count = 0
    for line in said:
        if line.startswith("+"):
            assert opened is None
            assert int(line[1:].split()[0]) == count
            opened, count = count, count + 1
        elif line.startswith("-"):
            assert int(line[1:]) == opened
            opened = None
        else:
            assert int(line.split(" ")[0]) == opened
    assert opened is None
    assert count == len(blocks.all)
    shown = "".join(block.text for block in blocks.all if block.kind == "text")
    assert shown == "".join(event.text for event in events if isinstance(event, AnswerDelta))


@given(st.text("abEND ", max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_the_answer_ends_at_the_first_stop_word_however_it_is_cut(text: str, cuts: list[int]) -> None:
    words = ("END", "ab ")
    stops = StopWords(words)
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    said = "".join(stops.feed(text[a:b]) for a, b in pairwise(places)) + stops.rest()
    ends = [text.find(word) for word in words if word in text]
    assert said == (text[: min(ends)] if ends else text)
    assert (stops.found is not None) == bool(ends)
