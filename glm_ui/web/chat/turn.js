// A turn as `turn.py` reads it, from the controls and the nodes above it. Pure: no page, no network.

import { lineTo, path } from "../conversations/conversation.js";
import { newId } from "../parts/id.js";
import { visitor } from "../server/identity.js";
import { callOut, roundsOut, searchesOf, toolsOut } from "../tools/calls.js";
import { knownSources } from "../tools/sources.js";

/** Characters of what searches found, of one turn: the server takes 16 MB. */
const MOST_SEARCHED = 4 * 2 ** 20;

/**
 * `settings` holds the controls by name, `shown` the nodes from the first to the question; `into` is the answer that goes on,
 * `resumes` one whose tool calls the person has decided about.
 * A name is split at its colon only where a provider of `providers` stands before it: "zai:glm-4.6", not "mistral:latest".
 * @param {{
 * settings: Page.Settings,
 * providers: Record<string, unknown>,
 * shown: Array<Page.Asked>,
 * into?: Page.ChatNode | null,
 * thinking?: boolean,
 * maxTokens?: number | null,
 * resumes?: Page.ChatNode | null,
 * }} asked
 * @returns {Wire.Turn}
 */
export function makeTurn({ settings, providers, shown, into = null, resumes = null, thinking, maxTokens }) {
  const messages = shown
    .filter((node) => !(node.role === "assistant" && !node.text && !node.toolCalls?.length && !node.rounds?.length))
    .map(said);
  const goesOn = resumes ?? into;
  const sources = knownSources(goesOn ? [...shown, goesOn] : shown);
  if (goesOn) messages.push(said(goesOn));
  keepNewestSearches(messages);
  const [provider, model] = splitModel(settings.model ?? "", providers);
  return {
    id: resumes?.turn ?? newId().slice(0, 18),
    model,
    provider,
    thinking: thinking ?? Boolean(settings.thinking),
    effort: thinking === false ? null : settings.effort || null,
    system: settings.system ?? "",
    sampling: {
      temperature: number(settings.temperature),
      top_p: number(settings.top_p),
      max_tokens: maxTokens === undefined ? number(settings.max_tokens) : maxTokens,
      stop: String(settings.stop ?? "")
        .split("\n")
        .filter(Boolean),
      seed: number(settings.seed),
      json_output: Boolean(settings.json_output),
    },
    messages,
    continues: Boolean(into),
    ...(resumes && { resumes: true }),
    ...(sources.length && { sources }),
  };
}

/**
 * The turn that asks `question` in a conversation, with the controls as they stand, or as they stood where another is
 * shown. The question need not be in the conversation yet: it stands below its parent.
 * @param {import("./chat.js").Chat} chat
 * @param {Page.Asked} question
 * @param {Page.Asking} [how]
 * @param {Page.Conversation} [conversation]
 * @returns {Wire.Turn}
 */
export function turnOf(
  chat,
  question,
  { into = null, thinking, maxTokens, resumes = null } = {},
  conversation = chat.conversation,
) {
  return {
    session: chat.session(),
    ...makeTurn({
      settings: conversation === chat.conversation ? chat.composer.settings : conversation.settings,
      providers: chat.config.providers,
      shown: [...lineTo(conversation, question.parent), question],
      into,
      resumes: resumes?.fresh,
      thinking,
      maxTokens,
    }),
    ...toolsOut(conversation),
    ...chat.extras.besides?.(),
  };
}

/**
 * The questions that are shown and carry files. `cleared` is the model for which nothing speaks against them.
 * @param {import("./chat.js").Chat} chat
 */
export const filesAbove = (chat) => path(chat.conversation).filter(({ files }) => files?.length);

/**
 * What a turn says of its files: whose they are, and whether they may be dropped on their way.
 * @param {import("./chat.js").Chat} chat
 * @returns {Partial<Wire.Turn>}
 */
export const besides = (chat) => ({
  visitor: visitor(),
  consent: filesAbove(chat).every(({ cleared }) => cleared === chat.composer.settings.model),
});

/**
 * A number as typed; what is none goes as it is, so that the server can name the box.
 * @param {unknown} value
 * @returns {any} a number, null, or the text that is none
 */
function number(value) {
  const text = String(value ?? "").replace(/[,\s]/g, "");
  if (!text) return null;
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * @param {Page.Asked} node
 * @returns {Wire.Said}
 */
const said = (node) => ({
  role: node.role,
  text: node.text,
  ...(node.files?.some(isThere) && { files: node.files.filter(isThere).map(fileRef) }),
  ...(node.role === "assistant" && {
    thinking: node.opaque?.length ? node.opaque : node.thinking ? [{ text: node.thinking }] : [],
    calls: (node.toolCalls ?? []).map((call) => callOut(call)),
    ...(node.rounds?.length && { rounds: roundsOut(node) }),
    ...((node.searched || node.sources?.length) && { searched: true }),
  }),
});

/**
 * What providers' searches found goes back as far as it fits into a turn: the newest of it.
 * @param {Array<Wire.Said>} messages
 */
function keepNewestSearches(messages) {
  let left = MOST_SEARCHED;
  for (const part of messages.flatMap((message) => [...(message.rounds ?? []), message]).reverse())
    for (const block of searchesOf(/** @type {Array<Page.Thought>} */ (part.thinking)).reverse()) {
      left -= JSON.stringify(block.opaque).length;
      if (left < 0) part.thinking = part.thinking?.filter((each) => each !== block);
    }
}

/**
 * @param {string} value
 * @param {Record<string, unknown>} providers
 * @returns {[string | null, string]}
 */
export function splitModel(value, providers) {
  const colon = value.indexOf(":");
  return colon > 0 && Object.hasOwn(providers, value.slice(0, colon))
    ? [value.slice(0, colon), value.slice(colon + 1)]
    : [null, value];
}

/**
 * A file as `turn.py` reads it.
 * @param {Page.FileRef} file
 * @returns {Wire.FileRef}
 */
export const fileRef = ({ id = "", url = "", name = "", choices = {} }) => ({ id, url, name, ...choices });

/**
 * An imported conversation tells of files that no server has.
 * @param {Page.FileRef} file
 */
const isThere = ({ id, url }) => Boolean(id || url);

/**
 * What was asked in a turn that was kept as a file: the last words of the user in its body, of either API format.
 * @param {Page.TurnFile} file
 */
export function questionOf({ request }) {
  /** @type {Array<any>} */
  const messages = Array.isArray(request?.body?.messages) ? request.body.messages : [];
  const asked = messages
    .filter(({ role } = {}) => role === "user")
    .map(({ content }) =>
      Array.isArray(content)
        ? content
            .map((part) => part?.text)
            .filter((text) => typeof text === "string")
            .join("\n\n")
        : String(content ?? ""),
    );
  return asked.filter(Boolean).at(-1) ?? "";
}
