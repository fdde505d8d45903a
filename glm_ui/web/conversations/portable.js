// Records as JSON and back, whole: what JSON has no words for (a Blob, a Date) is marked, and a key of ours that looks
// like a mark is escaped. Values in, values out; no storage and no page.

const MARK = "$blob";

/**
 * A copy that JSON can hold. Blobs are read into data URLs.
 * @param {any} value
 * @returns {Promise<any>}
 */
export async function packed(value) {
  if (value instanceof Blob) return { [MARK]: await dataUrl(value) };
  if (Array.isArray(value)) return Promise.all(value.map(packed));
  if (!value || typeof value !== "object") return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, each]) => [key.startsWith("$") ? `$${key}` : key, await packed(each)]),
  );
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

/**
 * What `packed` had been given.
 * @param {any} value
 * @returns {any}
 */
export function unpacked(value) {
  if (Array.isArray(value)) return value.map(unpacked);
  if (!value || typeof value !== "object") return value;
  if (typeof value[MARK] === "string") return blobOf(value[MARK]);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.startsWith("$$") ? key.slice(1) : key, unpacked(each)]),
  );
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
export function dataUrl(blob) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {string} url */
function blobOf(url) {
  const [, type, base64, data] = /^data:([^,]*?)(;base64)?,(.*)$/s.exec(url) ?? [];
  if (data === undefined) throw new TypeError("A file in it is broken.");
  const bytes = base64
    ? Uint8Array.from(atob(data), (char) => char.charCodeAt(0))
    : new TextEncoder().encode(decodeURIComponent(data));
  return new Blob([bytes], { type });
}
