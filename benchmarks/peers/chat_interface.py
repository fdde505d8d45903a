"""gr.ChatInterface with the openai SDK: thinking in Gradio's own fold, one yield a chunk, as its guides show it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
from gradio import ChatMessage
from openai import AsyncOpenAI

from benchmarks.text import turns

client = AsyncOpenAI(base_url=os.environ["BENCH_UPSTREAM"] + "/v1", api_key="none", max_retries=0)


async def answer(message: str, history: list[Any]) -> AsyncIterator[list[ChatMessage]]:
    thinking, text = "", ""
    stream = await client.chat.completions.create(
        model="glm-4.7", messages=[{"role": "user", "content": message}], stream=True
    )
    async for chunk in stream:
        delta = chunk.choices[0].delta
        thinking += getattr(delta, "reasoning_content", None) or ""
        text += delta.content or ""
        status = "done" if text else "pending"
        thought = ChatMessage(
            role="assistant", content=thinking, metadata={"title": "Thinking", "status": status}
        )
        yield [thought, ChatMessage(role="assistant", content=text)] if text else [thought]


def history(count: int) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    for turn in turns(count, 2000):
        said.append({"role": "user", "content": turn["question"]})
        said.append(
            {
                "role": "assistant",
                "content": turn["thinking"],
                "metadata": {"title": "Thinking", "status": "done"},
            }
        )
        said.append({"role": "assistant", "content": turn["answer"]})
    return said


if __name__ == "__main__":
    chatbot = gr.Chatbot(value=history(int(os.environ["BENCH_HISTORY"])), height=600)
    page = gr.ChatInterface(
        answer, chatbot=chatbot, concurrency_limit=None, api_name="chat", analytics_enabled=False
    )
    page.launch(server_port=int(os.environ["BENCH_PORT"]), quiet=True, max_threads=300)
