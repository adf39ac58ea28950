// The customer's page: figures live, ages ticking, the chart when it comes into view.

import { Clock, writeAge } from "./ages.js";
import { show } from "./figures.js";
import { follow } from "./live.js";

const knows = JSON.parse(document.body.dataset.knows);
const clock = new Clock(knows.now);
const page = document.documentElement;
const hours = new Intl.DateTimeFormat(knows.locale, {
  hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: knows.timezone,
});
const ARRIVING_MS = 10_000;
let arrived = -Infinity; // when a reading last came, by the browser's own clock
let lastSeen = knows.now;
let chart;

function tick() {
  for (const element of document.querySelectorAll("[data-time], [data-note]")) writeAge(element, clock, knows.text);
  page.classList.toggle("arriving", performance.now() - arrived < ARRIVING_MS);
  chart?.tick();
}

function linked(yes) {
  const banner = document.getElementById("link");
  page.classList.toggle("unlinked", !yes);
  if (yes) {
    lastSeen = clock.now();
    banner.hidden = true;
  } else if (banner.hidden) {
    banner.textContent = knows.text["notice.page"].replace("{when}", hours.format(lastSeen));
    banner.hidden = false;
  }
}

function figures(list, whole) {
  for (const figure of list) {
    if (figure.id === "updated" && figure.time !== null) {
      const element = document.querySelector('[data-figure="updated"]');
      // The first reading of a new project: the sentence around it comes from the server.
      if (!element.querySelector('[data-field="age"]')) return location.reload();
      if (!whole && figure.state === "fresh") arrived = performance.now();
    }
    if (figure.id === "power" && figure.value !== null) chart?.append(figure.time, figure.value);
    show(figure);
  }
  tick();
}

async function openChart() {
  const element = document.getElementById("chart");
  if (!element) return;
  const { PowerChart } = await import("./chart.js");
  chart = new PowerChart(element, document.getElementById("chart-caption"), knows, clock);
  await chart.refetch();
}

follow(knows.live, { figures, linked, now: (now) => clock.set(now), chart: () => chart?.refetch() });
setInterval(tick, 1_000);
tick();
openChart();
