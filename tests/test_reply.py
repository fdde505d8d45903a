"""Reply: events added up into text, parts and figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glm_ui.catalogue.rows import Model, Price, ThinkingAbility
from glm_ui.errors import GlmUiError
from glm_ui.events import (
    AnswerDelta,
    Done,
    Note,
    Retrying,
    Started,
    StreamEvent,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
    Waiting,
)
from glm_ui.messages import Text, Thinking, ToolCall
from glm_ui.reply import Reply


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Timeline:
    """A reply whose events come at given seconds after the start."""

    def __init__(self, **options: object) -> None:
        self.clock = Clock()
        self.reply = Reply(clock=self.clock, **options)  # type: ignore[arg-type]

    def at(self, seconds: float, *events: StreamEvent) -> Timeline:
        self.clock.now = 100.0 + seconds
        for event in events:
            self.reply.add(event)
        return self


def reply_of(*events: StreamEvent, **options: object) -> Reply:
    return Timeline(**options).at(1, *events).reply


def row(price: Price | None, window: int | None = 1000) -> Model:
    return Model(
        key="glm-4.6",
        name="GLM-4.6",
        window=window,
        max_output=None,
        window_figures=(),
        output_figures=(),
        released=None,
        inputs=("text",),
        thinking=ThinkingAbility("switch"),
        tools=None,
        params=None,
        temperature=None,
        top_p=None,
        ids={},
        prices={"zai": price} if price else {},
        inputs_at={},
    )


PRICE = Price(input=0.6, output=2.2, cached_input=0.1, source="test")


def test_thinking_answer_and_calls_add_up_apart() -> None:
    reply = reply_of(
        Started("glm-4.6", "r1"),
        ThinkingDelta("Seven "),
        ThinkingDelta("sixes."),
        AnswerDelta("4"),
        AnswerDelta("2"),
        ToolCallDelta(0, "c1", "weather", '{"city":'),
        ToolCallDelta(0, "c1", "weather", '"Rome"}'),
        Done("tool_calls", "tool_calls"),
    )
    assert (reply.thinking, reply.answer) == ("Seven sixes.", "42")
    assert reply.tool_calls == (ToolCall("c1", "weather", '{"city":"Rome"}'),)
    assert (reply.model, reply.response_id, reply.finish) == ("glm-4.6", "r1", "tool_calls")


def test_opaque_data_stays_with_its_block_when_blocks_overlap() -> None:
    reply = reply_of(
        ThinkingDelta("one", block=0),
        ThinkingDelta("two", block=1),
        ThinkingDelta(" more", block=0, opaque={"signature": "s0"}),
        ThinkingDelta("", block=2, opaque={"redacted": "xyz"}),
        ThinkingDelta("", block=1, opaque={"signature": "s1"}),
        AnswerDelta("hi"),
    )
    assert reply.parts() == (
        Thinking("one more", {"signature": "s0"}),
        Thinking("two", {"signature": "s1"}),
        Thinking("", {"redacted": "xyz"}),
        Text("hi"),
    )
    assert reply.thinking == "one more\n\ntwo"


def test_thinking_goes_back_byte_for_byte_though_it_is_shown_without_its_leading_newline() -> None:
    reply = reply_of(ThinkingDelta("\nSeven sixes"), AnswerDelta("\n42"))
    assert (reply.thinking, reply.answer) == ("Seven sixes", "42")
    assert reply.parts()[0] == Thinking("\nSeven sixes")


def test_indentation_of_the_first_line_is_kept() -> None:
    assert reply_of(AnswerDelta("\n \n"), AnswerDelta("    code")).answer == "    code"


def test_answer_that_turns_out_to_be_thinking_moves_with_its_time() -> None:
    """The template wrote the opening tag: only the closing one tells."""
    line = Timeline().at(1, AnswerDelta("Seven ")).at(2, AnswerDelta("sixes"))
    line.at(4, ThinkingDelta(".", takes_answer=True), ThinkingDelta("", opaque={"lead": "x"}))
    assert (line.reply.thinking, line.reply.answer, line.reply.phase) == ("Seven sixes.", "", "thinking")
    line.at(5, AnswerDelta("42"), Done("stop"))
    assert (line.reply.thinking, line.reply.answer) == ("Seven sixes.", "42")
    assert line.reply.thinking_seconds == pytest.approx(4)
    assert line.reply.metrics()["answer"]["value"] < line.reply.metrics()["thinking"]["value"]
    assert line.reply.metrics()["ttft"] == pytest.approx(1)


def test_a_reply_that_goes_on_keeps_the_blanks_at_its_seam() -> None:
    assert reply_of(AnswerDelta("\n\nNext."), continues=True).answer == "\n\nNext."


def test_blank_answer_text_before_the_thinking_does_not_end_the_thinking() -> None:
    line = Timeline().at(1, AnswerDelta("\n")).at(2, ThinkingDelta("hm")).at(5, AnswerDelta("\n"))
    assert line.reply.phase == "thinking"
    assert line.reply.first_answer_at is None
    line.at(7, AnswerDelta("42")).at(9, Done("stop"))
    assert line.reply.thinking_seconds == pytest.approx(5)
    assert line.reply.answer == "\n42".strip()


def test_thinking_time_runs_and_freezes_at_the_first_answer_token() -> None:
    line = Timeline().at(2, ThinkingDelta("a")).at(3)
    assert line.reply.thinking_seconds == pytest.approx(1)
    line.at(6, AnswerDelta("b")).at(60, AnswerDelta("c"))
    assert line.reply.thinking_seconds == pytest.approx(4)


@pytest.mark.parametrize("last", [None, ToolCallDelta(0, "c", "f", "{}")])
def test_thinking_time_freezes_at_a_tool_call_or_at_the_end_too(last: StreamEvent | None) -> None:
    line = Timeline().at(1, ThinkingDelta("a")).at(3, *([last] if last else []))
    line.reply.end()
    line.at(50)
    assert line.reply.thinking_seconds == pytest.approx(2)
    assert line.reply.seconds == pytest.approx(3)


def test_no_thinking_has_no_thinking_time() -> None:
    assert reply_of(AnswerDelta("hi")).thinking_seconds is None


def test_waiting_and_retrying_are_told_with_their_start() -> None:
    retry = Retrying(2, 3, 4.0, "Rate limit.")
    line = Timeline().at(1, Waiting("first_byte")).at(5, retry)
    assert (line.reply.phase, line.reply.retry, line.reply.phase_since) == ("retrying", retry, 105.0)
    line.at(9, Waiting("connecting"))
    assert (line.reply.phase, line.reply.retry, line.reply.waiting_for) == ("waiting", None, "connecting")
    line.at(10, Started("m"), AnswerDelta("x"), Done("stop"))
    assert line.reply.metrics()["retries"] == 1


def test_the_first_end_holds_and_keeps_the_error() -> None:
    line = Timeline().at(1, AnswerDelta("half"))
    failure = GlmUiError("The connection was lost.")
    line.reply.end(failure)
    line.at(9)
    line.reply.end()
    assert line.reply.error is failure
    assert line.reply.seconds == pytest.approx(1)
    assert line.reply.answer == "half"


def test_figures_follow_the_provider_once_it_has_reported() -> None:
    line = Timeline(input_tokens=90).at(2, Started("glm-4.6-x"), ThinkingDelta("think " * 10))
    line.at(4, AnswerDelta("answer")).at(
        12,
        Usage(input_tokens=100, output_tokens=50, thinking_tokens=30, cached_tokens=40),
        Done("stop", "stop"),
    )
    m = line.reply.metrics(row(PRICE), "zai")
    assert m["model"] == "glm-4.6-x"
    assert m["ttft"] == pytest.approx(2)
    assert m["tokens_per_second"] == {"value": 5.0, "estimated": False}
    assert [m[k]["value"] for k in ("input", "output", "thinking", "answer", "cached")] == [
        100,
        50,
        30,
        20,
        40,
    ]
    assert not any(m[k]["estimated"] for k in ("input", "output", "thinking", "cost", "window_used"))
    assert m["cost_input"]["value"] == pytest.approx((60 * 0.6 + 40 * 0.1) / 1e6)
    assert m["cost_thinking"]["value"] == pytest.approx(30 * 2.2 / 1e6)
    assert m["cost"]["value"] == pytest.approx(
        sum(m[f"cost_{k}"]["value"] for k in ("input", "thinking", "answer"))
    )
    assert (m["window"], m["window_used"]["value"]) == (1000, 150)


def test_figures_are_estimates_until_usage_arrives() -> None:
    m = (
        Timeline(input_tokens=90)
        .at(1, ThinkingDelta("word " * 40))
        .at(2, AnswerDelta("yes"))
        .reply.metrics(row(PRICE), "zai")
    )
    shown = [
        m[k] for k in ("input", "output", "thinking", "answer", "cost", "cost_thinking", "tokens_per_second")
    ]
    assert all(figure["estimated"] for figure in shown)
    assert 35 <= m["thinking"]["value"] <= 50


def test_a_count_at_the_start_of_the_message_is_not_taken_for_the_whole() -> None:
    """Anthropic's message_start says one token of output; Z.ai's says zero for input and output."""
    line = Timeline(input_tokens=7).at(1, Usage(input_tokens=0, output_tokens=1), AnswerDelta("word " * 50))
    m = line.reply.metrics()
    assert m["input"] == {"value": 7, "estimated": True}
    assert m["output"]["estimated"]
    assert m["output"]["value"] > 40
    m = line.at(2, Usage(input_tokens=8, output_tokens=60), Done("stop")).reply.metrics()
    assert (m["input"]["value"], m["output"]["value"], m["output"]["estimated"]) == (8, 60, False)


def test_the_last_usage_holds_field_by_field() -> None:
    reply = reply_of(
        Usage(input_tokens=5, cached_tokens=2), Usage(output_tokens=9), Usage(output_tokens=12), Done("stop")
    )
    assert reply.usage == Usage(input_tokens=5, output_tokens=12, cached_tokens=2)


def test_the_split_is_an_estimate_where_the_provider_reports_only_the_sum() -> None:
    reply = reply_of(ThinkingDelta("word " * 60), AnswerDelta("word " * 20), Usage(10, 84), Done("stop"))
    m = reply.metrics(row(PRICE), "zai")
    assert not m["output"]["estimated"]
    assert m["thinking"]["estimated"]
    assert m["thinking"]["value"] == pytest.approx(63, abs=3)
    assert m["thinking"]["value"] + m["answer"]["value"] == 84
    assert m["cost_answer"]["estimated"]
    assert not m["cost"]["estimated"]


def test_thinking_without_a_report_and_without_text_is_unknown_not_zero() -> None:
    m = reply_of(AnswerDelta("hi"), Usage(10, 84), Done("stop")).metrics()
    assert m["thinking"] is None
    assert m["cached"] is None


def test_zero_thinking_tokens_are_not_believed_where_thinking_was_read() -> None:
    events = (ThinkingDelta("word " * 60), AnswerDelta("word " * 20), Usage(10, 84, 0), Done("stop"))
    m = reply_of(*events).metrics(row(PRICE), "zai")
    assert m["thinking"]["estimated"]
    assert m["thinking"]["value"] == pytest.approx(63, abs=3)
    assert m["cost_thinking"]["estimated"]
    assert m["output"] == {"value": 84, "estimated": False}
    m = reply_of(AnswerDelta("word"), Usage(10, 84, 0), Done("stop")).metrics()
    assert m["thinking"] == {"value": 0, "estimated": False}


def test_a_note_of_the_reply_stands_with_those_of_the_request() -> None:
    reply = reply_of(Started("glm", None, ("One.",)), Note("Two."), AnswerDelta("a"), Done("stop"))
    assert reply.metrics()["notes"] == ["One.", "Two."]


def test_more_thinking_than_output_does_not_make_a_negative_answer() -> None:
    m = reply_of(ThinkingDelta("We need"), Usage(43, 10, thinking_tokens=11), Done("length")).metrics()
    assert m["answer"]["value"] == 0


def test_unknown_prices_stay_unknown_and_a_free_model_costs_nothing() -> None:
    events = (AnswerDelta("hi"), Usage(10, 5), Done("stop"))
    assert reply_of(*events).metrics(row(None), "zai")["cost"] is None
    assert reply_of(*events).metrics(row(replace(PRICE, output=None)), "zai")["cost"] is None
    free = replace(PRICE, input=0.0, output=0.0, cached_input=0.0)
    assert reply_of(*events).metrics(row(free), "zai")["cost"] == {"value": 0.0, "estimated": False}
    assert reply_of(*events).metrics(row(PRICE), "elsewhere")["cost"] is None


def test_what_the_provider_says_it_cost_stands_for_the_sum() -> None:
    m = reply_of(AnswerDelta("hi"), Usage(10, 5, cost=0.25), Done("stop")).metrics(row(PRICE), "zai")
    assert m["cost"] == {"value": 0.25, "estimated": False}


def test_speed_of_a_reply_that_came_at_once_is_unknown() -> None:
    assert reply_of(AnswerDelta("hi"), Usage(10, 5), Done("stop")).metrics()["tokens_per_second"] is None
