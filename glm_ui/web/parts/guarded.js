// Drawing that goes on past a part that cannot be drawn.

/**
 * Does each step whatever the others do: a part that cannot be drawn must not take the rest of a turn with it.
 * @param {...() => unknown} steps
 */
export function guarded(...steps) {
  for (const step of steps) {
    try {
      step();
    } catch (reason) {
      console.error("A part of a turn cannot be drawn:", reason);
    }
  }
}
