"""Chooses the offline demo's answer: an Ask in, the Script that answers it out.

The longer texts stand in `texts/`, thinking and answer apart by a line of `=====`, and the program for Python by
itself; `texts/zh/` has them in Chinese, and what a language lacks there is played in English. What is said about a
picture or a document is measured; nothing is made up, and every answer opens with OPENING, in the language of the
question.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from glm_ui.demo.media_answers import on_documents, on_media
from glm_ui.demo.request_reader import READ, Ask
from glm_ui.languages import ENGLISH, current, say, speaking

OPENING = "Demo with canned replies."
"""How every answer of the demo begins, in its language."""

EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "Think a puzzle through",
        "Three boxes hold apples, oranges, or both, and every label is wrong. I may take one fruit from one "
        "box. How do I find out what is in each?",
    ),
    ("Write code with tests", "Write a Python function that merges overlapping intervals, with tests."),
    (
        "A table and formulas",
        "Compare simple and compound interest on 1,000 at 5 % after 1, 5, 10 and 30 years, with a table and "
        "the formulas.",
    ),
    ("用中文回答", "天空为什么是蓝色的？日落时为什么又变红？"),
    ("A long answer", "Explain at length how a streamed answer travels from a model to this page."),
    ("An error", "Show me an error: no balance left."),
    ("A retry", "Show me what happens at a rate limit."),
    ("A cut stream", "Show me an answer that is cut off midway."),
    ("A tool call", "Call a tool: what is the weather in Hangzhou?"),
)
"""(title, prompt) for the page to offer. The first four suit any model, the others this demo alone."""


@dataclass(frozen=True, slots=True)
class Script:
    """`ending`: stop, tool, network_error (said by the last frame) or cut (nothing more comes). `refusal`:
    HTTP status, business code, message, Retry-After; then nothing is played."""

    thinking: str = ""
    answer: str = ""
    ending: str = "stop"
    tool: tuple[str, str] = ("", "")
    refusal: tuple[int, str, str, str] | None = None


# Choosing what to play

NO_BALANCE = Script(
    refusal=(
        429,
        "1113",
        "This is a played error of the offline demo: the account has no balance. Z.ai sends it as HTTP 429.",
        "",
    )
)
RATE_LIMIT = Script(
    refusal=(429, "1302", "This is a played error of the offline demo: too many requests at once.", "2")
)
WEATHER = ("get_weather", '{"city": "Hangzhou", "unit": "celsius"}')

# The first that matches is played; texts by the name of their file.
CHOICES: tuple[tuple[str, str | Script], ...] = (
    (r"rate.?limit|too many requests|限流", RATE_LIMIT),
    (r"(network|connection).{0,20}(error|fail|break|drop|lost)|网络(错误|中断)", "network_error"),
    (
        r"\b(show|simulate|play|demo|cause|trigger)\b.{0,30}\berror|no balance|余额不足|演示.{0,6}错误",
        NO_BALANCE,
    ),
    (r"\bcut (off|short)|\bcut.{0,10}\bstream|(stream|answer).{0,20}\bis cut|截断|中断", "cut"),
    (r"\btool|\bweather|工具|天气", "tool"),
    (r"天空|日落|中文|\b(in )?chinese\b", "chinese"),
    (r"\blong (answer|reply|text|one)|at length|in depth|长(回答|文)|详细", "long"),
    (r"\btable|\bformula|\binterest\b|\bcompare|表格|公式|对比", "table"),
    (r"\bpuzzle|\briddle|\bboxes hold|mislabel|谜题|推理|盒子", "puzzle"),
    (r"\bcode\b|\bpython\b|\bfunction\b|\bjavascript\b|\bprogram\b|代码|函数|编程", "code"),
)
_COMPILED = tuple((re.compile(pattern, re.I | re.S), choice) for pattern, choice in CHOICES)
TEXTS = Path(__file__).parent / "texts"
RECENT = 50
"""Earlier questions that are looked at."""
SEAM = "✂"
"""Where a text that breaks off does so; what follows is played on Continue."""

_ENDINGS = {"cut": "cut", "network_error": "network_error", "tool": "tool"}
GREETINGS = ("default_1", "default_2", "default_3")


def script_for(ask: Ask) -> Script:
    """What is played to this request; one that is to go on starts at its seam and ends well."""
    with speaking(language_of(ask.prompt[:READ])):
        script = _chosen(ask)
        if script.refusal:
            status, code, message, retry_after = script.refusal
            return replace(script, refusal=(status, code, say(message), retry_after))
        script = replace(script, answer=f"*{say(OPENING)}*\n\n{_again(ask)}{script.answer}")
        if not ask.unfinished:
            return replace(script, answer=script.answer.partition(SEAM)[0])
        return replace(script, answer=_rest(script.answer.replace(SEAM, ""), ask.unfinished), ending="stop")


def language_of(prompt: str) -> str:
    """The language to answer in: that of the question, as a model does; that of the page where no letter tells."""
    if _CHINESE.search(prompt):
        return "zh"
    return ENGLISH if current() == "zh" and _LETTERS.search(prompt) else current()


_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTERS = re.compile(r"[A-Za-z]")


def _chosen(ask: Ask) -> Script:
    if ask.tool_result:
        return _on_result(ask.tool_result[:READ])
    if ask.pictures or ask.other_media:
        return Script(*on_media(ask))
    if ask.beside:
        return Script(*on_documents(ask))
    if call := _call(ask):
        return call
    choice = _choice(ask.prompt)
    if isinstance(choice, Script):
        return choice
    if choice:
        return _text(choice)
    return _text(
        GREETINGS[(ask.turn - 1) % len(GREETINGS)],
        turn=ask.turn,
        words=sum(1 for _ in re.finditer(r"\S+", ask.prompt)),
        characters=len(ask.prompt),
    )


_SUM = re.compile(r"[\d(][\d\s.+\-*/^()]{0,60}[\d)]")
_OPERATOR = re.compile(r"[+*/^]|\s-\s")  # "GLM-4.6" and "2026-11-21" are no sums
_SHARE = re.compile(r"(\d[\d.]{0,20})\s{0,3}%\s{0,3}(?:of|乘以)\s{1,3}(\d[\d.,]{0,20})")
_TIME = re.compile(r"\b(time|date|today)\b|几点|时间|日期|今天", re.I)
_PYTHON = re.compile(r"\bpython\b|\bplot|\bchart|\bdraw|\bsimulat|画|图表|模拟", re.I)
_RESULT = re.compile(r"\A\[Data from the tool .*?\]\n(.*?)(?:\n\[[0-9a-f]{12}\].*)?\Z", re.S)
"""As `tools.results.for_model` writes it; what stands behind it tells of pictures."""


def _call(ask: Ask) -> Script | None:
    """A call of a tool that is offered and fits the question; the app runs it, and nothing of it is canned."""
    if "calculator" in ask.tools and (sum_ := _sum_in(ask.prompt[:READ])):
        arguments = ("calculator", json.dumps({"expression": sum_}))
        return Script(say("A calculation: the calculator does it exactly."), "", "tool", arguments)
    if "python" in ask.tools and _PYTHON.search(ask.prompt, 0, READ):
        code = json.dumps({"code": (TEXTS / "walk.txt").read_text("utf-8")})
        return Script(say("A few lines of Python draw it."), "", "tool", ("python", code))
    if "look_up" in ask.tools:
        return Script("", "", "tool", ("look_up", '{"key": "garden"}'))
    if "current_time" in ask.tools and _TIME.search(ask.prompt, 0, READ):
        return Script(
            say("I do not know the time by myself; the clock does."), "", "tool", ("current_time", "{}")
        )
    if search := next((name for name in ask.tools if name.endswith("search_docs")), ""):
        arguments = (search, json.dumps({"query": ask.prompt[:200]}, ensure_ascii=False))
        return Script(say("The documents may know. I look there first."), "", "tool", arguments)
    return None


def _sum_in(prompt: str) -> str:
    """The first arithmetic expression of a question, "" for none: "17.5 % of 4,312" is "17.5 / 100 * 4312"."""
    if share := _SHARE.search(prompt):
        return f"{share[1].rstrip('.')} / 100 * {share[2].replace(',', '').rstrip('.')}"
    sums = (found[0].strip() for found in _SUM.finditer(prompt))
    return next((each for each in sums if _OPERATOR.search(each)), "")


def _on_result(result: str) -> Script:
    text = found[1] if (found := _RESULT.match(result)) else result
    titles = re.findall(r"^\[(\d+)\] (.{1,200})$", text, re.M)[:3]
    if titles:
        said = "\n".join(f"- {title} [{number}]" for number, title in titles)
        return Script(
            say("These fit the question."), f"{say('The documents say more about this:')}\n\n{said}"
        )
    return _text("tool_result", result=text[:500])


def _choice(prompt: str) -> str | Script:
    return next((choice for pattern, choice in _COMPILED if pattern.search(prompt, 0, READ)), "")


def _again(ask: Ask) -> str:
    """Where a second question gets the same text, the answer says so."""
    choice = _choice(ask.prompt)
    if (
        ask.pictures
        or not isinstance(choice, str)
        or choice not in {_choice(past) or "-" for past in ask.earlier[-RECENT:]}
    ):
        return ""
    played = say(
        "You are at turn {turn}, and this text has played before: the demo has only one of its kind.",
        turn=ask.turn,
    )
    return f"{played}\n\n"


def _rest(answer: str, unfinished: str) -> str:
    """`answer` from where `unfinished` broke off; blanks at its end, and markers that were taken out of it,
    may be missing from `unfinished`."""
    for whole in (answer, _MARKERS.sub("", answer)):
        for start in (unfinished, unfinished.rstrip()):
            if whole.startswith(start):
                return whole[len(start) :]
    return "\n\n" + say("The demo cannot go on with a text that it did not play.")


_MARKERS = re.compile(r"<\|(?:begin|end)_of_box\|>")


@cache
def _file(name: str, language: str) -> tuple[str, str]:
    own = TEXTS / language / f"{name}.md"
    text = (own if own.is_file() else TEXTS / f"{name}.md").read_text("utf-8")
    thinking, _, answer = text.partition("\n=====\n")
    return thinking.strip(), answer.strip()


def _text(name: str, **values: object) -> Script:
    thinking, answer = _file(name, current())
    for key, value in values.items():
        thinking, answer = (part.replace(f"{{{key}}}", str(value)) for part in (thinking, answer))
    return Script(thinking, answer, _ENDINGS.get(name, "stop"), WEATHER if name == "tool" else ("", ""))
