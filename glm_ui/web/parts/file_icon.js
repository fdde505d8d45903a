// Which icon stands for a file. Pure: no page, no network.

const PICTURE = /\.(png|jpe?g|gif|webp|heic|bmp|tiff?)$/i;

/** @param {string} name of a file */
export const iconOfFile = (name) => (PICTURE.test(name) ? "picture" : "file");
