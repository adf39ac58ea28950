// A link that was just made: copied with a press, printed as a card. Without a script it is text to be marked.

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue; // plain HTTP
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.querySelector("span").textContent = button.dataset.copied;
  });
}
