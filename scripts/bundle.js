// Makes glm_ui/web/built, what a first visit loads of the page: a few files instead of a hundred. `npm run build`.
// The server hands it out while it was made of the scripts and styles that stand beside it (glm_ui/serving/bundle.py).

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { rollup } from "@rollup/wasm-node";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const WEB = join(ROOT, "glm_ui/web");
const BUILT = join(WEB, "built");
const TARGET = "es2022";
const NOTE =
  "/*! GLM UI, and libraries that ../vendor/LICENSES.md names. Made of the scripts beside by `npm run build`. */";

/** Sheets in their order. Python reads it too (serving/bundle.py). */
const SHEETS = JSON.parse(await readFile(join(WEB, "styles/sheets.json"), "utf8"));

/** What every visit loads once one can type: one file, and none of them waits in the file that must come first. */
const AFTERWARDS = [
  "composer/start.js",
  "drafts/drafts.js",
  "drafts/keeper.js",
  "offline/offline.js",
  "page/address.js",
  "page/key_state.js",
  "page/shortcut_acts.js",
  "tools/switch.js",
];

/** Bytes: what several parts share and is smaller is no file of its own. */
const SMALLEST_FILE = 5000;

/** @param {string | Uint8Array} content */
const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/** Path below glm_ui/web. @param {string} path */
const nameOf = (path) => relative(WEB, path).split("\\").join("/");

/** Every script and style of our own, and the list of the vendored ones: what the files are made of. */
async function sources() {
  const all = (await readdir(WEB, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = all.map(({ parentPath, path, name }) => nameOf(join(parentPath ?? path, name)));
  const ours = names.filter((name) => /\.(js|css)$/.test(name) && !/^(built|vendor)\//.test(name));
  return [...ours, "styles/sheets.json", "vendor/SHA256SUMS"].sort();
}

/** @param {string[]} names below glm_ui/web */
async function digestOf(names) {
  const lines = await Promise.all(names.map(async (name) => `${sha256(await readFile(join(WEB, name)))}  ${name}\n`));
  return sha256(lines.join(""));
}

/** A module finds the files beside its source, from wherever it runs. */
const atItsSource = {
  name: "at-its-source",
  /** @param {string | null} property @param {{moduleId: string}} module */
  resolveImportMeta: (property, { moduleId }) =>
    property === "url" ? `new URL("../${nameOf(moduleId)}", import.meta.url).href` : null,
};

/**
 * The modules that come with these, since they import them.
 * @param {string[]} ids
 * @param {(id: string) => import("@rollup/wasm-node").ModuleInfo | null} info
 */
function together(ids, info) {
  const found = new Set(ids);
  for (const id of found) for (const other of info(id)?.importedIds ?? []) found.add(other);
  return found;
}

/** @returns {Promise<Array<[string, string]>>} name and text of each script */
async function scripts() {
  const entry = join(WEB, "app.js");
  const later = AFTERWARDS.map((name) => join(WEB, name));
  const bundle = await rollup({
    input: entry,
    logLevel: "warn",
    preserveEntrySignatures: false,
    plugins: [atItsSource],
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const { output } = await bundle.generate({
    format: "es",
    banner: NOTE,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    experimentalMinChunkSize: SMALLEST_FILE,
    onlyExplicitManualChunks: true,
    manualChunks: (id, { getModuleInfo }) =>
      together(later, getModuleInfo).has(id) && !together([entry], getModuleInfo).has(id) ? "afterwards" : null,
  });
  return Promise.all(
    output.map(async (chunk) => {
      if (chunk.type !== "chunk") throw new Error(`${chunk.fileName} is no script.`);
      return /** @type {[string, string]} */ ([chunk.fileName, await small(chunk.code, "js")]);
    }),
  );
}

/** One sheet of all. @returns {Promise<[string, string]>} */
async function sheet() {
  const texts = SHEETS.map((name) => readFile(join(WEB, `styles/${name}.css`), "utf8"));
  return ["page.css", await small((await Promise.all(texts)).join("\n"), "css")];
}

/** What runs before all others stands in the page itself. @returns {Promise<[string, string]>} */
async function first() {
  const code = await small(await readFile(join(WEB, "parts/first.js"), "utf8"), "js");
  if (/<\/script|<!--/i.test(code)) throw new Error("parts/first.js has text that ends an HTML script.");
  return ["first.js", code];
}

/**
 * Without what only people read; licences stay.
 * @param {string} code
 * @param {"js" | "css"} loader
 */
async function small(code, loader) {
  const made = await transform(code, { loader, minify: true, target: TARGET, legalComments: "eof", charset: "utf8" });
  for (const { text } of made.warnings) throw new Error(text);
  return made.code;
}

/** @returns {Promise<Record<string, string>>} name and text of each file */
async function build() {
  const made = [...(await scripts()), await sheet(), await first()].sort();
  const files = Object.fromEntries(made.map(([name, text]) => [name, sha256(text)]));
  const manifest = { sources: await digestOf(await sources()), files };
  return Object.fromEntries([...made, ["manifest.json", `${JSON.stringify(manifest, null, 2)}\n`]]);
}

/** @param {Record<string, string>} files whether they are those on the disk, and no others are there */
async function areThere(files) {
  const there = await readdir(BUILT).catch(() => []);
  if (there.sort().join() !== Object.keys(files).sort().join()) return false;
  const texts = await Promise.all(there.map((name) => readFile(join(BUILT, name), "utf8")));
  return there.every((name, at) => files[name] === texts[at]);
}

/** @param {Record<string, string>} files */
async function write(files) {
  await rm(BUILT, { recursive: true, force: true });
  await mkdir(BUILT);
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(BUILT, name), text)));
}

const files = await build();
if (!process.argv.includes("--check")) await write(files);
else if (!(await areThere(files))) {
  console.error("glm_ui/web/built was made of other scripts or styles: run `npm run build`.");
  process.exitCode = 1;
}
