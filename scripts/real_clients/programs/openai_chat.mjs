// openai-node, chat completions.
import OpenAI from "openai";
import { BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, main, weather } from "./common.mjs";

const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: KEY });
const TOOLS = [{ type: "function", function: { name: "weather", parameters: WEATHER, strict: true } }];

async function* turn({ stream, think, picture }) {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
  const content = picture ? [{ type: "text", text: QUESTION }, image] : QUESTION;
  const thinking = { type: think ? "enabled" : "disabled" };
  const said = { model: MODEL, messages: [{ role: "user", content }], thinking };
  if (!stream) {
    yield ["text", (await client.chat.completions.create(said)).choices[0].message.content];
    return;
  }
  for await (const chunk of await client.chat.completions.create({ ...said, stream: true })) {
    yield ["thinking", chunk.choices[0].delta.reasoning_content];
    yield ["text", chunk.choices[0].delta.content];
  }
}

async function tools() {
  const messages = [{ role: "user", content: WEATHER_QUESTION }];
  const first = client.chat.completions.stream({ model: MODEL, messages, tools: TOOLS });
  const message = await first.finalMessage();
  messages.push(message);
  for (const call of message.tool_calls) {
    const { city } = JSON.parse(call.function.arguments);
    messages.push({ role: "tool", tool_call_id: call.id, content: weather(city) });
  }
  const last = await client.chat.completions.create({ model: MODEL, messages, tools: TOOLS });
  return last.choices[0].message.content;
}

await main(turn, tools);
