// Where a panel opens: over what it belongs to, or below it where there is more room. What a phone's keyboard covers is no
// room.

const EDGE = 8; // pixels that stay free between the panel and the window's edge, and between it and what it belongs to

/**
 * @param {HTMLElement} panel whose position is fixed
 * @param {DOMRect} at
 * @param {{width: number, tallest: number}} size in pixels
 */
export function placeOver({ style }, at, { width: wanted, tallest }) {
  const { offsetTop = 0, height = innerHeight } = globalThis.visualViewport ?? {};
  const [above, below] = [at.top - offsetTop - 2 * EDGE, offsetTop + height - at.bottom - 2 * EDGE];
  const width = Math.min(wanted, innerWidth - 2 * EDGE);
  style.width = `${width}px`;
  style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
  style.maxHeight = `${Math.min(Math.max(above, below), tallest)}px`;
  style.bottom = above >= below ? `${innerHeight - at.top + EDGE}px` : "auto";
  style.top = above >= below ? "auto" : `${at.bottom + EDGE}px`;
}
