"""Languages: each sentence has its translation, with the same placeholders; requests are answered in theirs."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest

from glm_ui.accounting import quota
from glm_ui.catalogue import load
from glm_ui.demo import EXAMPLES, image_stats
from glm_ui.errors import GlmUiError, Overloaded, codes
from glm_ui.languages import current, languages, negotiated, say, sentences, speaking, translated
from glm_ui.media import plan, prepare_file
from glm_ui.media.formats import kinds as kinds_of_files
from glm_ui.media.formats import unsupported
from glm_ui.net import faults
from glm_ui.protocol import attachments, sampling
from glm_ui.providers.doctor import probe
from glm_ui.tools import results
from glm_ui.tools.calculator import CALCULATOR
from glm_ui.tools.clock import CLOCK
from glm_ui.tools.demo_search import DEMO_SEARCH
from glm_ui.tools.files import READ_FILE
from glm_ui.tools.python import PYTHON
from glm_ui.ui.gradio.labels import translate_labels
from glm_ui.ui.models import rows
from glm_ui.ui.words import composer, conversations, models, multimodal, page, reading, tools
from tests.serving import Served
from tests.sources import nodes

ROOT = Path(__file__).parents[1]
OTHERS = [key for key in languages() if key != "en"]
AS_THEY_ARE = {
    "GLM UI",
    "Markdown",
    "Top-p",
    "Id",
    "1M",
    "Z.ai",
    "OpenRouter",
    "BigModel",
    "Hugging Face",
}
"""Texts of the tables that need no translation: names and signs."""
NOT_OF_THE_PAGE = {"gateway", "spaces", "cli.py", "inspection", "settings"}
"""Rooms whose errors go to a program or to a terminal."""
NO_WORDS = {"action", "file", "picture", "pages", "send_as"}
"""Fields of the tables that a program reads."""


def leaves(words: Any) -> Iterator[str]:
    if isinstance(words, str):
        yield words
    elif isinstance(words, dict):
        for name, value in words.items():
            if not (name in NO_WORDS and isinstance(value, str | None)) and name != "choices":
                yield from leaves(value)
        if isinstance(words.get("choices"), dict) and "input" in words["choices"]:
            yield from leaves(words["choices"])
    elif isinstance(words, list | tuple):
        for value in words:
            yield from leaves(value)


def of_the_catalogue() -> set[str]:
    """What the Models tab tells in sentences: about models, aliases, sources, and points that sources disagree on."""
    found = {note for model in load().models.values() for note in model.notes}
    found |= {alias.description for alias in load().aliases} | {s.title for s in load().sources.values()}
    return found | {text for each in load().conflicts for text in (each.point, each.verdict)}


@cache
def constants() -> frozenset[str]:
    """Every literal text of the program."""
    found: set[str] = set()
    for path in (ROOT / "glm_ui").rglob("*.py"):
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    put_together = {CALCULATOR.description, *leaves(models.MODELS)}  # "Takes images"
    return (
        frozenset(found)
        | put_together
        | of_the_catalogue()
        | {provider.name for provider in load().providers.values()}
    )


@cache
def uses(path: Path) -> bool:
    """Whether this module's `say` is ours."""
    return "from glm_ui.languages import" in path.read_text("utf-8")


def said() -> Iterator[str]:
    """The sentence of each `say("...")` and `Step.said(kind, "...")`."""
    for path in (ROOT / "glm_ui").rglob("*.py"):
        for node in nodes(path):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "say"
                and node.args
                and uses(path)
            ):
                first = node.args[0]
                assert not isinstance(first, ast.JoinedStr), f"{path}:{node.lineno}: say() takes no f-string"
                if isinstance(first, ast.Constant):
                    yield str(first.value)


def test_what_an_error_says_is_a_sentence_that_a_table_can_have() -> None:
    """An f-string is put together before it is looked up, so that no language has it."""
    assert [
        f"{path.relative_to(ROOT)}:{node.value.lineno}"
        for path in (ROOT / "glm_ui").rglob("*.py")
        for node in nodes(path)
        if isinstance(node, ast.keyword)
        and node.arg in ("what", "why", "todo")
        and isinstance(node.value, ast.JoinedStr)
    ] == []


