// The customer's page: figures live, ages ticking, the chart when it comes into view.

import { Clock, moment, writeAge } from "../ages.js";
import { show } from "../figures.js";
import { follow } from "../live.js";

const knows = JSON.parse(document.body.dataset.knows);
const clock = new Clock(knows.now);
const page = document.documentElement;
const ARRIVING_MS = 10_000;
let arrived = -Infinity; // when a reading last came, by the browser's own clock
let lastSeen = knows.now;
let chart, unlinked = false, snapshots = 0;

function tick() {
  for (const element of document.querySelectorAll("[data-time], [data-note]")) writeAge(element, clock, knows.text);
  page.classList.toggle("arriving", performance.now() - arrived < ARRIVING_MS);
  chart?.tick();
}

function linked(yes) {
  if (yes) {
    lastSeen = clock.now();
    if (unlinked) chart?.refetchSoon(); // what came meanwhile is not on it
    document.getElementById("link").hidden = true;
  } else if (!unlinked) {
    tell("notice.page");
  }
  unlinked = !yes;
  page.classList.toggle("unlinked", unlinked);
}

/** That the page stands still, and since when. */
function tell(key) {
  const banner = document.getElementById("link");
  const when = moment(lastSeen, clock.now(), knows.locale, knows.timezone);
  banner.textContent = knows.text[key].replace("{when}", when);
  banner.hidden = false;
}

function crowded() {
  unlinked = true;
  page.classList.add("unlinked");
  tell("notice.crowded");
}

function figures(list, whole) {
  if (whole && ++snapshots > 1) chart?.refetchSoon();
  for (const figure of list) {
    if (figure.id === "updated" && figure.time !== null) {
      const element = document.querySelector('[data-figure="updated"]');
      // The first reading of a new project: the sentence around it comes from the server.
      if (!element.querySelector('[data-field="age"]')) return location.reload();
      if (!whole && figure.state === "fresh") arrived = performance.now();
    }
    // What was never measured there before: its place on the page comes from the server.
    if (/^(room|site)-/.test(figure.id) && !document.querySelector(`[data-figure="${figure.id}"]`)) return location.reload();
    if (figure.id === "power" && figure.value !== null) chart?.append(figure.time, figure.value);
    show(figure);
  }
  tick();
}

async function openChart() {
  const element = document.getElementById("chart");
  if (!element) return;
  const { PowerChart } = await import("../chart.js");
  chart = new PowerChart(element, document.getElementById("chart-caption"), knows, clock);
  await chart.refetch();
}

follow(knows.live, {
  figures, linked, crowded, tick, now: (now) => clock.set(now), asks: knows.figures, chart: () => chart?.refetch(),
});
setInterval(tick, 1_000);
tick();
openChart();
