// The address of a conversation: `#c=<id>` behind the page's own path, which Gradio and a proxy choose. What stands behind
// `#` goes to no server.

const HASH = /^#c=([\w-]{1,100})$/;
/** What of the query stays: how the page looks, not what is to be done once. */
const KEPT = ["lang", "__theme"];

/**
 * The conversation that an address names, or "".
 * @param {string} hash
 */
export const namedIn = (hash) => HASH.exec(hash)?.[1] ?? "";

/** @param {string} id */
export const hashOf = (id) => `#c=${id}`;

/**
 * Where a conversation is opened. In the frame of a Space that is the Space's page: what a browser keeps for a framed
 * page, it keeps for that frame alone.
 * @param {string} id "" for the page without a conversation
 * @param {{path: string, search: string, space?: string, framed?: boolean}} at
 */
export function linkTo(id, { path, search, space = "", framed = false }) {
  const hash = id && hashOf(id);
  if (framed && space) return `https://huggingface.co/spaces/${space}${hash}`;
  const kept = new URLSearchParams([...new URLSearchParams(search)].filter(([name]) => KEPT.includes(name))).toString();
  return `${path}${kept && `?${kept}`}${hash}`;
}

/**
 * As `linkTo`, from where this page stands. `space`: the Space's name, or "".
 * @param {string} space
 */
export const linker = (space) => (/** @type {string} */ id) =>
  linkTo(id, { path: location.pathname, search: location.search, space, framed: parent !== window });
