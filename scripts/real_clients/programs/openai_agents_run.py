"""openai-agents, by responses."""

import openai
from agents import Agent, ModelSettings, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER_QUESTION, Asked, main, weather
from openai.types.shared import Reasoning

set_tracing_disabled(True)
client = openai.AsyncOpenAI(base_url=f"{BASE}/v1", api_key=KEY)
model = OpenAIResponsesModel(MODEL, client)


async def turn(asked: Asked):
    settings = ModelSettings(store=False)
    if asked.think:
        settings.reasoning = Reasoning(effort="high", summary="auto")
    agent = Agent("Clerk", instructions="Be short.", model=model, model_settings=settings)
    content = [{"type": "input_text", "text": QUESTION}]
    if asked.picture:
        content.append({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"})
    prompt = [{"role": "user", "content": content}]
    if not asked.stream:
        yield "text", (await Runner.run(agent, prompt)).final_output
        return
    run = Runner.run_streamed(agent, prompt)
    try:
        async for event in run.stream_events():
            kind = getattr(getattr(event, "data", None), "type", "")
            if kind == "response.output_text.delta":
                yield "text", event.data.delta
            elif kind == "response.reasoning_summary_text.delta":
                yield "thinking", event.data.delta
    finally:
        run.cancel()


async def tools():
    agent = Agent(
        "Clerk", model=model, tools=[function_tool(weather)], model_settings=ModelSettings(store=False)
    )
    return (await Runner.run(agent, WEATHER_QUESTION)).final_output


main(turn, tools)
