// Brings nodes that are on the page to the shape of freshly made ones, touching only what differs: a selection, an
// opened fold, a scrolled table live on while the text around them grows. Knows nothing of Markdown.

const MOST_NEW = 300;

/**
 * Makes the children of `parent` from `from` on (null: none) equal to `wanted`, and returns the nodes that stand
 * there. Nodes in `kept` are on the page already and stay as they are.
 * @param {Node} parent
 * @param {ChildNode | null} from
 * @param {Array<ChildNode>} wanted
 * @param {Set<ChildNode>} kept
 */
export function arrange(parent, from, wanted, kept = new Set()) {
  let at = from;
  /** @type {Array<ChildNode>} */
  const standing = [];
  for (const node of wanted) {
    if (kept.has(node)) {
      while (at && at !== node && !kept.has(at)) at = removed(at);
      if (at !== node) parent.insertBefore(node, at);
      standing.push(node);
      at = node.nextSibling;
    } else if (at && !kept.has(at)) {
      const next = at.nextSibling;
      standing.push(morph(at, node));
      at = next;
    } else {
      parent.insertBefore(node, at);
      standing.push(node);
    }
  }
  while (at) at = kept.has(at) ? at.nextSibling : removed(at);
  return standing;
}

/** @param {ChildNode} node */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/**
 * @param {ChildNode} old
 * @param {ChildNode} made
 */
function morph(old, made) {
  if (old.isEqualNode(made)) return old;
  if (old instanceof Text && made instanceof Text) {
    if (made.data.startsWith(old.data)) old.appendData(made.data.slice(old.length));
    else old.data = made.data;
    return old;
  }
  // What still waits for its look (late.js) is known there by its node, and so taken as it is.
  const alike = old instanceof Element && made instanceof Element && old.nodeName === made.nodeName;
  if (!alike || made.hasAttribute("data-waiting") || comesAnew(old, made)) {
    old.replaceWith(made);
    return made;
  }
  for (const { name } of [...old.attributes])
    if (name !== "open" && !made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  arrange(old, old.firstChild, [...made.childNodes]);
  return old;
}

/**
 * With each child that comes the browser looks through all of them for the letter that decides `dir="auto"`.
 * @param {Element} old
 * @param {Element} made
 */
const comesAnew = (old, made) =>
  made instanceof HTMLElement && made.dir === "auto" && made.childNodes.length > old.childNodes.length + MOST_NEW;
