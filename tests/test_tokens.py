"""Estimates of tokens against what providers reported in the recordings.

`python -m pytest tests/test_tokens.py -k recordings -s` prints the figures.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as Picture

from glm_ui.accounting.cost import ANSWER_FRAME
from glm_ui.accounting.tokens import SLICE, TokenCounter, estimate, estimate_request, seen_size, visual_tokens
from glm_ui.catalogue import resolve
from glm_ui.messages import ChatRequest, Image, Message, Text, Thinking

RECORDINGS = Path(__file__).parent / "recordings"


class Recorded(NamedTuple):
    name: str
    thinking: str
    answer: str
    usage: dict[str, Any]


def recorded() -> Iterator[Recorded]:
    """Replies in the OpenAI dialect with text and usage, read without the product's own decoder."""
    for path in sorted(RECORDINGS.glob("*.response.*")) + sorted(RECORDINGS.glob("zai.glm4*.sse")):
        whole = path.suffix == ".json"
        lines = [path.read_text()] if whole else path.read_text().splitlines()
        frames = [
            json.loads(text) for line in lines if (text := line.removeprefix("data:").strip())[:1] == "{"
        ]
        thinking = answer = ""
        usage: dict[str, Any] = {}
        for frame in frames:
            usage = frame.get("usage") or usage
            for choice in frame.get("choices") or []:
                delta = choice.get("delta") or choice.get("message")
                thinking += delta.get("reasoning_content") or delta.get("reasoning") or ""
                answer += delta.get("content") or ""
        if usage.get("completion_tokens") and (thinking or answer):
            yield Recorded(path.name, thinking, answer, usage)


def glm() -> list[Recorded]:
    """Those of GLM models; other families have other vocabularies."""
    return [r for r in recorded() if r.name.startswith(("zai.", "vllm_style."))]


