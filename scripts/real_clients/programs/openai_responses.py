"""openai-python, responses."""

import json

import openai
from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, Asked, main, weather

client = openai.OpenAI(base_url=f"{BASE}/v1", api_key=KEY)
TOOL = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}


def turn(asked: Asked):
    content = [{"type": "input_text", "text": QUESTION}]
    if asked.picture:
        content.append({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"})
    reasoning = {"effort": "high", "summary": "auto"} if asked.think else {"effort": "none"}
    said = {"model": MODEL, "input": [{"role": "user", "content": content}], "store": False}
    if not asked.stream:
        yield "text", client.responses.create(**said, reasoning=reasoning).output_text
        return
    with client.responses.stream(**said, reasoning=reasoning) as stream:
        for event in stream:
            if event.type == "response.reasoning_summary_text.delta":
                yield "thinking", event.delta
            elif event.type == "response.output_text.delta":
                yield "text", event.delta
            elif event.type == "response.failed":
                raise RuntimeError(event.response.error.message)


def tools():
    history = [{"role": "user", "content": WEATHER_QUESTION}]
    with client.responses.stream(model=MODEL, input=history, tools=[TOOL], store=False) as stream:
        output = stream.get_final_response().output
    history += [item.to_dict() for item in output]
    for call in output:
        if call.type == "function_call":
            result = weather(json.loads(call.arguments)["city"])
            history.append({"type": "function_call_output", "call_id": call.call_id, "output": result})
    return client.responses.create(model=MODEL, input=history, tools=[TOOL], store=False).output_text


main(turn, tools)
