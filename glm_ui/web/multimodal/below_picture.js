// What stands below the picture on the stage: which of several it is, what it is, and what can be done with it. Keeps
// nothing.

import { h, iconButtonOf, iconOf } from "../parts/draw.js";

/** @typedef {{pictures: Array<Page.Picture>, boxes: Array<Wire.BoxTold>, current: number}} Seen */

/**
 * A tile for each picture, with how many boxes are in it.
 * @param {Seen} seen
 * @param {(index: number) => void} to shows that picture
 */
export const tiles = ({ pictures, boxes, current }, to) =>
  pictures.map((seen, i) => {
    const many = boxes.filter(({ picture }) => picture === i).length;
    return h(
      "button",
      {
        key: i,
        type: "button",
        class: "mm-strip-tile",
        role: "tab",
        "aria-selected": String(i === current),
        title: seen.name,
        "aria-label": seen.name,
        onclick: () => to(i),
      },
      seen.thumb ? h("img", { src: seen.thumb, alt: "" }) : h("span", {}, String(i + 1)),
      many > 0 && h("span", { class: "mm-count" }, String(many)),
    );
  });

/**
 * @param {Seen & {small: boolean, words: Wire.MultimodalWords}} seen `small`: no more than the thumbnail is left
 * @param {{save: () => unknown, select: (event: MouseEvent) => void, enlarge: () => unknown}} act
 */
export function captionOf({ pictures, boxes, current, small, words }, act) {
  const { name, size } = pictures[current];
  const many = boxes.length;
  const said = [
    name,
    size && `${size[0]}×${size[1]}`,
    many && `${many} ${many === 1 ? words.box : words.boxes}`,
    small && words.small_only,
  ];
  /**
   * @param {string} key
   * @param {string} icon
   * @param {string} label
   * @param {(event: MouseEvent) => unknown} onclick
   */
  const way = (key, icon, label, onclick) =>
    h("button", { key, type: "button", class: `mm-way mm-${key}`, onclick }, iconOf(icon), label);
  return [
    h("span", { class: "mm-said" }, said.filter(Boolean).join(" · ")),
    many > 0 && way("export", "download", words.export, act.save),
    way("select", "region", words.region_select, act.select),
    iconButtonOf("enlarge", words.enlarge, act.enlarge, { key: "enlarge" }),
  ];
}
