// A sheet as PNG pictures: laid out out of sight, cut, put into an SVG picture that asks nobody, and drawn on a canvas.
//
// A picture of SVG runs no script and fetches nothing, whatever stands in it. Its address is a data URL: with a blob's,
// Chromium would not give the canvas back.

import { el, findAll } from "../parts/dom.js";
import { cutsOf, xmlText } from "./cuts.js";
import { TooLong, WIDTH } from "./sheet.js";

const SVG = "http://www.w3.org/2000/svg";
const SCALE = 2;
/** CSS pixels. Browsers on phones give a canvas no more than 16.7 million pixels; others 16,384 on a side. */
const LONGEST = 5600;
const MOST = 8;
/** The smallest that what is too wide becomes, as a part of its size. */
const SMALLEST = 0.4;

/**
 * @param {Array<HTMLElement>} rows
 * @param {string} styles
 * @returns {Promise<Array<Blob>>} PNG pictures, from top to bottom
 * @throws {TooLong | Error}
 */
export async function picturesOf(rows, styles) {
  const sheet = el("div", { class: "glm sheet" }, ...rows);
  const { tops, height, cuts } = await laidOut(sheet, rows, styles);
  if (cuts.length > MOST) throw new TooLong();
  const pictures = [];
  for (const [i, bottom] of cuts.entries()) {
    const top = cuts[i - 1] ?? 0;
    const end = (/** @type {number} */ row) => tops[row + 1] ?? height;
    const part = rows.flatMap((row, n) => {
      if (tops[n] >= bottom || end(n) <= top) return [];
      const copy = /** @type {HTMLElement} */ (row.cloneNode(true));
      copy.style.cssText += `;position:absolute;left:40px;top:${tops[n] - top}px`;
      return [copy];
    });
    pictures.push(await drawn(svgOf(part, styles, bottom - top), bottom - top));
  }
  return pictures;
}

/**
 * Measures the sheet where no style of the page reaches it.
 * @param {HTMLElement} sheet
 * @param {Array<HTMLElement>} rows
 * @param {string} styles
 */
async function laidOut(sheet, rows, styles) {
  const host = el("div", { "aria-hidden": "true", style: `position:fixed;top:0;left:${-4 * WIDTH}px` });
  host.inert = true;
  host.attachShadow({ mode: "closed" }).append(el("style", {}, styles), sheet);
  document.body.append(host);
  try {
    const images = [...sheet.querySelectorAll("img")];
    await Promise.all(images.map((image) => image.decode().catch(() => image.remove())));
    fit(sheet);
    const { top, height } = sheet.getBoundingClientRect();
    const tops = rows.map((row) => row.getBoundingClientRect().top - top);
    return { tops, height, cuts: cutsOf(height, solidOf(sheet, top), LONGEST) };
  } finally {
    host.remove();
  }
}

/**
 * What would stand out at the right becomes smaller, since nobody can scroll a picture.
 * @param {HTMLElement} sheet
 */
function fit(sheet) {
  for (const wide of findAll(".md-table, .md-formula-block, .md-formula-row", sheet)) {
    const part = wide.clientWidth / wide.scrollWidth;
    if (part < 1) wide.style.fontSize = `${Math.max(part * 0.97, SMALLEST)}em`;
  }
}

/**
 * Lines of text, rows of tables, formulas and pictures: from where to where they go.
 * @param {HTMLElement} sheet
 * @param {number} above
 */
function solidOf(sheet, above) {
  const boxes = [...sheet.querySelectorAll("img, math, tr, .md-code-head")].map((each) => each.getBoundingClientRect());
  const range = document.createRange();
  const texts = document.createTreeWalker(sheet, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    range.selectNodeContents(text);
    boxes.push(...range.getClientRects());
  }
  return boxes.map(({ top, bottom }) => /** @type {[number, number]} */ ([top - above, bottom - above]));
}

/**
 * @param {Array<HTMLElement>} rows
 * @param {string} styles
 * @param {number} height
 */
function svgOf(rows, styles, height) {
  const svg = document.createElementNS(SVG, "svg");
  const room = document.createElementNS(SVG, "foreignObject");
  const size = { width: String(WIDTH * SCALE), height: String(height * SCALE), viewBox: `0 0 ${WIDTH} ${height}` };
  for (const [name, value] of Object.entries(size)) svg.setAttribute(name, value);
  for (const [name, value] of Object.entries({ width: WIDTH, height })) room.setAttribute(name, String(value));
  const sheet = el("div", { class: "glm sheet", style: `height:${height}px;overflow:hidden` }, ...rows);
  room.append(el("style", {}, styles), sheet);
  svg.append(room);
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(xmlText(new XMLSerializer().serializeToString(svg)))}`;
}

/**
 * @param {string} address
 * @param {number} height
 * @returns {Promise<Blob>}
 */
async function drawn(address, height) {
  const image = new Image();
  const loaded = new Promise((done, fail) => Object.assign(image, { onload: done, onerror: fail }));
  image.src = address;
  await loaded;
  const canvas = el("canvas", { width: WIDTH * SCALE, height: height * SCALE });
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("There is no canvas.");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("The canvas is empty."))), "image/png"),
  );
}
