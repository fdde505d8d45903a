// In the worker of the sandboxed frame: loads Python from what it is handed, runs the code once, and says
//   {kind: "memory", memory}   {kind: "started"}   {kind: "text", text, left}   {kind: "broken", why}
//   {kind: "done", ok, value, pictures: [{type, data}]}
// The code may do here what it likes: the worker belongs to no origin and may ask nobody.

/** Bytes of Python's memory. */
const MEMORY = 512 * 2 ** 20;
const PAGE = 64 * 1024;
/** Milliseconds. */
const TELL_EVERY = 100;

/** @type {(said: object) => void} */
const post = self.postMessage.bind(self);

self.onmessage = ({ data }) =>
  runOnce(data).catch((reason) => post({ kind: "broken", why: String(reason).slice(0, 500) }));

/** @param {Record<string, any>} handed */
async function runOnce({ loader, core, wasm, library, lock, runner, memory, code, most }) {
  boundMemory();
  serve({ "pyodide.asm.wasm": [wasm, "application/wasm"], "python_stdlib.zip": [library, "application/zip"] });
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([import(loader), import(core)]);
  const python = await loadPyodide({
    createPyodideModule,
    indexURL: "https://files.invalid/",
    lockFileContents: { ...JSON.parse(lock), packages: {} },
    jsglobals: { setTimeout: setTimeout.bind(self), clearTimeout: clearTimeout.bind(self) },
    stdin: () => null,
    ...(memory ? { _loadSnapshot: memory } : { _makeSnapshot: true }),
  });
  if (!memory) tellMemory(python.makeMemorySnapshot());
  const output = new Output(most);
  const write = output.write.bind(output);
  python.setStdout({ write });
  python.setStderr({ write });
  python.runPython(runner);
  python.runPython("import random; random.seed()"); // else every run has the numbers of the first
  const run = python.globals.get("run");
  post({ kind: "started" });
  const [ok, value, pictures] = (await run(code)).toJs();
  output.flush();
  const named = pictures.map((/** @type {[string, Uint8Array]} */ [type, data]) => ({ type, data }));
  post({ kind: "done", ok, value, pictures: named });
}

/**
 * Python's memory when it is ready, before any code has run: a later worker begins with it, which is a tenth of the work.
 * @param {Uint8Array<ArrayBuffer>} memory
 */
const tellMemory = (memory) => self.postMessage({ kind: "memory", memory }, { transfer: [memory.buffer] });

/** Python asks JavaScript for more memory; beyond the bound the answer is no, which Python calls MemoryError. */
function boundMemory() {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (/** @type {number} */ pages) {
    if (this.buffer.byteLength + pages * PAGE > MEMORY) throw new RangeError("The memory is used up.");
    return grow.call(this, pages);
  };
}

/**
 * Pyodide fetches its own files by address: they are here already. Anything else has no answer.
 * @param {Record<string, [ArrayBuffer, string]>} files
 */
function serve(files) {
  self.fetch = async (address) => {
    const [bytes, type] = files[String(address).split("/").at(-1) ?? ""] ?? [];
    return bytes ? new Response(bytes, { headers: { "content-type": String(type) } }) : Response.error();
  };
}

/** What is printed: its first `most` bytes are told, in few messages; `left` counts the rest. */
class Output {
  /** @param {number} most */
  constructor(most) {
    this.room = most;
    this.left = 0;
    this.held = "";
    this.told = 0;
    this.decoder = new TextDecoder();
  }

  /** @param {Uint8Array} bytes */
  write(bytes) {
    const kept = bytes.subarray(0, Math.max(0, this.room));
    this.room -= kept.length;
    this.left += bytes.length - kept.length;
    if (kept.length) this.held += this.decoder.decode(kept, { stream: true });
    if (performance.now() - this.told > TELL_EVERY) this.flush();
    return bytes.length;
  }

  flush() {
    post({ kind: "text", text: this.held, left: this.left });
    this.held = "";
    this.told = performance.now();
  }
}
