// What a finger points at on a chart, read from the table behind it.

/** Follow finger, mouse and arrow keys over one chart. */
export function readOut(chart) {
  const plot = chart.querySelector(".plot"), words = chart.querySelector(".readout");
  const finger = plot.querySelector(".finger");
  const rows = [...chart.querySelectorAll("tr[data-x]")].map((row) => ({
    x: Number(row.dataset.x), text: [...row.cells].map((cell) => cell.textContent).join("  "),
  }));
  if (!rows.length) return;
  let at = rows.length - 1;

  function show(index) {
    at = Math.min(Math.max(index, 0), rows.length - 1);
    for (const end of ["x1", "x2"]) finger.setAttribute(end, `${rows[at].x}%`);
    finger.setAttribute("visibility", "visible");
    words.textContent = rows[at].text;
  }

  function hide() {
    finger.setAttribute("visibility", "hidden");
    words.textContent = "";
  }

  function nearest(event) {
    const box = plot.getBoundingClientRect();
    const x = (100 * (event.clientX - box.left)) / box.width;
    let best = 0;
    for (let index = 1; index < rows.length; index++) {
      if (Math.abs(rows[index].x - x) < Math.abs(rows[best].x - x)) best = index;
    }
    show(best);
  }

  plot.addEventListener("pointermove", nearest);
  plot.addEventListener("pointerdown", nearest);
  plot.addEventListener("pointerleave", hide);
}
