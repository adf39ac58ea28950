// What every page has: menus that close, dialogs that open, forms that are sent once, charts that are read out.
// Everything works without it: menus are <details>, dialogs are links, forms are forms.

const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  if (event.target.matches("dialog")) event.target.close(); // the ground beside it
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const { ask } = form.dataset;
  if (form.classList.contains("sending") || (ask && !confirm(ask))) event.preventDefault();
  else if (form.method === "post") form.classList.add("sending");
});
// Back to a page that was kept: its forms may be sent again (the key makes the second time harmless).
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(".sending")) form.classList.remove("sending");
});

// After an error the first field that is wrong has the cursor.
document.querySelector("[data-wrong] :is(input, textarea, select), fieldset[data-wrong]")?.focus({ preventScroll: true });

if (document.querySelector("[data-chart]")) {
  const { readOut } = await import("./readout.js");
  for (const chart of document.querySelectorAll("[data-chart]")) readOut(chart);
}
if (document.querySelector("[data-upload]")) {
  const { sendFiles } = await import("./upload.js");
  for (const form of document.querySelectorAll("[data-upload]")) sendFiles(form);
}
