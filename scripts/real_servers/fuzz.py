"""Gibberish from a real server through the decoder: `python fuzz.py WORK [REPLIES]`.

At a temperature at which the tiny model says anything, its own tags, half characters and broken tool calls among it,
llama.cpp streams replies in both dialects, with thinking apart and with raw tags. Each must come to one proper end, and
its bytes must give the same reply in one piece, as they came, and one by one. Nothing is drawn here.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from drive import LLAMA, Case, Server  # noqa: E402

from glm_ui.backend import Tap, stream_chat  # noqa: E402
from glm_ui.errors import GlmUiError  # noqa: E402
from glm_ui.messages import ChatRequest, Message, Sampling  # noqa: E402
from glm_ui.net import clients  # noqa: E402
from glm_ui.settings import Settings  # noqa: E402
from tests.frames import see  # noqa: E402

HOT = 1.5
WAYS = [
    ("openai", "/v1", "auto"),
    ("openai", "/v1", "none"),
    ("anthropic", "", "auto"),
    ("anthropic", "", "none"),
]
QUESTIONS = [
    "What is 7 times 6?",
    "Show me code.",
    "你好，你是谁？",
    "What is the weather in Paris?",
    "##@@ 🙂 乱码",
]


async def one(settings: Settings, number: int, seen: Counter[str]) -> list[str]:
    tap = Tap()
    question = Message.user(QUESTIONS[number % len(QUESTIONS)])
    sampling = Sampling(max_tokens=400)
    request = ChatRequest(
        "tiny-glm", (question,), provider="custom", thinking=number % 3 > 0, sampling=sampling
    )
    try:
        async for event in stream_chat(request, settings=settings, tap=tap):
            seen[type(event).__name__] += 1
    except GlmUiError as error:
        seen[f"ends as {error.slug}"] += 1
        if error.slug != "empty_answer":
            return [f"{number}: {error.slug}: {error.what} {error.why}"]
    raw, route = bytes(tap.raw), tap.route
    if route is None:
        return [f"{number}: never sent"]
    whole = see([raw], route.dialect, route).facts()
    seen["bytes"] += len(raw)
    cuts = {
        "byte by byte": [raw[i : i + 1] for i in range(len(raw))],
        "in sevens": [raw[i : i + 7] for i in range(0, len(raw), 7)],
    }
    return [
        f"{number}: {how} is another reply"
        for how, pieces in cuts.items()
        if str(see(pieces, route.dialect, route).facts()) != str(whole)
    ]


async def way(work: Path, dialect: str, base: str, reasoning: str, replies: int) -> list[str]:
    case = Case(
        f"fuzz {dialect} {reasoning}", (f"{LLAMA} {reasoning} {HOT}",), ("/health",), dialect, base, "", ""
    )
    server = Server(case, work)
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    settings = Settings(
        _env_file=None,
        glm_ui_custom_base_url=f"http://127.0.0.1:{server.ports[0]}{base}",
        glm_ui_custom_dialect=dialect,
        glm_ui_custom_models=("tiny-glm",),
        glm_ui_custom_thinking="chat_template_kwargs",
    )
    try:
        for number in range(replies):
            wrong += await one(settings, number, seen)
    finally:
        server.end()
    print(
        f"{dialect}, {reasoning}: {len(wrong)} wrong of {replies}; {dict(sorted(seen.items()))}", flush=True
    )
    return wrong


async def main(work: Path, replies: int) -> None:
    wrong: list[str] = []
    for dialect, base, reasoning in WAYS:
        wrong += await way(work, dialect, base, reasoning, replies)
    await clients.aclose()
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve(), int((sys.argv[2:] or ["50"])[0])))
