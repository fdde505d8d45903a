// In the sandboxed frame: starts the worker that holds Python, passes on what it says, and turns SVG pictures into PNG,
// which only a document can draw. No code of a model runs here.

/** Pixels of the longer side. */
const LARGEST = 2048;
const USUAL = { width: 800, height: 600 };

/** @param {string} text */
const scriptOf = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

/**
 * What is posted to `port` stands in `worker.js`, with pictures as data URLs.
 * @param {{files: Record<string, any>, memory: Uint8Array<ArrayBuffer> | null, code: string, most: number}} handed
 * `files`: what Python consists of; `memory`: what an earlier worker's was when it was ready
 * @param {MessagePort} port
 */
export function start({ files, memory, code, most }, port) {
  const { worker: source, loader, core, ...rest } = files;
  const worker = new Worker(scriptOf(source)); // browsers refuse a module here
  worker.onerror = ({ message }) => port.postMessage({ kind: "broken", why: message });
  worker.onmessage = async ({ data }) => {
    if (data?.kind === "done") data.pictures = await Promise.all(data.pictures.map(drawn));
    port.postMessage(data, data?.kind === "memory" ? [data.memory.buffer] : []);
  };
  const handed = { ...rest, loader: scriptOf(loader), core: scriptOf(core), memory, code, most };
  worker.postMessage(handed, [rest.wasm, rest.library, ...(memory ? [memory.buffer] : [])]);
}

/**
 * A picture as a data URL; "" for one that cannot be drawn.
 * @param {{type: string, data: Uint8Array<ArrayBuffer>}} picture
 */
async function drawn({ type, data }) {
  try {
    const blob = new Blob([data], { type });
    return await urlOf(type === "image/svg+xml" ? await rasterised(blob) : blob);
  } catch {
    return "";
  }
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
const urlOf = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = reject;
    reader.readAsDataURL(blob);
  });

/**
 * As an image an SVG runs no script and loads nothing.
 * @param {Blob} blob
 * @returns {Promise<Blob>}
 */
async function rasterised(blob) {
  const image = new Image();
  image.src = await urlOf(blob);
  await image.decode();
  const width = image.naturalWidth || USUAL.width;
  const height = image.naturalHeight || USUAL.height;
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((made) => (made ? resolve(made) : reject(new Error("no picture"))), "image/png"),
  );
}
