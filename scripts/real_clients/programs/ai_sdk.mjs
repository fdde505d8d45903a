// Vercel's AI SDK; PROTOCOL is `chat` (@ai-sdk/openai-compatible) or `anthropic` (@ai-sdk/anthropic).
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { BASE, KEY, MODEL, PNG, PROTOCOL, QUESTION, WEATHER, WEATHER_QUESTION, main, weather } from "./common.mjs";

const provider =
  PROTOCOL === "anthropic"
    ? createAnthropic({ baseURL: `${BASE}/anthropic/v1`, apiKey: KEY })
    : createOpenAICompatible({ name: "gateway", baseURL: `${BASE}/v1`, apiKey: KEY, includeUsage: true });
const model = provider(MODEL);
const THINK = {
  anthropic: { thinking: { type: "enabled", budgetTokens: 2000 } },
  gateway: { thinking: { type: "enabled" } },
};

async function* turn({ stream, think, picture }) {
  const content = [{ type: "text", text: QUESTION }];
  if (picture) content.push({ type: "image", image: PNG, mediaType: "image/png" });
  const leaver = new AbortController();
  const said = { model, messages: [{ role: "user", content }], abortSignal: leaver.signal };
  if (think) said.providerOptions = THINK;
  if (!stream) {
    yield ["text", (await generateText(said)).text];
    return;
  }
  try {
    for await (const part of streamText({ ...said, onError() {} }).fullStream) {
      if (part.type === "reasoning-delta") yield ["thinking", part.text];
      if (part.type === "text-delta") yield ["text", part.text];
      if (part.type === "error") throw part.error;
    }
  } finally {
    leaver.abort();
  }
}

async function tools() {
  const inputSchema = jsonSchema(WEATHER);
  const tools = { weather: tool({ inputSchema, execute: async ({ city }) => weather(city) }) };
  const stopWhen = stepCountIs(3);
  const run = streamText({ model, prompt: WEATHER_QUESTION, tools, stopWhen, providerOptions: THINK });
  return await run.text;
}

await main(turn, tools);