READ_BY_MODELS = {"tools", "protocol/continuing.py", "protocol/tools.py", "backend/tool_runs.py"}
"""Rooms and files whose sentences go to a model, which reads English: what a tool is, and what came of a call."""
NOT_READ = {
    "ui/gradio/events.py",  # to who changes the code
    "ui/models/clients.py",  # a question of a program
    "providers/list_check.py",  # to a terminal, rows of a file among it
    "catalogue",
    "telemetry",
    "languages",
    "start.py",
}

ASKED_OF_MODELS = {
    *(prompt for _, prompt in EXAMPLES[4:]),  # the demo's own, in tests and documents
    *(probe.COUNT, probe.RIDDLE, probe.TOOL_TASK, probe.COLOUR, "Looks a key up."),
    *(results.NO_SUCH_TOOL, results.GONE),
}
SENTENCE = re.compile(r"[A-Z“{*].* .*[.:?]", re.S)


def room_of(path: Path) -> set[str]:
    """The room and the file, as the tables above name them."""
    inside = path.relative_to(ROOT / "glm_ui")
    return {inside.parts[0], inside.as_posix()}


def is_bug(node: ast.AST) -> bool:
    """`ValueError("...")` and the like: no person reads it."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("ValueError", "OSError")


def sentences_of(path: Path) -> Iterator[str]:
    """The literals of a module that read as a sentence, but docstrings, pieces of f-strings and what a log tells."""
    tree = list(nodes(path))
    inner = (ast.walk(node) for node in tree if isinstance(node, ast.JoinedStr) or is_bug(node))
    apart = {id(part) for parts in inner for part in parts}
    apart |= {id(node.value) for node in tree if isinstance(node, ast.Expr)}
    for node in tree:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            yield from [node.value] if SENTENCE.fullmatch(node.value) else []


def literal_sentences() -> Iterator[str]:
    """Every sentence that a module of a room for people holds."""
    for path in (ROOT / "glm_ui").rglob("*.py"):
        if not room_of(path) & (NOT_OF_THE_PAGE | READ_BY_MODELS | NOT_READ):
            yield from sentences_of(path)


def kinds(top: type[GlmUiError] = GlmUiError) -> set[type[GlmUiError]]:
    """Every class of error."""
    return {top}.union(*(kinds(kind) for kind in top.__subclasses__()))


def told_by_errors() -> Iterator[str]:
    """What, why and todo of each error that is made with literal sentences."""
    names = {kind.__name__ for kind in kinds()}
    for path in (ROOT / "glm_ui").rglob("*.py"):
        if path.relative_to(ROOT / "glm_ui").parts[0] in NOT_OF_THE_PAGE:
            continue
        for node in nodes(path):
            if not isinstance(node, ast.Call):
                continue
            made = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if getattr(made, "id", "") not in names:
                continue
            sentences = [*node.args, *(k.value for k in node.keywords if k.arg in ("what", "why", "todo"))]
            for each in sentences:
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and " " in each.value:
                    yield each.value


def to_translate() -> set[str]:
    found: set[str] = set(said()) | set(told_by_errors()) | set(literal_sentences())
    for table in (
        faults._LATE,
        quota._WHOSE,
        sampling.LABELS,
        attachments.PLURALS,
        plan._AS_ELSE,
        plan._LESS,
    ):
        found |= set(table.values())
    found |= {
        *prepare_file._COUNTED.values(),
        *image_stats.COLOURS,
        "1 page",
        "picture",
        "{number} of {count}",
    }
    found |= {row.label for row in (*kinds_of_files.FORMATS.values(), *kinds_of_files.CODE.values())}
    found |= {label for *_, label, _ in unsupported.BY_CONTENT} | {
        label for label, _ in unsupported.BY_NAME.values()
    }
    found |= {label for label, _ in unsupported.OPEN_DOCUMENT.values()}
    found |= {why for _, _, why in (*faults._CONNECTING, *faults._FAULTS)}
    for table in (page, conversations, models, multimodal, tools, reading, composer):
        for name, words in vars(table).items():
            if name.isupper():
                found |= set(leaves(words))
    for kind in kinds():
        found |= set(kind.says)
    found |= set(rows.GROUPS.values()) | {provider.name for provider in load().providers.values()}
    built_in = (CALCULATOR, CLOCK, PYTHON, READ_FILE, DEMO_SEARCH)
    found |= {text for tool in built_in for text in (tool.shown, tool.description)}
    found |= {why for _, why in codes.CODES.values()} | of_the_catalogue()
    wordless = {text for text in found if not any(map(str.isalpha, text)) or "://" in text}
    return found - wordless - AS_THEY_ARE - ASKED_OF_MODELS


@pytest.mark.parametrize("language", OTHERS)
def test_each_sentence_has_its_translation(language: str) -> None:
    assert sorted(to_translate() - set(sentences(language))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language: str) -> None:
    assert sorted(set(sentences(language)) - constants()) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_placeholders_of_its_sentence(language: str) -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)

    wrong = {
        english: other
        for english, other in sentences(language).items()
        if placeholders(english) != placeholders(other) or not other.strip()
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-TW;q=0.4, en;q=0.5", "en"),
        ("fr-FR,fr;q=0.9,zh;q=0.5", "zh"),
        ("fr", "en"),
        ("ZH", "zh"),
        ("zh;q=0,en;q=0", "en"),
        ("zh;q=many", "en"),
        (",;,;q=,zh", "zh"),
        ("x" * 100_000 + ",zh", "en"),
    ],
)
def test_the_language_that_a_header_likes_best(header: str, language: str) -> None:
    assert negotiated(header) == language


def test_a_language_holds_in_its_context_alone() -> None:
    assert say("Stop") == "Stop"
    with speaking("zh"):
        assert current() == "zh"
        assert say("Stop") == "停止"
        assert say("{n} days", n=3) == "3 天"
        assert translated({"a": ["Stop", 1, ("Send",)]}) == {"a": ["停止", 1, ("发送",)]}
        with speaking("tlh"):
            assert say("Stop") == "Stop"
        assert say("A sentence that no table has.") == "A sentence that no table has."
    assert current() == "en"


def test_an_error_is_made_in_the_language_of_its_context() -> None:
    with speaking("zh"):
        assert str(Overloaded.of("Z.ai")) == "Z.ai 目前负载过高。请稍后重试，或换一个模型。"
        refused = codes.classify(
            status=429, code="1302", kind="", message="", provider="Z.ai", retry_after=30
        )
        assert (refused.why, refused.todo) == (
            "此密钥的并发请求过多。",
            "请在 30 秒后再试，或换一个服务商。",
        )


def test_gradio_gets_the_labels_that_a_language_has() -> None:
    """Where Gradio changes how a label is marked, look at gradio/i18n.py and mend ui/gradio/labels.py."""
    box = gr.Textbox(label="Temperature", info="The longest reply, thinking included. 1–98,304")
    plain = gr.Textbox(label="No table has this")
    button = gr.Button("Use this server")
    i18n = translate_labels([box, plain, button])
    assert i18n.translations_dict["zh-CN"] == {
        "Temperature": "温度",
        "The longest reply, thinking included.": "回复的最大长度，包含思考。",
        "Use this server": "使用此服务器",
    }
    mark = '__i18n__{"__type__": "translation_metadata", "key": "%s"}'
    assert box.label == mark % "Temperature"
    assert box.info == mark % "The longest reply, thinking included." + " 1–98,304"
    assert button.value == mark % "Use this server"
    assert plain.label == "No table has this"


def test_programs_read_english_whatever_language_they_like(served: Served) -> None:
    """They know errors by their words: Claude Code shortens a conversation when it reads "prompt is too long"."""
    asked = {"model": "no-such-model", "messages": []}
    for path in ("/v1/chat/completions", "/anthropic/v1/messages"):
        told = httpx.post(served.url + path, json=asked, headers={"accept-language": "zh-CN"}, timeout=30)
        assert told.status_code in (400, 404)
        assert not re.search(r"[\u4e00-\u9fff]", told.text)


def test_a_request_is_answered_in_its_language(served: Served) -> None:
    with httpx.Client(base_url=served.url, headers={"accept-language": "zh-CN"}, timeout=30) as client:
        words = client.get("/glm_ui/words").json()
        assert words["words"]["welcome"] == "向 GLM 模型提问"
        assert words["multimodal"]["words"]["camera"] == "相机"
        english = client.get("/glm_ui/words", headers={"accept-language": "en"}).json()
        assert english["words"]["welcome"] == "Ask a GLM model"
        packed = client.get("/", headers={"accept-encoding": "br"})
        first = client.get("/", headers={"accept-encoding": "identity"})
        assert b'<script data-languages="en=en zh=zh-CN" data-language="auto">' in first.content
        assert int(first.headers["content-length"]) == len(first.content)
        assert (packed.headers["content-encoding"], packed.content) == ("br", first.content)
        assert int(packed.headers["content-length"]) < len(first.content) / 5
