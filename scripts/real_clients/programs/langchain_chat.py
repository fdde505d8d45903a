"""langchain-openai."""

from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER_QUESTION, Asked, main, weather
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

model = ChatOpenAI(base_url=f"{BASE}/v1", api_key=KEY, model=MODEL)


def turn(asked: Asked):
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    content = [{"type": "text", "text": QUESTION}, picture] if asked.picture else QUESTION
    messages = [HumanMessage(content)]
    if not asked.stream:
        yield "text", model.invoke(messages).text
        return
    chunks = model.stream(messages)
    try:
        for chunk in chunks:
            yield "text", chunk.text
    finally:
        chunks.close()


def tools():
    bound = model.bind_tools([tool(weather)])
    messages = [HumanMessage(WEATHER_QUESTION)]
    reply = bound.invoke(messages)
    messages.append(reply)
    for call in reply.tool_calls:
        messages.append(ToolMessage(weather(**call["args"]), tool_call_id=call["id"]))
    return bound.invoke(messages).text


main(turn, tools)
