// What every client in JavaScript shares; common.py says the rules. A file gives `main` its `turn`, an asynchronous
// generator of [kind, text], and its `tools`, which resolves to the last text.
import { once } from "node:events";

export const { BASE, KEY, MODEL, PROTOCOL } = process.env;
export const QUESTION = "What is 7 times 6?";
export const WEATHER_QUESTION = "What is the weather in Rome and in Oslo?";
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAKklEQVR42u3NMQEAAAQAMATRP4pYSvBtBZbTHZ8qngkEAoFAIBAIBIIrC+AFAUQz669uAAAAAElFTkSuQmCC";
export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
export const weather = (city) => `mild in ${city}`;

const TASKS = {
  plain: {},
  streamed: { stream: true },
  thinking: { stream: true, think: true },
  picture: { picture: true },
  overflow: {},
  wrong_key: {},
  cut: { stream: true },
  stop: { stream: true },
};

const tell = (seen) => process.stdout.write(`${JSON.stringify(seen)}\n`);

export async function main(turn, tools) {
  const task = process.argv[2];
  try {
    if (task === "tools") {
      tell({ piece: "text", said: await tools() });
      process.exit(0);
    }
    for await (const [kind, said] of turn(TASKS[task])) {
      if (said) tell({ piece: kind, said });
      if (said && task === "stop") break;
    }
    if (task === "stop") {
      tell({ left: true });
      await once(process.stdin, "data");
    }
  } catch (error) {
    tell({ error: error?.constructor?.name ?? "Error", message: String(error?.message ?? error).slice(0, 600) });
  }
  process.exit(0);
}
