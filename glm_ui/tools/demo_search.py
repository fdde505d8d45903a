"""A search for the offline demo: documents that lie in the app itself. Nobody is asked."""

from __future__ import annotations

from typing import Any, Final

from glm_ui.events import Source
from glm_ui.tools.tool import Outcome, Running, Tool

DOCUMENTS: Final = (
    (
        "https://docs.z.ai/guides/capabilities/thinking-mode",
        "Thinking mode",
        "Since GLM-4.5 a model may think between its tool calls. Its thinking goes back with the results, unchanged.",
        "thinking think reason reasoning effort switch",
    ),
    (
        "https://docs.z.ai/guides/capabilities/function-calling",
        "Function calling",
        "A model names a function and its arguments; the program runs it and gives the result back.",
        "tool tools function call calling mcp arguments",
    ),
    (
        "https://docs.z.ai/guides/llm/glm-4.6",
        "GLM-4.6",
        "A model for coding and agents with a context window of 200K tokens.",
        "model glm context window tokens price code coding agent",
    ),
    (
        "https://docs.z.ai/guides/capabilities/streaming",
        "Streaming",
        "With stream: true the reply comes as server-sent events: thinking first, then the answer.",
        "stream streaming events sse answer reply speed",
    ),
)
MOST: Final = 3


async def _run(arguments: dict[str, Any], running: Running) -> Outcome:
    words = set(str(arguments.get("query", ""))[:400].lower().split())
    ranked = sorted(DOCUMENTS, key=lambda row: -len(words & {*row[3].split(), *row[1].lower().split()}))
    sources = tuple(
        Source(running.sources.number(url), url, title, text) for url, title, text, _ in ranked[:MOST]
    )
    said = (f"[{source.number}] {source.title}\n{source.url}\n{source.snippet}" for source in sources)
    return Outcome("\n\n".join(said), sources=sources)


DEMO_SEARCH: Final = Tool(
    "demo",
    "search_docs",
    "Searches a few documents about GLM models that lie in the app. Cite a result by its number, like [1].",
    {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    _run,
    "Search the demo's documents",
    writes=False,
    open_world=False,
    trusted=True,
)
