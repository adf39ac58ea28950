// Files on their way with their progress; without this module the form sends them by itself.

/** Send each chosen file by itself, so that one that fails costs only itself. */
export function sendFiles(form) {
  const input = form.querySelector('input[type="file"]'), list = form.querySelector(".files");
  form.classList.add("by-script");
  input.addEventListener("change", () => {
    for (const file of input.files) send(form, input.name, file, list);
    input.value = "";
  });
}

function send(form, name, file, list) {
  const item = document.createElement("li");
  const label = Object.assign(document.createElement("span"), { className: "name", textContent: file.name });
  const said = Object.assign(document.createElement("span"), { className: "said", textContent: "0 %" });
  const progress = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
  progress.setAttribute("aria-label", file.name);
  item.append(label, said, progress);
  item.dataset.stage = "sending";
  list.append(item);

  const body = new FormData(form);
  body.delete(name);
  body.append(name, file);
  const request = new XMLHttpRequest();
  request.upload.onprogress = ({ loaded, total }) => {
    progress.value = (100 * loaded) / total;
    said.textContent = `${Math.floor(progress.value)} %`;
  };
  request.onloadend = () => {
    const arrived = request.status >= 200 && request.status < 300;
    item.dataset.stage = arrived ? "arrived" : "failed";
    said.textContent = arrived ? "✓" : form.dataset.failed ?? "×";
  };
  request.open("POST", form.action);
  request.send(body);
}
