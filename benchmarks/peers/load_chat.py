"""gr.load_chat, the one-liner. It shows no thinking."""

from __future__ import annotations

import os

import gradio as gr

from benchmarks.text import turns

if __name__ == "__main__":
    said = [
        {"role": role, "content": turn[part]}
        for turn in turns(int(os.environ["BENCH_HISTORY"]), 2000)
        for role, part in (("user", "question"), ("assistant", "answer"))
    ]
    page = gr.load_chat(
        os.environ["BENCH_UPSTREAM"] + "/v1",
        model="glm-4.7",
        token="none",  # noqa: S106
        chatbot=gr.Chatbot(value=said, height=600),
        api_name="chat",
        analytics_enabled=False,
    )
    page.launch(server_port=int(os.environ["BENCH_PORT"]), quiet=True, max_threads=300)
