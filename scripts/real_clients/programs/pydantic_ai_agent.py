"""pydantic-ai; PROTOCOL is `chat`, `responses` or `anthropic`."""

import base64
import os

from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER_QUESTION, Asked, main, weather
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.messages import (
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
)
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

PROTOCOL = os.environ["PROTOCOL"]
if PROTOCOL == "anthropic":
    model = AnthropicModel(MODEL, provider=AnthropicProvider(base_url=f"{BASE}/anthropic", api_key=KEY))
    THINK = {"anthropic_thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000}
else:
    kind = {"chat": OpenAIChatModel, "responses": OpenAIResponsesModel}[PROTOCOL]
    model = kind(MODEL, provider=OpenAIProvider(base_url=f"{BASE}/v1", api_key=KEY))
    THINK = {"extra_body": {"thinking": {"type": "enabled"}}}
    if PROTOCOL == "responses":
        THINK = {"openai_reasoning_effort": "high", "openai_reasoning_summary": "detailed"}


def piece(event):
    part = getattr(event, "part", None) or getattr(event, "delta", None)
    said = getattr(part, "content_delta", None) or getattr(part, "content", None) or ""
    if isinstance(event, PartStartEvent | PartDeltaEvent):
        if isinstance(part, TextPart | TextPartDelta):
            return "text", said
        if isinstance(part, ThinkingPart | ThinkingPartDelta):
            return "thinking", said
    return "text", ""


async def turn(asked: Asked):
    agent = Agent(model, model_settings=THINK if asked.think else None)
    prompt = QUESTION
    if asked.picture:
        prompt = [QUESTION, BinaryContent(base64.b64decode(PNG), media_type="image/png")]
    if not asked.stream:
        yield "text", (await agent.run(prompt)).output
        return
    async with agent.iter(prompt) as run:
        async for node in run:
            if Agent.is_model_request_node(node):
                async with node.stream(run.ctx) as stream:
                    async for event in stream:
                        yield piece(event)


async def tools():
    return (await Agent(model, tools=[weather], model_settings=THINK).run(WEATHER_QUESTION)).output


main(turn, tools)
