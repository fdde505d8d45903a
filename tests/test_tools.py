"""The built-in tools, and what stands between a tool, a model and a person: names, schemas, arguments, results,
consent."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_ui.messages import Message, ToolCall, ToolResult
from glm_ui.tools import results
from glm_ui.tools.calculator import FUNCTIONS, calculate, shown
from glm_ui.tools.clock import CLOCK
from glm_ui.tools.consent import Allowed, is_tainted, key_of, question
from glm_ui.tools.schema import SchemaRefused, arguments_of, inlined
from glm_ui.tools.tool import Running, ToolFailed
from glm_ui.tools.toolbox import Toolbox
from tests.tool_frames import tool

SUMS = {
    "0.1 + 0.2": "0.3",
    "(3 + 4) * 2^10 / 7": "1024",
    "1/8": "0.125",
    "1/3": "1/3, about 0.33333333333333333333333333333333333333333333333333",
    "-2^2": "-4",
    "2**-3": "0.125",
    "2^3^2": "512",
    "17 mod 5": "2",
    "-7 // 2": "-4",
    "5!": "120",
    "round(2.5) + round(-2.5)": "0",
    "round(3.14159, 2)": "3.14",
    "sqrt(2.25)": "1.5",
    "max(1, 2.5, 3/2)": "2.5",
    "lcm(4, 6) - gcd(12, 18)": "6",
    "1_000 × 3 ÷ 2": "1500",
    "123456789123456789 * 987654321": "121932631234567900112635269",
    "2^200": str(2**200),
}


@pytest.mark.parametrize(("expression", "value"), SUMS.items())
def test_sums_are_exact(expression: str, value: str) -> None:
    assert shown(calculate(expression)) == value


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("1/0", "division by zero"),
        ("5 mod 0", "division by zero"),
        ("9^9^9", "too many digits"),
        ("1e9999", "too many digits"),
        ("2^20000 * 2^20000", "too many digits"),
        ("sqrt(0-1)", "no real square root"),
        ("ln(0)", "no value among the real numbers"),
        ("exp(1e9)", "no value among the real numbers"),
        ("1001!", "from 0 to 1000"),
        ("spam", "no constant"),
        ("spam(1)", "no function"),
        ("gcd(1.5, 2)", "whole numbers"),
        ("sqrt(1, 2)", "takes 1 to 1"),
        ("__import__('os').system('id')", "no expression"),
        ("(1", "no expression"),
        ("1" * 3000, "at most 2000"),
        ("", "at most 2000"),
    ],
)
def test_what_cannot_be_calculated_says_why(expression: str, why: str) -> None:
    with pytest.raises(ToolFailed, match=why):
        calculate(expression)


@given(st.text(alphabet="0123456789.+-*/^!%() ,epimaxsqrtln_\x00é", max_size=60))
def test_any_text_is_a_number_or_a_sentence(text: str) -> None:
    with contextlib.suppress(ToolFailed):
        assert shown(calculate(text))


def test_nesting_costs_no_recursion() -> None:
    assert shown(calculate("(" * 999 + "1" + ")" * 999)) == "1"
    assert set(FUNCTIONS) >= {"sqrt", "sin", "round"}


async def test_the_time_is_told_in_a_zone_by_its_name() -> None:
    said = (await CLOCK.run({"timezone": "Asia/Shanghai"}, Running())).text
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00 \(\w+day\), time zone Asia/Shanghai", said)
    assert "UTC" in (await CLOCK.run({}, Running())).text
    for wrong in ("Atlantis/Capital", "../../etc/passwd", "x" * 5000, 7):
        with pytest.raises(ToolFailed, match="IANA"):
            await CLOCK.run({"timezone": wrong}, Running())


# ---- names on the wire


def test_every_tool_has_a_name_of_its_own_that_all_providers_take() -> None:
    tools = [
        tool("read", server="a__b"),
        tool("b__read", server="a"),
        tool("read.me", server="a"),
        tool("read_me", server="a"),
        tool("x" * 200, server="long"),
        tool("读", server="中"),
        tool("", server="empty"),
    ]
    box = Toolbox(tools)
    names = [each.name for each in box.definitions()]
    assert len(set(names)) == len(tools)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)
    assert [box.find(name) for name in names] == list(box)
    assert names == [each.name for each in Toolbox(reversed(tools)).definitions()], "a stable order and names"


# ---- schemas and arguments

ITEM = {"type": "object", "properties": {"n": {"type": "integer"}}}


def test_local_references_are_put_in_place() -> None:
    schema = {
        "type": "object",
        "properties": {
            "one": {"$ref": "#/$defs/Item"},
            "more": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
        },
        "$defs": {"Item": ITEM},
    }
    made = inlined(schema)
    assert made["properties"] == {"one": ITEM, "more": {"type": "array", "items": ITEM}}
    assert "$defs" not in made


def test_a_schema_that_leads_into_itself_or_elsewhere_takes_anything_there() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#"}, "far": {"$ref": "https://x.example/s"}}}
    loop = {
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}}},
    }
    assert inlined(tree)["properties"]["far"] == {}
    assert inlined(loop)["properties"]["a"] == {"properties": {"a": {}}}
    assert (
        inlined({"type": "object", "properties": {"c": {"$ref": "#/properties/c"}}})["properties"]["c"] == {}
    )


def bomb() -> dict[str, Any]:
    defs = {f"d{n}": {"properties": {k: {"$ref": f"#/$defs/d{n + 1}"} for k in "ab"}} for n in range(40)}
    return {"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs}


def deep() -> dict[str, Any]:
    node: dict[str, Any] = {}
    for _ in range(500):
        node = {"properties": {"a": node}}
    return node


@pytest.mark.parametrize(
    "schema", [bomb(), deep(), {"type": "array"}, [], None, {"description": "x" * 100_000}]
)
def test_a_schema_without_measure_is_refused(schema: Any) -> None:
    with pytest.raises(SchemaRefused):
        inlined(schema)


@pytest.mark.parametrize(
    ("said", "schema", "meant"),
    [
        ('{"n": "5"}', {"n": {"type": "integer"}}, {"n": 5}),
        ('{"n": "5"}', {"n": {"type": "string"}}, {"n": "5"}),
        ('{"n": "5"}', {"n": {"type": ["string", "null"]}}, {"n": "5"}),
        ('{"n": "true"}', {"n": {"type": "integer"}}, {"n": "true"}),
        ('{"n": "true"}', {"n": {"type": "boolean"}}, {"n": True}),
        ('{"o": "{\\"n\\": \\"7\\"}"}', {"o": ITEM}, {"o": {"n": 7}}),
        ('{"o": "[1, 2]"}', {"o": {"anyOf": [{"type": "array"}, {"type": "null"}]}}, {"o": [1, 2]}),
        ('{"l": [{"n": "1"}]}', {"l": {"type": "array", "items": ITEM}}, {"l": [{"n": 1}]}),
        ('"{\\"n\\": 1}"', {}, {"n": 1}),
        ("", {}, {}),
        ('{"x": "kept"}', {"x": 5}, {"x": "kept"}),
    ],
)
def test_arguments_become_what_the_schema_wants(said: str, schema: Any, meant: Any) -> None:
    assert arguments_of(said, {"properties": schema}) == meant


@pytest.mark.parametrize(
    ("said", "why"),
    [("{", "no JSON"), ("[1]", "no JSON object"), ('"a"', "no JSON object"), ("{}", "missing: q")],
)
def test_arguments_that_cannot_be_read_never_run_as_something_else(said: str, why: str) -> None:
    with pytest.raises(ToolFailed, match=why):
        arguments_of(said, {"required": ["q"]})


# ---- results


def test_a_result_is_bounded_and_stands_between_marks_that_it_cannot_close() -> None:
    text = "z" * 100_000
    said = results.for_model("web", "key", text)
    assert len(said) < results.FOR_MODEL + 400
    assert "76,000 of 100,000 bytes are left out" in said
    (mark,) = re.findall(r"It ends at (\w+)\.", said)
    assert said.endswith(f"\n[{mark}]")
    assert results.for_model("web", "another", text).count(mark) == 0
    assert results.NOTHING in results.for_model("web", "key", " \n")


def test_characters_that_nobody_sees_are_shown() -> None:
    assert results.visible("a\u202eb\x1b[31m\u200b\r\n\tc") == "a\\u{202e}b\\u{1b}[31m\\u{200b}\n\tc"
    assert results.visible("नमस्ते 👩\u200d🚀") == "नमस्ते 👩\u200d🚀"


# ---- consent


def test_a_changed_definition_is_another_tool_to_whoever_allowed_it() -> None:
    one = tool("act", writes=True)
    allowed = Allowed(frozenset({key_of(one)}))
    assert question(one, allowed=allowed) == ""
    for other in (
        tool("act", writes=True, title="Act"),
        tool("act", writes=True, parameters={"type": "object", "x": 1}),
        tool("act", writes=True, server="other"),
        tool("act", writes=True, open_world=True),
    ):
        assert question(other, allowed=allowed) == "writes"


def test_only_our_own_sentence_about_a_tool_that_is_not_there_taints_nothing() -> None:
    call = Message("assistant", (ToolCall("c", "made_up", "{}"),))
    for said, tainted in (
        (results.NO_SUCH_TOOL, False),
        (results.GONE, False),
        (f"{results.NO_SUCH_TOOL}\n{results.GONE}", True),
        ("", True),
    ):
        result = ToolResult("c", results.for_model("made_up", "key", said), is_error=True)
        assert is_tainted([call, Message("user", (result,))], Toolbox()) is tainted


def test_a_conversation_is_tainted_by_the_open_web_and_by_tools_that_are_gone() -> None:
    web, shelf = tool("web", open_world=True), tool("look")
    box = Toolbox([web, shelf])

    def history(name: str, **more: Any) -> list[Message]:
        call = Message("assistant", (ToolCall("c", name, "{}"),))
        return [call, Message("user", (ToolResult("c", "text", **more),))]

    assert not is_tainted(history("shelf__look"), box)
    assert is_tainted(history("shelf__web"), box)
    assert is_tainted(history("of_before"), box)
    assert is_tainted(history("shelf__web", is_error=True), box), "a server writes its own errors"
    assert is_tainted(history("of_before", is_error=True), box), "its server wrote the error"
