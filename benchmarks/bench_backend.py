"""CPU to read a chunk: our streaming backend beside raw httpx and the SDKs, from the same upstream, events made.

python -m benchmarks.bench_backend [tokens] [rounds]
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from benchmarks import results
from benchmarks.upstream import upstream

if TYPE_CHECKING:
    from glm_ui.events import StreamEvent
    from glm_ui.messages import ChatRequest

BUDGET = 2.0
"""Times raw httpx that our own may take."""


def said(tokens: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"bench:sdk:{tokens}:0"}]


async def raw(url: str, tokens: int) -> int:
    import httpx

    seen = 0
    body = {"model": "glm-4.7", "messages": said(tokens), "stream": True}
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("POST", f"{url}/v1/chat/completions", json=body) as response,
    ):
        async for _ in response.aiter_bytes():
            seen += 1
    return seen


ROUNDS = 8


def ours(provider: str, *, rounds: int = 1) -> Callable[[str, int], Awaitable[int]]:
    """`rounds`: as many replies of a turn with tools come to `tokens`; each but the last calls the calculator."""

    async def read(url: str, tokens: int) -> int:
        from glm_ui.backend import stream_chat
        from glm_ui.messages import ChatRequest, Message, Text
        from glm_ui.net import clients
        from glm_ui.settings import load_settings

        os.environ["GLM_UI_ZAI_BASE_URL"] = f"{url}/api/paas/v4"
        os.environ["GLM_UI_ZAI_ANTHROPIC_BASE_URL"] = f"{url}/api/anthropic"
        os.environ["ZAI_API_KEY"] = "a-key-for-the-benchmarks"
        request = ChatRequest(
            model="glm-4.7",
            provider=provider,
            messages=(Message("user", (Text(said(tokens // rounds)[0]["content"]),)),),
        )
        settings = load_settings()

        def ask(asked: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
            return stream_chat(asked, settings=settings)

        seen = 0
        async for _ in with_tools(request, ask, rounds) if rounds > 1 else ask(request):
            seen += 1
        await clients.aclose()
        return seen

    return read


def with_tools(
    request: ChatRequest, ask: Callable[[ChatRequest], AsyncGenerator[StreamEvent, None]], rounds: int
) -> AsyncGenerator[StreamEvent, None]:
    """The events of a turn in which each reply but the last ends with a call."""
    from glm_ui.backend.rounds import Tools, stream_rounds
    from glm_ui.events import Done, ToolCallDelta
    from glm_ui.tools.calculator import CALCULATOR
    from glm_ui.tools.toolbox import Toolbox

    asked = 0

    async def calling(request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        nonlocal asked
        asked += 1
        async for event in ask(request):
            if type(event) is Done and asked < rounds:
                yield ToolCallDelta(0, "c1", CALCULATOR.name, '{"expression": "1 + 1"}')
                event = Done("tool_calls")
            yield event

    return stream_rounds(request, ask=calling, tools=Tools(Toolbox([CALCULATOR])))


async def openai_sdk(url: str, tokens: int) -> int:
    from openai import AsyncOpenAI

    seen = 0
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="none") as client:
        stream = await client.chat.completions.create(model="glm-4.7", messages=said(tokens), stream=True)  # type: ignore[arg-type,call-overload]
        async for _ in stream:
            seen += 1
    return seen


async def anthropic_sdk(url: str, tokens: int) -> int:
    from anthropic import AsyncAnthropic

    seen = 0
    async with AsyncAnthropic(base_url=url, api_key="none") as client:
        stream = await client.messages.create(
            model="glm-4.7",
            max_tokens=9999,
            messages=said(tokens),  # type: ignore[arg-type]
            stream=True,
        )
        async for _ in stream:
            seen += 1
    return seen


async def zai_sdk(url: str, tokens: int) -> int:
    from zai import ZaiClient

    client = ZaiClient(base_url=f"{url}/api/paas/v4", api_key="none." + "n" * 32, disable_token_cache=False)
    stream = client.chat.completions.create(model="glm-4.7", messages=said(tokens), stream=True)
    return sum(1 for _ in stream)


READERS: Mapping[str, Callable[[str, int], Awaitable[int]]] = {
    "raw httpx aiter_bytes": raw,
    "GLM UI, OpenAI dialect": ours("zai"),
    "GLM UI, Anthropic dialect": ours("zai-anthropic"),
    "GLM UI, a turn of 8 rounds with tools": ours("zai", rounds=ROUNDS),
    "anthropic SDK": anthropic_sdk,
    "openai SDK": openai_sdk,
    "zai-sdk": zai_sdk,
}


def cpu_of(read: Callable[[str, int], Awaitable[int]], url: str, tokens: int) -> float:
    async def timed() -> float:
        began = time.process_time()
        seen = await read(url, tokens)
        assert seen, read
        return time.process_time() - began

    return asyncio.run(timed())


def main(tokens: int = 1000, rounds: int = 41) -> bool:
    """Prints and keeps a line a reader; True when ours is within the budget. The cost of one chunk, in multiples of
    raw httpx read right before it, is the difference of a long reply and a short one, so that imports and connecting do
    not count. Many short rounds: a shared machine's speed changes twofold from one second to the next."""
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in READERS}
    with upstream() as up:
        for read in READERS.values():
            cpu_of(read, up.url, 100)
        for number in range(rounds):
            for name, read in READERS.items():
                pair = (raw, read) if number % 2 else (read, raw)
                long, short = ([cpu_of(each, up.url, count) for each in pair] for count in (tokens, 20))
                costs = [one - other for one, other in zip(long, short, strict=True)]
                plain, own = costs if number % 2 else costs[::-1]
                figures[name].append((own / tokens, own / plain))
    within = True
    for name, pairs in figures.items():
        micro, times = (statistics.median(values) for values in zip(*pairs, strict=True))
        within &= times <= BUDGET or not name.startswith("GLM UI")
        results.keep("backend", name, {"microseconds": 1e6 * micro, "times": times})
        print(f"{name:28} {1e6 * micro:6.1f} µs a chunk  {times:5.2f} times raw")
    return within


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
