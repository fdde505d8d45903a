// Gradio's two buttons of a composer are pictures without a name, and are made anew each time they take turns.

/** @param {string} id of the composer */
export function nameButtons(id) {
  const place = document.querySelector(`#${id} .input-container`);
  if (!place) return void setTimeout(nameButtons, 50, id);
  const name = () => {
    place.querySelector(".submit-button")?.setAttribute("aria-label", "Send");
    place.querySelector(".stop-button")?.setAttribute("aria-label", "Stop");
  };
  new MutationObserver(name).observe(place, { childList: true });
  return name();
}
