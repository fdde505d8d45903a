"""LiteLLM as a library; LITELLM_ROUTE is `openai` or `anthropic`, the protocol that it speaks to the gateway."""

import json
import os

import litellm
from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, Asked, main, weather

ROUTE = os.environ["LITELLM_ROUTE"]
WHERE = {
    "model": f"{ROUTE}/{MODEL}",
    "api_base": f"{BASE}/v1" if ROUTE == "openai" else f"{BASE}/anthropic",
    "api_key": KEY,
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
litellm.telemetry = False


def turn(asked: Asked):
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    content = [{"type": "text", "text": QUESTION}, picture] if asked.picture else QUESTION
    said = {**WHERE, "messages": [{"role": "user", "content": content}]}
    if asked.think and ROUTE == "openai":
        said["extra_body"] = {"thinking": {"type": "enabled"}}
    elif asked.think:
        said["thinking"] = {"type": "enabled", "budget_tokens": 2000}
        said["allowed_openai_params"] = ["thinking"]  # it does not know that this model thinks
    if not asked.stream:
        yield "text", litellm.completion(**said).choices[0].message.content
        return
    chunks = litellm.completion(**said, stream=True)
    try:
        for chunk in chunks:
            delta = chunk.choices[0].delta
            yield "thinking", getattr(delta, "reasoning_content", None) or ""
            yield "text", delta.content or ""
    finally:
        stream = chunks.completion_stream
        getattr(stream, "close", getattr(getattr(stream, "response", None), "close", lambda: None))()


def tools():
    messages = [{"role": "user", "content": WEATHER_QUESTION}]
    message = litellm.completion(**WHERE, messages=messages, tools=[TOOL]).choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls:
        result = weather(json.loads(call.function.arguments)["city"])
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return litellm.completion(**WHERE, messages=messages, tools=[TOOL]).choices[0].message.content


main(turn, tools, leaves_by_ending=ROUTE == "anthropic")
