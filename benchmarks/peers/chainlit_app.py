"""Chainlit with the openai SDK: thinking in a step of its own, one `stream_token` a chunk, as its guides show it."""

from __future__ import annotations

import os

import chainlit as cl
from openai import AsyncOpenAI

client = AsyncOpenAI(base_url=f"{os.environ['BENCH_UPSTREAM']}/v1", api_key="a-key-for-the-benchmarks")


@cl.on_message
async def answer(_: cl.Message) -> None:
    messages = cl.chat_context.to_openai()
    stream = await client.chat.completions.create(model="glm-4.7", messages=messages, stream=True)
    said = cl.Message(content="")
    async with cl.Step(name="Thinking", default_open=True) as thinking:
        async for chunk in stream:
            delta = chunk.choices[0].delta if chunk.choices else None
            if thought := getattr(delta, "reasoning_content", None):
                await thinking.stream_token(thought)
            if delta and delta.content:
                await said.stream_token(delta.content)
                break
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            await said.stream_token(chunk.choices[0].delta.content)
    await said.send()
