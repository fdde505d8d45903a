// The conversation files inside a ZIP, read by the browser's own inflater. Names and sizes are checked before anything
// is unpacked; nothing else of the archive is touched.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const WANTED = /(^|\/)conversations(-\d+)?\.json$/;
const LARGEST = 2 ** 30;

/** @param {Blob} file */
export async function isZip(file) {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

/**
 * The texts of all conversation files of the archive. Throws TypeError or RangeError where it is broken.
 * @param {Blob} file
 */
export async function jsonFilesIn(file) {
  const texts = [];
  for (const entry of (await entriesOf(file)).filter(({ name }) => WANTED.test(name)))
    texts.push(await textOf(file, entry));
  return texts;
}

/** @param {Blob} file */
async function entriesOf(file) {
  const from = Math.max(0, file.size - 65_557);
  const tail = new DataView(await file.slice(from).arrayBuffer());
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at -= 1;
  if (at < 0) throw new TypeError("no end of a ZIP");
  const count = tail.getUint16(at + 10, true);
  const start = tail.getUint32(at + 16, true);
  const view = new DataView(await file.slice(start, start + tail.getUint32(at + 12, true)).arrayBuffer());
  const entries = [];
  for (let i = 0, place = 0; i < count && view.getUint32(place, true) === ENTRY; i += 1) {
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, place + 46, nameLength));
    entries.push({
      name,
      method: view.getUint16(place + 10, true),
      packed: view.getUint32(place + 20, true),
      size: view.getUint32(place + 24, true),
      at: view.getUint32(place + 42, true),
    });
    place += 46 + nameLength + extra + comment;
  }
  return entries;
}

/**
 * @param {Blob} file
 * @param {{method: number, packed: number, size: number, at: number}} entry
 */
async function textOf(file, { method, packed, size, at }) {
  if (size > LARGEST) throw new RangeError("too large");
  const head = new DataView(await file.slice(at, at + 30).arrayBuffer());
  const start = at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const body = file.slice(start, start + packed);
  if (method === 0) return body.text();
  if (method !== 8) throw new TypeError("packed in an unknown way");
  const reader = body.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const pieces = [];
  for (let came = 0; ;) {
    const { value, done } = await reader.read();
    if (done) break;
    came += value.length;
    if (came > LARGEST) throw new RangeError("too large");
    pieces.push(value);
  }
  return new Blob(pieces).text();
}
