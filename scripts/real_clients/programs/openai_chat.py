"""openai-python, chat completions."""

import openai
from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, Asked, main, weather

client = openai.OpenAI(base_url=f"{BASE}/v1", api_key=KEY)
TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER, "strict": True}}


def content(asked):
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    return [{"type": "text", "text": QUESTION}, picture] if asked.picture else QUESTION


def turn(asked: Asked):
    extra = {"thinking": {"type": "enabled" if asked.think else "disabled"}}
    said = {"model": MODEL, "messages": [{"role": "user", "content": content(asked)}], "extra_body": extra}
    if not asked.stream:
        yield "text", client.chat.completions.create(**said).choices[0].message.content
        return
    with client.chat.completions.create(**said, stream=True) as chunks:
        for chunk in chunks:
            delta = chunk.choices[0].delta
            yield "thinking", getattr(delta, "reasoning_content", None) or ""
            yield "text", delta.content or ""


def tools():
    messages = [{"role": "user", "content": WEATHER_QUESTION}]
    with client.chat.completions.stream(model=MODEL, messages=messages, tools=[TOOL]) as stream:
        message = stream.get_final_completion().choices[0].message
    messages.append(message.to_dict())
    for call in message.tool_calls:
        result = weather(call.function.parsed_arguments["city"])
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    reply = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL])
    return reply.choices[0].message.content


main(turn, tools)
