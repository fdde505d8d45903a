"""Every `GLM_UI_CUSTOM_THINKING` against every server: `python styles.py WORK`. Prints a table as Markdown.

One question with thinking on and off, through the whole backend, without a page.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import get_args

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from drive import KEY, LITELLM, LLAMA, SERVE, Case, Server  # noqa: E402

from glm_ui.backend import stream_chat  # noqa: E402
from glm_ui.errors import GlmUiError  # noqa: E402
from glm_ui.events import AnswerDelta, ThinkingDelta  # noqa: E402
from glm_ui.messages import ChatRequest, Message  # noqa: E402
from glm_ui.net import clients  # noqa: E402
from glm_ui.settings import Settings  # noqa: E402

STYLES = get_args(Settings.model_fields["glm_ui_custom_thinking"].annotation)
HEALTHY = ("/health", "/health/liveliness")
WAYS = [
    ((LLAMA,), "openai", "tiny-glm", "llama.cpp"),
    ((LLAMA,), "anthropic", "tiny-glm", "llama.cpp"),
    ((LLAMA, LITELLM), "openai", "tiny-glm", "LiteLLM, hosted_vllm"),
    ((LLAMA, LITELLM), "openai", "tiny-glm-openai", "LiteLLM, openai"),
    ((LLAMA, LITELLM), "anthropic", "tiny-glm", "LiteLLM, hosted_vllm"),
    ((LLAMA, LITELLM), "anthropic", "tiny-glm-openai", "LiteLLM, openai"),
    ((SERVE,), "openai", "{work}/model/hf", "transformers serve"),
]


async def told(settings: Settings, model: str, thinking: bool) -> str:
    request = ChatRequest(model, (Message.user("What is 7 times 6?"),), provider="custom", thinking=thinking)
    thought = answer = ""
    try:
        async for event in stream_chat(request, settings=settings):
            if isinstance(event, ThinkingDelta):
                thought += event.text
            elif isinstance(event, AnswerDelta):
                answer += event.text
    except GlmUiError as error:
        return f"{error.status or ''} {error.slug}".strip()
    if answer.strip() != "It is **42**.":
        return f"answers {answer[:40]!r}"
    return "thinks" if thought.strip() else "does not think"


async def main(work: Path) -> None:
    print(f"| server | dialect | {' | '.join(STYLES)} |\n|{'---|' * (len(STYLES) + 2)}")
    for commands, dialect, name, label in WAYS:
        model = name.format(work=work)
        server = Server(
            Case(f"styles {label}", commands, HEALTHY[: len(commands)], dialect, "", model, ""), work
        )
        cells = []
        for style in STYLES:
            settings = Settings(
                _env_file=None,
                glm_ui_custom_base_url=f"http://127.0.0.1:{server.ports[-1]}{'/v1' if dialect == 'openai' else ''}",
                glm_ui_custom_dialect=dialect,
                glm_ui_custom_models=(model,),
                glm_ui_custom_thinking=style,
                glm_ui_custom_api_key=KEY,
            )
            cells.append(
                "; ".join([f"{on}: {await told(settings, model, on == 'on')}" for on in ("on", "off")])
            )
        for number in range(len(commands)):
            server.end(number)
        print(f"| {label} | {dialect} | {' | '.join(cells)} |", flush=True)
    await clients.aclose()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve()))
