"""What llama.cpp, `transformers serve` and LiteLLM sent the app, recorded by `scripts/real_servers`, is read true at
every cut. The model is tiny and ours, the servers are not."""

from __future__ import annotations

import pytest

from glm_ui.catalogue.rows import DialectName
from glm_ui.errors import StreamFailed
from glm_ui.events import Done, Usage
from tests.frames import RECORDINGS, holds_at_every_cut, see

FOLDER = RECORDINGS / "real_servers"
CHINESE = ("用户问我是谁。我应该简短地回答 🙂。", "我是一个很小的 GLM 模型 👋🏽，会说中文。")
SEVENS = ("Seven sixes. Six and six is twelve, and so on to forty-two.", "It is **42**.")

RECORDED: dict[str, tuple[tuple[str, str], Usage, Done]] = {
    "llama_cpp.openai": (CHINESE, Usage(15, 84, None, 4), Done("stop", "stop", "tiny-glm")),
    "llama_cpp_raw_tags.openai": (SEVENS, Usage(16, 36, None, 0), Done("stop", "stop", "tiny-glm")),
    "llama_cpp.anthropic": (CHINESE, Usage(15, 84, None, 4), Done("stop", "end_turn", "tiny-glm")),
    "transformers_serve.openai": (CHINESE, Usage(15, 84), Done("stop", "stop", "tiny-glm@main")),
    "litellm.openai": (CHINESE, Usage(15, 84, 20, 4), Done("stop", "stop", "tiny-glm")),
    "litellm.anthropic": (CHINESE, Usage(15, 84, None, 4), Done("stop", "end_turn", "tiny-glm")),
}


def dialect_of(name: str) -> DialectName:
    return "anthropic" if name.endswith("anthropic") else "openai"


@pytest.mark.parametrize("name", RECORDED)
def test_thinking_and_answer_stand_apart_at_every_cut(name: str) -> None:
    texts, usage, done = RECORDED[name]
    stream = (FOLDER / f"{name}.sse").read_bytes()
    seen = see([stream], dialect_of(name))
    assert (seen.thought.strip(), seen.answer.strip()) == texts
    assert (seen.usage, seen.done, seen.error) == (usage, done, None)
    holds_at_every_cut(stream, dialect_of(name), seen.facts())


def test_a_model_that_dies_behind_litellm_is_a_failed_stream_and_keeps_what_came() -> None:
    stream = (FOLDER / "litellm_model_died.anthropic.sse").read_bytes()
    seen = see([stream], "anthropic")
    assert seen.answer.startswith("one two three four five six")
    assert seen.done is None
    assert isinstance(seen.error, StreamFailed)
    holds_at_every_cut(stream, "anthropic", seen.facts())
