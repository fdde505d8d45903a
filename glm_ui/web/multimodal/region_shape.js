// A region that is drawn on a picture: its corners while it is drawn, moved, sized, and its pixels. Pure: no page.

/**
 * @typedef {[number, number]} Pair across and down
 * @typedef {[number, number, number, number]} Box left, top, right, bottom, in thousandths of the picture
 * @typedef {[-1 | 0 | 1, -1 | 0 | 1]} Grip which sides are held: left or right, top or bottom; [0, 0] holds it as a whole
 */

const WHOLE = 1000;
/** A drag of fewer pixels on the screen was a click. */
const LEAST_DRAG = 8;
const STEP = 10;

/** @type {Box} */
export const MIDDLE = [250, 250, 750, 750];

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
const within = (value, low, high) => Math.min(Math.max(value, low), high);
/** @param {number} value */
const inside = (value) => within(value, 0, WHOLE);

/**
 * The point of the picture that lies there on the screen, or its edge where that is beside the picture.
 * @param {{clientX: number, clientY: number}} at
 * @param {{left: number, top: number, width: number, height: number}} frame where the picture is on the screen
 * @returns {Pair}
 */
export const pointOf = ({ clientX, clientY }, { left, top, width, height }) => [
  inside(((clientX - left) / width) * WHOLE),
  inside(((clientY - top) / height) * WHOLE),
];

/**
 * @param {Pair} a
 * @param {Pair} b
 * @returns {Box} with these two corners
 */
export const between = ([ax, ay], [bx, by]) => [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];

/**
 * The side of [low, high] that `at` holds; undefined: none. Between the sides a third stays free, however small it is.
 * @param {number} low
 * @param {number} high
 * @param {number} at
 * @param {number} reach
 * @returns {-1 | 0 | 1 | undefined}
 */
function sideAt(low, high, at, reach) {
  if (at < low - reach || at > high + reach) return undefined;
  const inward = Math.min(reach, (high - low) / 3);
  if (at <= low + inward) return -1;
  return at >= high - inward ? 1 : 0;
}

/**
 * What of the region a pointer holds; null: none of it.
 * @param {Box | null} box
 * @param {Pair} at
 * @param {Pair} reach how far from a side still holds it, in thousandths
 * @returns {Grip | null}
 */
export function gripAt(box, at, reach) {
  if (!box) return null;
  const x = sideAt(box[0], box[2], at[0], reach[0]);
  const y = sideAt(box[1], box[3], at[1], reach[1]);
  return x === undefined || y === undefined ? null : [x, y];
}

/**
 * The region once it was dragged from one point to another; a side may be drawn over the other.
 * @param {Box} box as it was before
 * @param {Grip} grip
 * @param {Pair} from
 * @param {Pair} to
 * @returns {Box}
 */
export function dragged(box, grip, from, to) {
  const by = [to[0] - from[0], to[1] - from[1]];
  if (!grip[0] && !grip[1]) return moved(box, by[0], by[1]);
  const [left, top, right, bottom] = box.map((side, i) =>
    grip[i % 2] === (i < 2 ? -1 : 1) ? inside(side + by[i % 2]) : side,
  );
  return between([left, top], [right, bottom]);
}

/**
 * @param {Box} box
 * @param {number} x
 * @param {number} y
 * @returns {Box} as large as before, within the picture
 */
function moved([left, top, right, bottom], x, y) {
  const dx = within(x, -left, WHOLE - right);
  const dy = within(y, -top, WHOLE - bottom);
  return [left + dx, top + dy, right + dx, bottom + dy];
}

/**
 * The region after a press of an arrow key.
 * @param {Box} box
 * @param {Pair} way one step: [1, 0] is to the right
 * @param {{size: Pair, sizes: boolean, fast: boolean}} how `size` is the picture's, in pixels; `sizes`: the right and the
 *   lower side go alone; `fast`: the key is held
 * @returns {Box}
 */
export function nudged(box, way, { size, sizes, fast }) {
  const step = size.map((pixels) => Math.max(fast ? 3 * STEP : STEP, WHOLE / pixels));
  const [x, y] = [way[0] * step[0], way[1] * step[1]];
  if (!sizes) return moved(box, x, y);
  const [left, top, right, bottom] = box;
  const low = [Math.min(right, left + step[0]), Math.min(bottom, top + step[1])];
  return [left, top, within(right + x, low[0], WHOLE), within(bottom + y, low[1], WHOLE)];
}

/**
 * Whether it is too small on the screen to have been meant.
 * @param {Box} box
 * @param {{width: number, height: number}} frame
 */
export const isTooSmall = ([left, top, right, bottom], { width, height }) =>
  ((right - left) * width) / WHOLE < LEAST_DRAG || ((bottom - top) * height) / WHOLE < LEAST_DRAG;

/**
 * The nearest whole pixels of the picture, one at least each way.
 * @param {Box} box
 * @param {Pair} size of the picture, in pixels
 */
export function pixelsOf([left, top, right, bottom], [width, height]) {
  /** @type {(low: number, high: number, many: number) => Pair} */
  const span = (low, high, many) => {
    const first = Math.min(Math.round((low / WHOLE) * many), many - 1);
    return [first, Math.max(Math.round((high / WHOLE) * many), first + 1) - first];
  };
  const [x, y] = [span(left, right, width), span(top, bottom, height)];
  return { left: x[0], top: y[0], width: x[1], height: y[1] };
}

/**
 * The region with its sides between pixels, so that what is cut out is what was said.
 * @param {Box} box
 * @param {Pair} size of the picture, in pixels
 * @returns {Box}
 */
export function onPixels(box, size) {
  const { left, top, width, height } = pixelsOf(box, size);
  const [x, y] = [WHOLE / size[0], WHOLE / size[1]];
  return [left * x, top * y, Math.min(WHOLE, (left + width) * x), Math.min(WHOLE, (top + height) * y)];
}