def test_thinking_in_the_recordings_is_estimated_within_7_percent() -> None:
    """2026-11: sum 880 against 896 reported (-1.8 %), worst single -5.6 % (102 for 108)."""
    ours = theirs = 0
    for reply in glm():
        reported = (reply.usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
        if not reported:
            continue
        ours += (count := estimate(reply.thinking))
        theirs += reported
        print(f"{reply.name:50} thinking {count:4} reported {reported:4}")  # noqa: T201
        assert abs(count - reported) / reported < 0.07, reply.name
    print(f"{'sum':50} thinking {ours:4} reported {theirs:4}")  # noqa: T201
    assert theirs > 800
    assert abs(ours - theirs) / theirs < 0.025


def test_output_in_the_recordings_is_estimated_within_6_percent_or_5_tokens() -> None:
    for reply in glm():
        reported = reply.usage["completion_tokens"]
        count = estimate(reply.thinking) + estimate(reply.answer) + ANSWER_FRAME
        print(f"{reply.name:50} output {count:4} reported {reported:4}")  # noqa: T201
        assert abs(count - reported) <= max(5, 0.06 * reported), reply.name


@pytest.mark.parametrize(
    ("name", "tokens"), [("zai.thinking_stream", 13), ("zai.preserved_thinking_round_trip.1", 17)]
)
def test_input_in_the_recordings_is_estimated_within_2_tokens(name: str, tokens: int) -> None:
    body = json.loads((RECORDINGS / f"{name}.request.json").read_text())["body"]
    request = ChatRequest("glm-4.7", (Message.user(body["messages"][0]["content"]),))
    assert abs(estimate_request(request) - tokens) <= 2


PROSE = st.text(st.sampled_from("abcXYZ  \n.,*(){}0123456789é中文字の한я😀\t\r"), max_size=80)


WIDE = st.one_of(PROSE, st.text(max_size=40), st.text("яXaß中é1_한Ωİ", max_size=12))


@given(WIDE, st.lists(st.integers(0, 80)))
@example("яX", [1])
def test_every_cut_gives_the_same_count(text: str, cuts: list[int]) -> None:
    counter = TokenCounter()
    last = 0
    for cut in [*sorted(cuts), len(text)]:
        counter.add(text[last:cut])
        last = max(last, cut)
    assert counter.tokens == estimate(text)


@given(WIDE, st.lists(st.tuples(st.integers(1, 80), st.booleans())))
@example("Ab\r.\n", [(1, True), (1, False), (1, True)])
@example("\ud800😀\U0002f800\U000e0001\U0010ffff", [])
def test_counting_by_arrays_gives_what_counting_run_by_run_does(
    text: str, pieces: list[tuple[int, bool]]
) -> None:
    by_runs, mixed = TokenCounter(), TokenCounter()
    by_runs._add_runs(text)
    at = 0
    for length, in_bulk in [*pieces, (len(text), True)]:
        if piece := text[at : at + length]:
            (mixed._add_bulk if in_bulk else mixed._add_runs)(piece)
        at += length
    assert mixed.tokens == by_runs.tokens
    mixed.add("a1 .\n")
    by_runs.add("a1 .\n")
    assert mixed.tokens == by_runs.tokens


def test_a_long_text_has_the_same_count_at_every_cut() -> None:
    text = "Ab 猫, 12 \n" * (2 * SLICE // 10)
    counter = TokenCounter()
    for start in range(0, len(text), 777):
        counter.add(text[start : start + 777])
    assert counter.tokens == estimate(text)


def test_thinking_counts_where_the_provider_is_sent_it() -> None:
    said = Message("assistant", (Thinking("Let me think. " * 1000), Text("Yes.")))
    request = ChatRequest("glm-4.6", (Message.user("Is it?"), said, Message.user("Sure?")))
    ready = {"zai": "glm-4.6", "huggingface": "glm-4.6"}
    routes = {p: resolve(name, p, ready=frozenset(ready), custom=None).route for p, name in ready.items()}
    without = estimate_request(
        ChatRequest("glm-4.6", (Message.user("Is it?"), Message.assistant("Yes."), Message.user("Sure?")))
    )
    assert estimate_request(request, routes["huggingface"]) == without
    assert estimate_request(request, routes["zai"]) > without + 3000


@given(st.text())
def test_any_text_has_a_finite_count(text: str) -> None:
    assert 0 <= estimate(text) <= 4 * len(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("The quick brown fox jumps over the lazy dog.", 9, 11),
        ("def add(a: int, b: int) -> int:\n    return a + b\n", 18, 26),
        ("天空为什么是蓝色的？请用中文回答。", 9, 15),
        ("1234567890", 4, 4),
        ("camelCaseName", 3, 3),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", 14, 26),
    ],
)
def test_kinds_of_text_come_out_at_a_likely_count(text: str, low: int, high: int) -> None:
    assert low <= estimate(text) <= high


# (width, height, tokens) by `smart_resize` of transformers 5.23, with GLM-4.5V's preprocessor_config.json.
LOOKED_AT = (
    (1, 1, 9), (16, 16, 9), (28, 28, 9), (29, 28, 9), (100, 100, 16), (640, 480, 391), (800, 600, 609),
    (1024, 768, 999), (1280, 720, 1196), (1344, 756, 1296), (1920, 1080, 2691), (1080, 1920, 2691),
    (1680, 1188, 2520), (2480, 3508, 6045), (2560, 1440, 4641), (3024, 4032, 6030), (4032, 3024, 6030),
    (3840, 2160, 6032), (6000, 4000, 6144), (8660, 5773, 6048), (4000, 20, 200), (5600, 28, 200), (20000, 400, 6094),
    (300, 7000, 2750), (12186, 8124, 6048),
)  # fmt: skip


@pytest.mark.parametrize(("width", "height", "tokens"), LOOKED_AT)
def test_a_picture_has_the_tokens_that_glms_processor_makes_of_it(
    width: int, height: int, tokens: int
) -> None:
    assert visual_tokens(width, height) == tokens
    assert seen_size(*seen_size(width, height)) == seen_size(width, height)


def test_an_empty_picture_has_no_tokens() -> None:
    assert visual_tokens(0, 100) == visual_tokens(-5, 9) == 0


def test_pictures_count_in_a_request_and_what_is_no_picture_counts_nothing() -> None:
    out = io.BytesIO()
    Picture.new("RGB", (280, 280)).save(out, "PNG")
    ask = (Text("What is this?"),)
    without = estimate_request(ChatRequest("m", (Message("user", ask),)))
    with_picture = ChatRequest("m", (Message("user", (*ask, Image(out.getvalue(), "image/png"))),))
    broken = ChatRequest(
        "m", (Message("user", (*ask, Image(b"nope", "image/png"), Image(url="https://a/b"))),)
    )
    assert estimate_request(with_picture) == without + 100
    assert estimate_request(broken) == without
