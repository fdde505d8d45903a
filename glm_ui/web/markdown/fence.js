// A code block that is still open at the top level: its text is appended to the one it has, without parsing.
// Colours and everything else come when it is closed, from the ordinary way of drawing.

import { codeBlock } from "./pieces.js";

const OPENER = /^(`{3,}(?=[^`\n]*\n)|~{3,})([^\n]*)\n/;

export class OpenFence {
  /**
   * For a text that begins with the opening line of a fence, else null.
   * @param {string} src
   * @param {number} start
   */
  static at(src, start) {
    const opener = OPENER.exec(src.slice(start, start + 400));
    return opener && new OpenFence(start + opener[0].length, opener[1], opener[2].trim());
  }

  /**
   * @param {number} start where its first line begins
   * @param {string} mark
   * @param {string} language
   */
  constructor(start, mark, language) {
    this.closer = new RegExp(`^ {0,3}${mark[0]}{${mark.length},} *$`);
    this.line = start; // where the line that is not complete yet begins
    this.shown = start; // up to where the text stands on the page
    this.node = codeBlock(language, "", false);
    this.text = document.createTextNode("");
    this.node.querySelector("code")?.append(this.text);
  }

  /**
   * Shows what has come. false when the closing line is there.
   * @param {string} src
   */
  grow(src) {
    for (let end = src.indexOf("\n", this.line); end >= 0; end = src.indexOf("\n", this.line)) {
      if (this.closer.test(src.slice(this.line, end))) return false;
      this.line = end + 1;
    }
    const last = src.slice(this.line);
    // A line of fence marks may turn out to be the closing one; a line break shows with the line after it.
    const end = /^ {0,3}[`~]*$/.test(last) ? this.line - 1 : src.length;
    if (end > this.shown) {
      this.text.appendData(src.slice(this.shown, end));
      this.shown = end;
    }
    return true;
  }
}
