"""anthropic-sdk-python."""

import anthropic
from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, Asked, main, weather

client = anthropic.Anthropic(base_url=f"{BASE}/anthropic", api_key=KEY)
TOOL = {"name": "weather", "input_schema": WEATHER}
THINK = {"type": "enabled", "budget_tokens": 2000}


def turn(asked: Asked):
    content = [{"type": "text", "text": QUESTION}]
    if asked.picture:
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content.insert(0, {"type": "image", "source": source})
    said = {"model": MODEL, "max_tokens": 4000, "messages": [{"role": "user", "content": content}]}
    if asked.think:
        said["thinking"] = THINK
    if not asked.stream:
        yield "text", client.messages.create(**said).content[0].text
        return
    with client.messages.stream(**said) as stream:
        for event in stream:
            if event.type == "thinking":
                yield "thinking", event.thinking
            elif event.type == "text":
                yield "text", event.text


def tools():
    said = {"model": MODEL, "max_tokens": 4000, "tools": [TOOL], "thinking": THINK}
    messages = [{"role": "user", "content": WEATHER_QUESTION}]
    with client.messages.stream(messages=messages, **said) as stream:
        reply = stream.get_final_message()
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": weather(block.input["city"])}
        for block in reply.content
        if block.type == "tool_use"
    ]
    messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]
    return client.messages.create(messages=messages, **said).content[-1].text


main(turn, tools)
