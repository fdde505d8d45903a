// A saved prompt as a plain record, and the places in it that are filled in. Pure functions; no storage and no page.
//
// {id, kind: "prompt" | "system", name, text, at}
// "prompt" is put into the message box, "system" is a system prompt; `at` is when it was last changed.

import { folded } from "../conversations/store/text.js";
import { newId } from "../parts/id.js";

export const LONGEST_NAME = 120;
/** Characters of a text that a file may bring. */
const LONGEST_TEXT = 1_000_000;
const NAME_OF_TEXT = 60;
const KINDS = new Set(["prompt", "system"]);

/**
 * A place to fill in: `{{topic}}`. Its name stands on one line and holds no braces.
 * @typedef {{name: string, from: number, to: number}} Place
 */
const PLACE = /\{\{([^{}\n]{1,80})\}\}/g;

/**
 * The record of what a person typed, or null without a text. Without a name it gets the beginning of its text.
 * @param {{id?: string, kind: string, name: string, text: string}} typed
 * @returns {Page.Prompt | null}
 */
export function promptOf({ id = newId(), kind, name, text }) {
  if (!text.trim()) return null;
  const named = (name.trim() || nameOf(text)).slice(0, LONGEST_NAME);
  return { id, kind: kind === "system" ? "system" : "prompt", name: named, text, at: Date.now() };
}

/**
 * The first line that says something, cut to a name's length.
 * @param {string} text
 */
export function nameOf(text) {
  const line = text.trimStart().split("\n", 1)[0].trim();
  return line.length > NAME_OF_TEXT ? `${line.slice(0, NAME_OF_TEXT - 1).trimEnd()}…` : line;
}

/**
 * Whether a value from a file is a prompt that can be kept.
 * @param {any} value
 * @returns {value is Page.Prompt}
 */
export const isPrompt = (value) =>
  Boolean(value) &&
  isText(value.id, 200) &&
  isText(value.name, LONGEST_NAME) &&
  isText(value.text, LONGEST_TEXT) &&
  Boolean(value.text.trim()) &&
  KINDS.has(value.kind) &&
  Number.isFinite(value.at) &&
  Math.abs(value.at) < 8.64e15;

/**
 * @param {unknown} value
 * @param {number} longest
 */
const isText = (value, longest) => typeof value === "string" && value.length > 0 && value.length <= longest;

/**
 * Those that hold every word of `query` in name or text: first those whose name begins with it, then those with a word
 * of the name that does, then the other names, then the texts; the newest first.
 * @param {Array<Page.Prompt>} prompts
 * @param {string} query
 */
export function findPrompts(prompts, query) {
  const words = folded(query).split(/\s+/).filter(Boolean);
  return prompts
    .map((prompt) => ({ prompt, rank: rankOf(prompt, words) }))
    .filter(({ rank }) => rank < NOT_FOUND)
    .sort((a, b) => a.rank - b.rank || b.prompt.at - a.prompt.at)
    .map(({ prompt }) => prompt);
}

const NOT_FOUND = 4;

/**
 * @param {Page.Prompt} prompt
 * @param {Array<string>} words folded
 */
function rankOf({ name, text }, words) {
  const plain = folded(name);
  if (!words.length || plain.startsWith(words.join(" "))) return 0;
  if (words.every((word) => plain.includes(word))) return ` ${plain}`.includes(` ${words[0]}`) ? 1 : 2;
  const all = `${plain}\n${folded(text)}`;
  return words.every((word) => all.includes(word)) ? 3 : NOT_FOUND;
}

/**
 * Of the prompts of a file those that are to be kept beside `own`: a newer one takes the place of its older self, and
 * one that says the same as another of its name and kind is there already.
 * @param {Array<Page.Prompt>} own
 * @param {Array<Page.Prompt>} arrived
 */
export function newOnes(own, arrived) {
  const byId = new Map(own.map((prompt) => [prompt.id, prompt]));
  const said = new Set(own.map(sayingOf));
  /** @type {Array<Page.Prompt>} */
  const kept = [];
  for (const { id, kind, name, text, at } of arrived) {
    const [prompt, before] = [{ id, kind, name, text, at }, byId.get(id)];
    if (said.has(sayingOf(prompt)) || (before && before.at >= at)) continue;
    said.add(sayingOf(prompt));
    byId.set(id, prompt);
    kept.push(prompt);
  }
  return kept;
}

/** @param {Page.Prompt} prompt */
const sayingOf = ({ kind, name, text }) => JSON.stringify([kind, name, text]);

/**
 * The places of a text, in their order.
 * @param {string} text
 * @returns {Array<Place>}
 */
export const placesIn = (text) =>
  [...text.matchAll(PLACE)]
    .map((found) => ({ name: found[1].trim(), from: found.index, to: found.index + found[0].length }))
    .filter(({ name }) => name);

/**
 * The text with every place of this name filled in, and where `at` lies then.
 * @param {string} text
 * @param {string} name
 * @param {string} value
 * @param {number} at
 */
export function filledIn(text, name, value, at) {
  const places = placesIn(text).filter((place) => place.name === name);
  let [end, moved] = [0, at];
  /** @type {Array<string>} */
  const pieces = [];
  for (const { from, to } of places) {
    pieces.push(text.slice(end, from), value);
    end = to;
    if (to <= at) moved += value.length - (to - from);
  }
  return { text: pieces.join("") + text.slice(end), at: moved };
}
