"""The addresses of the gateway: the route and the protocol of each path, and the route that a slightly wrong path
meant. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from glm_ui.gateway.problems import Dialect

Name = Literal["chat", "responses", "messages", "count_tokens", "models", "hello"]


@dataclass(frozen=True, slots=True)
class Address:
    """Route `name` with its methods; `id` is the model's in the path, "" where there is none."""

    name: Name
    methods: tuple[str, ...]
    id: str = ""


POST, GET = ("POST",), ("GET", "HEAD")
PATHS: Final = {
    "/v1/chat/completions": Address("chat", POST),
    "/v1/responses": Address("responses", POST),
    "/v1/messages": Address("messages", POST),
    "/v1/messages/count_tokens": Address("count_tokens", POST),
    "/v1/models": Address("models", GET),
    "/anthropic/v1/messages": Address("messages", POST),
    "/anthropic/v1/messages/count_tokens": Address("count_tokens", POST),
    "/anthropic/v1/models": Address("models", GET),
    "/api/hello": Address("hello", GET),
    "/anthropic/api/hello": Address("hello", GET),
}
"""`/api/hello` is what Claude Code asks before anything else."""
ROOTS: Final = ("/v1", "/anthropic")
BARE: Final = frozenset(
    {"/chat/completions", "/completions", "/responses", "/messages", "/messages/count_tokens", "/models"}
    | {"/embeddings", "/api/hello", "/api/v1/chat/completions", "/api/v1/messages"}
)
"""Paths of clients whose base address lacks `/v1`."""
TAILS: Final = (
    ("/messages/count_tokens", "/anthropic"),
    ("/messages", "/anthropic"),
    ("/chat/completions", "/v1"),
    ("/responses", "/v1"),
    ("/models", "/v1"),
)
"""How a path ends -> the base address that its client should be given."""


def is_ours(path: str) -> bool:
    return path in BARE or any(path == root or path.startswith(root + "/") for root in ROOTS)


def find(path: str) -> Address | None:
    path = path.rstrip("/")
    found = PATHS.get(path)
    if found is not None:
        return found
    for root in ("/v1/models/", "/anthropic/v1/models/"):
        if path.startswith(root) and len(path) > len(root):
            return Address("models", GET, path.removeprefix(root))
    return None


def dialect_of(path: str) -> Dialect:
    return "anthropic" if path.startswith("/anthropic") or "/messages" in path else "openai"


def not_here(path: str, host: str) -> str:
    """What is said of a path that is no route."""
    shown = "".join(char for char in path[:120] if char.isprintable())
    said = f"There is nothing at {shown}."
    for tail, base in TAILS:
        if path.rstrip("/").endswith(tail):
            if path.startswith("/anthropic") and tail in ("/chat/completions", "/responses"):
                said += " This is OpenAI's protocol."
            right = base + ("/v1" if base == "/anthropic" else "") + tail
            return f"{said} The address is {right}: give the client http://{host}{base} as its base URL."
    return f"{said} The routes are {', '.join(path for path in PATHS if 'hello' not in path)}."
