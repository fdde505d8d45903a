"""zai-sdk: Z.ai's own."""

from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, Asked, main, weather
from zai import ZaiClient

client = ZaiClient(base_url=f"{BASE}/v1", api_key=KEY)
TOOL = {"type": "function", "function": {"name": "weather", "description": "Weather", "parameters": WEATHER}}


def turn(asked: Asked):
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    content = [{"type": "text", "text": QUESTION}, picture] if asked.picture else QUESTION
    thinking = {"type": "enabled" if asked.think else "disabled"}
    said = {"model": MODEL, "messages": [{"role": "user", "content": content}], "thinking": thinking}
    if not asked.stream:
        yield "text", client.chat.completions.create(**said).choices[0].message.content
        return
    chunks = client.chat.completions.create(**said, stream=True)
    try:
        for chunk in chunks:
            delta = chunk.choices[0].delta
            yield "thinking", delta.reasoning_content or ""
            yield "text", delta.content or ""
    finally:
        chunks.response.close()


def tools():
    messages = [{"role": "user", "content": WEATHER_QUESTION}]
    reply = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL])
    message = reply.choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls:
        city = "Rome" if "Rome" in call.function.arguments else "Oslo"
        messages.append({"role": "tool", "tool_call_id": call.id, "content": weather(city)})
    reply = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL])
    return reply.choices[0].message.content


main(turn, tools)
