// What this browser tab keeps over a reload, beside the conversations: sessionStorage, which may be blocked.

const DRAFT = "glm-ui-draft";

/**
 * @param {string} name
 * @param {string} text
 */
export function remember(name, text) {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // Blocked in a third-party frame: a reload then starts empty, the list still has the conversation.
  }
}

/** @param {string} name */
export function remembered(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** A box's words that are not sent yet. `selector` finds Gradio's textarea, which may be made anew at any time. */
export class Draft {
  /**
   * @param {string} tab
   * @param {string} selector
   */
  constructor(tab, selector) {
    this.name = `${DRAFT}-${tab}`;
    document.addEventListener("input", ({ target }) => {
      if (target instanceof HTMLTextAreaElement && target.matches(selector)) this.keep(target.value);
    });
  }

  get text() {
    return remembered(this.name) ?? "";
  }

  /** @param {string} text */
  keep(text) {
    remember(this.name, text);
  }
}
