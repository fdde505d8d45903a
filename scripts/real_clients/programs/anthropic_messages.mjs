// anthropic-sdk-typescript.
import Anthropic from "@anthropic-ai/sdk";
import { BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, main, weather } from "./common.mjs";

const client = new Anthropic({ baseURL: `${BASE}/anthropic`, apiKey: KEY });
const THINK = { type: "enabled", budget_tokens: 2000 };

async function* turn({ stream, think, picture }) {
  const source = { type: "base64", media_type: "image/png", data: PNG };
  const content = [...(picture ? [{ type: "image", source }] : []), { type: "text", text: QUESTION }];
  const said = { model: MODEL, max_tokens: 4000, messages: [{ role: "user", content }] };
  if (think) said.thinking = THINK;
  if (!stream) {
    yield ["text", (await client.messages.create(said)).content[0].text];
    return;
  }
  for await (const event of client.messages.stream(said)) {
    if (event.delta?.type === "thinking_delta") yield ["thinking", event.delta.thinking];
    if (event.delta?.type === "text_delta") yield ["text", event.delta.text];
  }
}

async function tools() {
  const messages = [{ role: "user", content: WEATHER_QUESTION }];
  const tool = { name: "weather", input_schema: WEATHER };
  const said = { model: MODEL, max_tokens: 4000, thinking: THINK, tools: [tool] };
  const { content } = await client.messages.stream({ ...said, messages }).finalMessage();
  const results = content
    .filter((block) => block.type === "tool_use")
    .map(({ id, input }) => ({ type: "tool_result", tool_use_id: id, content: weather(input.city) }));
  messages.push({ role: "assistant", content }, { role: "user", content: results });
  return (await client.messages.create({ ...said, messages })).content.at(-1).text;
}

await main(turn, tools);
