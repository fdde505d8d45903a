// openai-node, responses.
import OpenAI from "openai";
import { BASE, KEY, MODEL, PNG, QUESTION, WEATHER, WEATHER_QUESTION, main, weather } from "./common.mjs";

const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: KEY });
const TOOLS = [{ type: "function", name: "weather", parameters: WEATHER, strict: true }];

async function* turn({ stream, think, picture }) {
  const content = [{ type: "input_text", text: QUESTION }];
  if (picture) content.push({ type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "auto" });
  const reasoning = think ? { effort: "high", summary: "auto" } : { effort: "none" };
  const said = { model: MODEL, input: [{ role: "user", content }], reasoning, store: false };
  if (!stream) {
    yield ["text", (await client.responses.create(said)).output_text];
    return;
  }
  for await (const event of await client.responses.create({ ...said, stream: true })) {
    if (event.type === "response.reasoning_summary_text.delta") yield ["thinking", event.delta];
    if (event.type === "response.output_text.delta") yield ["text", event.delta];
    if (event.type === "response.failed") throw new Error(event.response.error.message);
  }
}

async function tools() {
  const input = [{ role: "user", content: WEATHER_QUESTION }];
  const said = { model: MODEL, tools: TOOLS, store: false };
  const { output } = await client.responses.stream({ ...said, input }).finalResponse();
  const results = output
    .filter((item) => item.type === "function_call")
    .map(({ call_id, arguments: given }) => {
      return { type: "function_call_output", call_id, output: weather(JSON.parse(given).city) };
    });
  return (await client.responses.create({ ...said, input: [...input, ...output, ...results] })).output_text;
}

await main(turn, tools);
