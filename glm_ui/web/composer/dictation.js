// What a person says, written down: recorded and sent to the provider, or heard by the browser's own recognition. From the
// press of the microphone to the words; the words go nowhere but into the box.

import { composing } from "../chat/keys.js";
import { find } from "../parts/dom.js";
import { locale } from "../parts/locale.js";
import { postJson, Refused } from "../server/request.js";
import { recognition } from "./microphone.js";
import { writeSaid } from "./spaced.js";

/** Seconds of a recording: GLM-ASR takes no more at once. The browser's own recognition has no limit; we stop it. */
const LONGEST = 30;
const LONGEST_HEARD = 60;
/** Bits a second: enough for speech, and half a minute stays small. */
const RATE = 48_000;

/**
 * What a browser calls it when it cannot listen.
 * @type {Record<string, "dictate_denied" | "dictate_none" | "dictate_away" | "dictate_nothing">}
 */
const PROBLEMS = {
  NotAllowedError: "dictate_denied",
  SecurityError: "dictate_denied",
  "not-allowed": "dictate_denied",
  "service-not-allowed": "dictate_denied",
  NotFoundError: "dictate_none",
  NotReadableError: "dictate_none",
  "audio-capture": "dictate_none",
  network: "dictate_away",
  "no-speech": "dictate_nothing",
};

export class Dictation {
  #enough = new AbortController();
  #cancelled = new AbortController();
  #heard = false;

  /**
   * @param {{
   * way: import("./microphone.js").Way,
   * words: Wire.Words["composer"],
   * note: import("./note.js").Note,
   * box: () => HTMLTextAreaElement | null,
   * second: (n: number) => unknown,
   * session: Page.Session,
   * }} parts
   */
  constructor(parts) {
    this.parts = parts;
  }

  /** What was said is written down. */
  stop() {
    this.#enough.abort();
  }

  cancel() {
    this.#cancelled.abort();
  }

  /** Resolves when it is over, however it ended; what went wrong stands in the note. */
  async run() {
    const { way, words, note } = this.parts;
    document.addEventListener("keydown", (event) => this.#pressed(event), {
      capture: true,
      signal: this.#cancelled.signal,
    });
    try {
      if (way.by === null) await this.#listen();
      else await this.#record(way);
      note.say(this.#heard || this.#cancelled.signal.aborted ? "" : words.dictate_nothing);
    } catch (reason) {
      note.say(this.#cancelled.signal.aborted ? "" : this.#problem(reason));
    } finally {
      this.#cancelled.abort();
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    // An open menu or dialog takes its Escape itself.
    if (event.key !== "Escape" || composing(event) || find("dialog[open], .glm.menu")) return;
    event.preventDefault();
    event.stopPropagation();
    this.cancel();
  }

  /** @param {string} said */
  #say(said) {
    const { note, words } = this.parts;
    const stop = { label: words.dictate_finish, run: () => this.stop() };
    const cancel = { label: words.cancel, run: () => this.cancel() };
    note.say(said, ...(this.#enough.signal.aborted ? [] : [stop]), cancel);
  }

  /** @param {string} text */
  #write(text) {
    if (!text.trim()) return;
    this.#heard = true;
    writeSaid(this.parts.box(), text);
  }

  /** @param {unknown} reason */
  #problem(reason) {
    const { words } = this.parts;
    if (reason instanceof Refused) return reason.whole;
    const name = reason instanceof Error ? reason.name : "";
    const known = PROBLEMS[name];
    return known ? words[known] : words.dictate_failed.replace("{why}", () => String(reason));
  }

  /**
   * Runs `end` when it is enough, when it is cancelled and after so many seconds; tells the seconds. Gives what ends that.
   * @param {number} longest
   * @param {() => void} end
   */
  #whenOver(longest, end) {
    const began = performance.now();
    const timer = setInterval(() => {
      const n = Math.floor((performance.now() - began) / 1000);
      this.parts.second(n);
      if (n >= longest) this.stop();
    }, 250);
    this.parts.second(0);
    const all = [this.#enough.signal, this.#cancelled.signal];
    for (const signal of all) signal.addEventListener("abort", end);
    if (all.some(({ aborted }) => aborted)) end();
    return () => {
      clearInterval(timer);
      for (const signal of all) signal.removeEventListener("abort", end);
    };
  }

  // --- by the provider -----------------------------------------------------------------------------------------

  /** @param {{by: string, name: string}} way */
  async #record({ by, name }) {
    const { words, session } = this.parts;
    const { signal } = this.#cancelled;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    /** @type {Blob} */
    let recording;
    try {
      if (this.#enough.signal.aborted) this.cancel(); // nothing was said yet
      signal.throwIfAborted();
      this.#say(words.dictating.replace("{n}", String(LONGEST)).replace("{provider}", () => name));
      recording = await this.#recorded(stream);
    } finally {
      for (const track of stream.getTracks()) track.stop();
    }
    this.stop();
    signal.throwIfAborted();
    this.#say(words.dictate_writing.replace("{provider}", () => name));
    const sound = await base64(recording);
    const { text } = await postJson("dictation", { session: session(), provider: by, sound }, signal);
    this.#write(text);
  }

  /**
   * @param {MediaStream} stream
   * @returns {Promise<Blob>}
   */
  #recorded(stream) {
    const recorder = new MediaRecorder(stream, { audioBitsPerSecond: RATE });
    /** @type {Array<Blob>} */
    const pieces = [];
    return new Promise((done, fail) => {
      recorder.ondataavailable = ({ data }) => pieces.push(data);
      recorder.onerror = (event) => fail(/** @type {any} */ (event).error ?? new Error(event.type));
      recorder.start();
      const leave = this.#whenOver(LONGEST, () => recorder.state === "recording" && recorder.stop());
      recorder.onstop = () => {
        leave();
        done(new Blob(pieces, { type: recorder.mimeType }));
      };
    });
  }

  // --- by the browser ------------------------------------------------------------------------------------------

  /** @returns {Promise<void>} */
  #listen() {
    const Recognition = recognition();
    if (!Recognition) return Promise.resolve();
    this.#say(this.parts.words.dictating_own);
    const own = new Recognition();
    const chinese = locale().startsWith("zh");
    Object.assign(own, { lang: chinese ? "zh-CN" : navigator.language, continuous: true, interimResults: false });
    return new Promise((done, fail) => {
      /** @type {Error | null} */
      let problem = null;
      /** @param {{resultIndex: number, results: ArrayLike<ArrayLike<{transcript: string}>>}} event */
      own.onresult = ({ resultIndex, results }) => {
        if (this.#cancelled.signal.aborted) return;
        for (const [best] of Array.from(results)
          .slice(resultIndex)
          .map((each) => Array.from(each)))
          this.#write(best.transcript);
      };
      /** @param {{error: string}} event */
      own.onerror = ({ error }) => (problem = Object.assign(new Error(error), { name: error }));
      own.start();
      const leave = this.#whenOver(LONGEST_HEARD, () => (this.#cancelled.signal.aborted ? own.abort() : own.stop()));
      own.onend = () => {
        leave();
        if (problem && problem.name !== "aborted" && !this.#heard) fail(problem);
        else done();
      };
    });
  }
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
