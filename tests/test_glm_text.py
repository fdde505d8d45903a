"""GLM's inline markup: what it means does not depend on where the text was cut."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glm_ui.events import AnswerDelta, ThinkingDelta
from glm_ui.protocol.glm_text import GlmText


@dataclass
class Read:
    thinking: str = ""
    answer: str = ""
    calls: list[tuple[str, object]] = field(default_factory=list)


def read(*pieces: str, thinking_seen: bool = False) -> Read:
    text = GlmText()
    text.thinking_seen = thinking_seen
    result = Read()
    for batch in (*map(text.feed, pieces), text.close()):
        for event in batch:
            if isinstance(event, ThinkingDelta):
                if event.takes_answer:
                    result.thinking, result.answer = result.thinking + result.answer, ""
                result.thinking += event.text
            elif isinstance(event, AnswerDelta):
                assert event.text
                result.answer += event.text
            else:
                result.calls.append((event.name, orjson.loads(event.arguments)))
    return result


BOX = "<|begin_of_box|>", "<|end_of_box|>"
WEATHER = ("weather", {"city": "Oslo", "days": 3})
CASES = [
    pytest.param("Plain.", Read("", "Plain."), id="plain"),
    pytest.param("<think>why</think>because", Read("why", "because"), id="think"),
    pytest.param("\n<thinking>why</thinking>\nbecause", Read("why", "\n\nbecause"), id="thinking"),
    pytest.param("<think>why", Read("why", ""), id="closer missing"),
    pytest.param("why</think>because", Read("why", "because"), id="opener missing"),
    pytest.param("why\n\n</thinking>\nso", Read("why\n\n", "\nso"), id="opener of the other kind missing"),
    pytest.param("</think>\nso", Read("", "\nso"), id="closer alone at the start"),
    pytest.param("<think>a</think>b</think>c", Read("a", "bc"), id="stray closer after thinking"),
    pytest.param("<think></think>Hi", Read("", "Hi"), id="empty thinking"),
    pytest.param("<think>a</think>\nb\n<think>c</think>d", Read("ac", "\nb\nd"), id="thinking twice"),
    pytest.param("<think>a <think> b</think>c", Read("a <think> b", "c"), id="opener inside thinking"),
    pytest.param("if a < b and c > d", Read("", "if a < b and c > d"), id="angles of a sentence"),
    pytest.param("a <b>c</b> <th <|end", Read("", "a <b>c</b> <th <|end"), id="half tags"),
    pytest.param("<think>1 < 2 </thin", Read("1 < 2 </thin", ""), id="half closer at the end"),
    pytest.param(
        "The <think> tag ends with </think>, so.",
        Read("", "The <think> tag ends with </think>, so."),
        id="tags named in a sentence",
    ),
    pytest.param(
        "Use `<think>` and `</think>` here.",
        Read("", "Use `<think>` and `</think>` here."),
        id="in backticks",
    ),
    pytest.param(
        "``a ` <think>``\n<think>x</think>y", Read("x", "``a ` <think>``\ny"), id="in double backticks"
    ),
    pytest.param(
        "```xml\n<think>\nx\n</think>\n```\nok",
        Read("", "```xml\n<think>\nx\n</think>\n```\nok"),
        id="in a fence",
    ),
    pytest.param(
        "~~~\n<think>\n```\n</think>\n~~~\n<think>t</think>",
        Read("t", "~~~\n<think>\n```\n</think>\n~~~\n"),
        id="in a tilde fence",
    ),
    pytest.param(
        "1. ```\n   </think>\n   ```\nz",
        Read("", "1. ```\n   </think>\n   ```\nz"),
        id="in a fence of a list",
    ),
    pytest.param("```a``` b\n<think>t</think>", Read("t", "```a``` b\n"), id="a fence that was inline code"),
    pytest.param("It's 5 ` long\n<think>t</think>", Read("t", "It's 5 ` long\n"), id="a lone backtick"),
    pytest.param(
        "<think>say `</think>` here</think>ok", Read("say `</think>` here", "ok"), id="thinking about the tag"
    ),
    pytest.param("<think>open `code</think>ok", Read("open `code", "ok"), id="a lone backtick in thinking"),
    pytest.param("<think>say `</think>", Read("say `", ""), id="closer is the last thing"),
    pytest.param(
        "<think>```py\nx = 1\n</think>ok", Read("```py\nx = 1\n", "ok"), id="an open fence in thinking"
    ),
    pytest.param(f"It is {BOX[0]}[[1,2,3,4]]{BOX[1]}.", Read("", "It is [[1,2,3,4]]."), id="box"),
    pytest.param(f"<think>t</think>{BOX[0]}42{BOX[1]}", Read("t", "42"), id="box after thinking"),
    pytest.param(f"{BOX[0]}```html\n<b>{BOX[1]}", Read("", "```html\n<b>"), id="box around an open fence"),
    pytest.param(f"The `{BOX[0]}` mark", Read("", f"The `{BOX[0]}` mark"), id="box mark named in backticks"),
    pytest.param(f"42{BOX[1]}", Read("", "42"), id="end of a box alone"),
    pytest.param(
        '<details type="reasoning" done="true" duration="26">\n<summary>Thought for 26 seconds</summary>\n'
        "> First.\n>\n> a > b <c>\n</details>\nHi",
        Read("\n\nFirst.\n\na > b <c>\n", "\nHi"),
        id="details",
    ),
    pytest.param('<details type="reasoning">> a\n>b', Read("a\nb", ""), id="details never closed"),
    pytest.param(
        "<details><summary>More</summary>x</details>",
        Read("", "<details><summary>More</summary>x</details>"),
        id="details that are HTML",
    ),
    pytest.param("<details open\n>x", Read("", "<details open\n>x"), id="details with other attributes"),
    pytest.param("<detail", Read("", "<detail"), id="half of details"),
    pytest.param(
        "Look.\n<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n"
        "<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>",
        Read("", "Look.\n", [WEATHER]),
        id="tool call",
    ),
    pytest.param(
        "Look.<tool_call>weather<arg_key>city</arg_key><arg_value>Oslo</arg_value>"
        "<arg_key>days</arg_key><arg_value>3</arg_value></tool_call><tool_call>now</tool_call>",
        Read("", "Look.", [WEATHER, ("now", {})]),
        id="tool calls without line ends",
    ),
    pytest.param(
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo", "days": 3}}\n</tool_call>',
        Read("", "", [WEATHER]),
        id="tool call as JSON",
    ),
    pytest.param(
        '<tool_call>{"name": "f", "arguments": "{\\"a\\": 1}"}</tool_call>',
        Read("", "", [("f", {"a": 1})]),
        id="tool call with arguments as text",
    ),
    pytest.param(
        "<tool_call>f<arg_key>html</arg_key><arg_value><p>1 < 2</p></arg_value></tool_call>x",
        Read("", "x", [("f", {"html": "<p>1 < 2</p>"})]),
        id="tool call with markup",
    ),
    pytest.param(
        "<tool_call>f<arg_key>a</arg_key><arg_value>half",
        Read("", "", [("f", {"a": "half"})]),
        id="tool call never closed",
    ),
    pytest.param(
        "The <tool_call> tag is XML.", Read("", "The <tool_call> tag is XML."), id="tool call in a sentence"
    ),
    pytest.param(
        '<tool_call>{"no": "name"}</tool_call>!',
        Read("", '<tool_call>{"no": "name"}</tool_call>!'),
        id="JSON that is no call",
    ),
    pytest.param(
        "`<tool_call>f</tool_call>`", Read("", "`<tool_call>f</tool_call>`"), id="tool call in backticks"
    ),
    pytest.param("<tool_call>", Read("", "<tool_call>"), id="tool call tag at the end"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_every_cut_reads_the_same(text: str, expected: Read) -> None:
    assert read(text) == expected
    assert read(*text) == expected
    for cut in range(len(text)):
        assert read(text[:cut], text[cut:]) == expected


FRAGMENTS = st.sampled_from(
    [
        "<",
        ">",
        "<think>",
        "</think>",
        "</thinking>",
        "\n",
        "`",
        "```",
        "~~~",
        " a ",
        "x",
        *BOX,
        "> ",
        "</details>",
        '<details type="reasoning" x>',
        "<summary>",
        "</summary>",
        "<tool_call>",
        "f",
        "<arg_key>",
        "</arg_key>",
        "<arg_value>",
        "</arg_value>",
        "</tool_call>",
        '{"name":"f"}',
        "<detai",
        "- ",
    ]
)


@settings(max_examples=250, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14), st.data())
@example(["<think>", "`", "</think>"], None)
def test_any_markup_reads_the_same_at_any_cut(fragments: list[str], data: st.DataObject | None) -> None:
    text = "".join(fragments)
    whole = read(text)
    assert read(*text) == whole
    assert read(*fragments) == whole
    if data is not None and text:
        cut = data.draw(st.integers(0, len(text)))
        assert read(text[:cut], text[cut:]) == whole


@settings(deadline=None)
@given(st.text(alphabet=st.characters(blacklist_characters="<`~"), max_size=60))
def test_text_without_markup_is_untouched(text: str) -> None:
    assert read(text).answer == text


def test_text_that_cannot_be_a_tag_is_given_at_once() -> None:
    text = GlmText()
    for piece in ("if a ", "<", " b", "<b", ">", "`<thi", "nk>`"):
        given_out = "".join(event.text for event in text.feed(piece) if isinstance(event, AnswerDelta))
        if piece == "<":
            assert given_out == ""
        elif piece == " b":
            assert given_out == "< b"
        else:
            assert given_out == piece


def test_after_thinking_in_its_own_field_a_stray_closer_is_dropped() -> None:
    assert read("</think>\n\nHi", thinking_seen=True) == Read("", "\n\nHi")


def test_a_long_tool_call_costs_linear_time() -> None:
    text = GlmText()
    pieces = [
        "<tool_call>f<arg_key>a</arg_key><arg_value>",
        *(["<p>x</p> "] * 50_000),
        "</arg_value></tool_call>",
    ]
    events = [event for piece in pieces for event in text.feed(piece)]
    assert len(events) == 1
    assert len(events[0].arguments) > 400_000
