"""The official SDKs through the app's gateway to llama.cpp: `python clients.py WORK`. Nothing is scripted: the model is
the tiny GLM that `run` made, asked over both of llama.cpp's protocols by both of the gateway's.

Prints a line for each task, and ends with 1 where one was not as promised.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anthropic
import openai
from drive import CASES, KEY, NO_MODEL, Server
from relay import Relay

from tests.browser.conftest import start_app, stop_app

BACKENDS = ("llama.cpp, openai", "llama.cpp kwargs, anthropic")
MODEL = "tiny-glm"
Piece = tuple[str, str]
"""(thinking or text, the words)."""
SEVEN, ENDLESS, PARIS = "What is 7 times 6?", "Count without end.", "What is the weather in Paris?"


class OpenAi:
    name = "openai-python, chat"
    error = openai.BadRequestError

    def __init__(self, url: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)

    def stream(self, messages: list[Any], think: bool = True) -> Iterator[Piece]:
        switch = {"thinking": {"type": "enabled" if think else "disabled"}}
        with self._client.chat.completions.create(
            model=MODEL, messages=messages, stream=True, extra_body=switch
        ) as chunks:
            for chunk in chunks:
                for choice in chunk.choices:
                    yield "thinking", getattr(choice.delta, "reasoning_content", None) or ""
                    yield "text", choice.delta.content or ""

    def call(self) -> tuple[str, str]:
        reply = self._client.chat.completions.create(model=MODEL, messages=said(PARIS))
        called = (reply.choices[0].message.tool_calls or [None])[0]
        return (called.function.name, called.function.arguments) if called else ("", "")  # type: ignore[union-attr]

    def whole(self) -> tuple[str, int]:
        reply = self._client.chat.completions.create(model=MODEL, messages=said(SEVEN))
        return reply.choices[0].message.content or "", reply.usage.completion_tokens if reply.usage else 0


class Anthropic:
    name = "anthropic-sdk-python"
    error = anthropic.BadRequestError

    def __init__(self, url: str) -> None:
        self._client = anthropic.Anthropic(base_url=f"{url}/anthropic", api_key="none", max_retries=0)

    def stream(self, messages: list[Any], think: bool = True) -> Iterator[Piece]:
        switch: Any = {"type": "enabled", "budget_tokens": 1024} if think else {"type": "disabled"}
        with self._client.messages.stream(
            model=MODEL, max_tokens=4000, messages=messages, thinking=switch
        ) as events:
            for event in events:
                if event.type == "thinking":
                    yield "thinking", event.thinking
                elif event.type == "text":
                    yield "text", event.text

    def call(self) -> tuple[str, str]:
        reply = self._client.messages.create(model=MODEL, max_tokens=4000, messages=said(PARIS))
        for block in reply.content:
            if block.type == "tool_use":
                return block.name, str(block.input).replace("'", '"')
        return "", ""

    def whole(self) -> tuple[str, int]:
        reply = self._client.messages.create(model=MODEL, max_tokens=4000, messages=said(SEVEN))
        texts = [block.text for block in reply.content if block.type == "text"]
        return "".join(texts), reply.usage.output_tokens


Client = OpenAi | Anthropic


def said(*texts: str) -> list[Any]:
    return [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]


def joined(pieces: Iterator[Piece]) -> dict[str, str]:
    found = {"thinking": "", "text": ""}
    for kind, words in pieces:
        found[kind] += words
    return found


def streamed(client: Client, _: Relay) -> bool:
    got = joined(client.stream(said(SEVEN)))
    return got["text"].strip() == "It is **42**." and got["thinking"].startswith("Seven sixes.")


def whole(client: Client, _: Relay) -> bool:
    text, tokens = client.whole()
    return text.strip() == "It is **42**." and tokens > 0


def second_turn(client: Client, _: Relay) -> bool:
    return "21" in joined(client.stream(said(SEVEN, "It is **42**.", "And half of it?")))["text"]


def thinking_off(client: Client, _: Relay) -> bool:
    return joined(client.stream(said(SEVEN), think=False)) == {"thinking": "", "text": "It is **42**."}


def chinese(client: Client, _: Relay) -> bool:
    got = joined(client.stream(said("你好，你是谁？")))
    return got["text"].strip() == "我是一个很小的 GLM 模型 👋🏽，会说中文。"


def tool_call(client: Client, _: Relay) -> bool:
    """The model writes a call as text, as it was taught: it comes as a call."""
    name, arguments = client.call()
    return name == "get_weather" and "".join(arguments.split()) == '{"city":"Paris"}'


def stop(client: Client, relay: Relay) -> bool:
    """The server is left within a tenth of a second after the client."""
    text = ""
    with closing(client.stream(said(ENDLESS))) as pieces:  # type: ignore[type-var]
        for kind, words in pieces:
            text += words if kind == "text" else ""
            if "two three" in text:
                break
    left = time.time()
    call = relay.calls[-1]
    while not call.hung_up and time.time() < left + 10:
        time.sleep(0.01)
    return call.hung_up == "client" and call.ended - left < 0.1


def too_long(client: Client, _: Relay) -> bool:
    try:
        joined(client.stream(said("word " * 20_000)))
    except client.error as error:
        return "context length" in str(error) or "prompt is too long" in str(error)
    return False


TASKS: tuple[Callable[[Client, Relay], bool], ...] = (
    streamed,
    whole,
    second_turn,
    thinking_off,
    chinese,
    tool_call,
    stop,
    too_long,
)


def main(work: Path) -> int:
    failed = 0
    for case in (case for case in CASES if case.name in BACKENDS):
        server = Server(case, work)
        relay = Relay(server.ports[-1])
        app = start_app(
            GLM_UI_CUSTOM_BASE_URL=f"http://127.0.0.1:{relay.here}{case.base}",
            GLM_UI_CUSTOM_MODELS=f"{MODEL},{NO_MODEL}",
            GLM_UI_CUSTOM_DIALECT=case.dialect,
            GLM_UI_CUSTOM_THINKING=case.thinking,
            GLM_UI_PROVIDER="custom",
            GLM_UI_CUSTOM_API_KEY=KEY,
        )
        try:
            for kind in (OpenAi, Anthropic):
                client: Client = kind(app.url.rstrip("/"))
                for task in TASKS:
                    right = task(client, relay)
                    failed += not right
                    words = "as promised" if right else "NOT as promised"
                    print(f"{kind.name} -> {case.name}: {task.__name__}: {words}", flush=True)
        finally:
            stop_app(app)
            for number in range(len(server.processes)):
                server.end(number)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
