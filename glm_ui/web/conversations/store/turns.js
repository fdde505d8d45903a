// One task after the other.

export class Turns {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * Runs `task` after all that was begun before it. One that fails stops none of the later ones.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  run(task) {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
