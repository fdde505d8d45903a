"""The clients that are run: a row each. `package` is what is installed, `program` a file in `programs/`; `cannot` has
the tasks that a client has no way to do, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks import WEATHER, Call

HIDES_THINKING = "shows no thinking of chat completions"


@dataclass(frozen=True)
class Client:
    """`home` is the folder of its environment below the work folder; `env` what its program reads besides."""

    name: str
    package: str
    program: str
    home: str
    env: Mapping[str, str] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)
    call: Call = WEATHER


def _python(name: str, package: str, program: str, home: str = "sdks", **more: object) -> Client:
    return Client(name, package, f"{program}.py", home, **more)  # type: ignore[arg-type]


def _node(name: str, package: str, program: str, **more: object) -> Client:
    return Client(name, package, f"{program}.mjs", "node", **more)  # type: ignore[arg-type]


CLIENTS = (
    _python("openai-python, chat", "openai", "openai_chat"),
    _python("openai-python, responses", "openai", "openai_responses"),
    _python("anthropic-sdk-python", "anthropic", "anthropic_messages"),
    _node("openai-node, chat", "openai", "openai_chat"),
    _node("openai-node, responses", "openai", "openai_responses"),
    _node("anthropic-sdk-typescript", "@anthropic-ai/sdk", "anthropic_messages"),
    _python("zai-sdk", "zai-sdk", "zai_chat", "zai"),
    _python("llm", "llm", "llm_prompt", "llm", cannot={"thinking": HIDES_THINKING}),
    _python("LiteLLM, chat", "litellm", "litellm_calls", "litellm", env={"LITELLM_ROUTE": "openai"}),
    _python("LiteLLM, messages", "litellm", "litellm_calls", "litellm", env={"LITELLM_ROUTE": "anthropic"}),
    _python(
        "langchain-openai",
        "langchain-openai",
        "langchain_chat",
        "langchain",
        cannot={"thinking": HIDES_THINKING},
    ),
    _python("pydantic-ai, chat", "pydantic-ai-slim", "pydantic_ai_agent", env={"PROTOCOL": "chat"}),
    _python("pydantic-ai, responses", "pydantic-ai-slim", "pydantic_ai_agent", env={"PROTOCOL": "responses"}),
    _python("pydantic-ai, messages", "pydantic-ai-slim", "pydantic_ai_agent", env={"PROTOCOL": "anthropic"}),
    _python("openai-agents, responses", "openai-agents", "openai_agents_run", "agents"),
    _node("AI SDK, openai-compatible", "@ai-sdk/openai-compatible", "ai_sdk", env={"PROTOCOL": "chat"}),
    _node("AI SDK, anthropic", "@ai-sdk/anthropic", "ai_sdk", env={"PROTOCOL": "anthropic"}),
)
