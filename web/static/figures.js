// Figures that came over the stream, put into the elements that show them.

const still = matchMedia("(prefers-reduced-motion: reduce)");

function rollOver(field) {
  if (still.matches) return;
  field.classList.remove("rolls");
  void field.offsetWidth; // starts the animation anew
  field.classList.add("rolls");
}

function write(element, name, words, animated) {
  const field = element.querySelector(`[data-field="${name}"]`);
  if (!field || field.textContent === words) return;
  field.textContent = words;
  if (animated) rollOver(field);
}

function attribute(element, name, value) {
  if (value === null || value === "") delete element.dataset[name];
  else element.dataset[name] = value;
}

/** Show one figure wherever the page has it. */
export function show(figure) {
  for (const element of document.querySelectorAll(`[data-figure="${CSS.escape(figure.id)}"]`)) {
    attribute(element, "state", figure.state);
    attribute(element, "time", figure.time);
    attribute(element, "note", figure.note);
    attribute(element, "watch", figure.watch ? "yes" : "");
    write(element, "text", figure.text, true);
    write(element, "unit", figure.unit, false);
    element.querySelector('[data-field="level"]')?.setAttribute("width", `${figure.level ?? 0}%`);
  }
}
