// One file on its way onto the server, followed and stoppable: to the address that Gradio's own file input uses, so that
// its limits hold, and then known to this visitor by an id. No page elements.

import { visitor } from "../server/identity.js";
import { postJson, Refused } from "../server/request.js";

const TOO_LARGE = 413;

/**
 * Resolves to {id, name, size}. `heard(sent)` in bytes; aborting `signal` ends the request and rejects.
 * @param {File} file
 * @param {(sent: number) => void} heard
 * @param {AbortSignal} signal
 * @returns {Promise<Wire.UploadTold>}
 */
export async function upload(file, heard, signal) {
  const path = await sent(file, heard, signal);
  return postJson("file", { visitor: visitor(), path, name: file.name }, signal);
}

/**
 * By XMLHttpRequest: fetch tells nothing of how far a body is.
 * @param {File} file
 * @param {(sent: number) => void} heard
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
function sent(file, heard, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const refuse = (why = "") =>
      reject(new Refused({ what: `“${file.name}” did not arrive on the server.`, why, todo: "Choose it again." }));
    request.upload.onprogress = ({ loaded }) => heard(Math.min(loaded, file.size));
    request.onload = () => {
      if (request.response?.error) return reject(new Refused(request.response.error));
      if (request.status === TOO_LARGE)
        return reject(new Refused({ what: `“${file.name}” is too large.`, why: "", todo: "Choose a smaller one." }));
      const path = request.status === 200 && Array.isArray(request.response) && request.response[0];
      return path ? resolve(path) : refuse(`The server answered ${request.status}.`);
    };
    request.onerror = () => refuse();
    request.onabort = () => reject(signal.reason);
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    const form = new FormData();
    form.append("files", file, file.name);
    request.open("POST", "gradio_api/upload");
    request.responseType = "json";
    request.send(form);
    return undefined;
  });
}
