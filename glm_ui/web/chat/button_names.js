// Gradio's two buttons of a composer are pictures without a name, and are made anew each time they take turns.

/**
 * @param {string} id of the composer
 * @param {Wire.Words} words
 */
export function nameButtons(id, words) {
  const place = document.querySelector(`#${id} .input-container`);
  if (!place) return void setTimeout(nameButtons, 50, id, words);
  const name = () => {
    place.querySelector(".submit-button")?.setAttribute("aria-label", words.send);
    place.querySelector(".stop-button")?.setAttribute("aria-label", words.stop);
  };
  new MutationObserver(name).observe(place, { childList: true });
  return name();
}
