// The customer's page: figures live, ages ticking, today's strip anew each minute, and what was lost said aloud.

import { Clock, moment, writeAge } from "../ages.js";
import { show } from "../figures.js";
import { follow } from "../live.js";
import { Days } from "./days.js";

const knows = JSON.parse(document.body.dataset.knows);
const page = document.documentElement;
const ARRIVING_MS = 10_000;
const STRIP_EVERY_MS = 60_000;
// A page that was kept for want of a network: by this browser's clock it is so old.
const kept = Number(page.dataset.kept);
const clock = new Clock(knows.now);
if (kept) clock.set(knows.now + Math.max(Date.now() - kept, 0));
const days = new Days(document.getElementById("day"), knows);
let arrived = -Infinity; // when a reading last came, by the browser's own clock
let drawn = performance.now();
let lastSeen = knows.now;
let unlinked = Boolean(kept), snapshots = 0;

function tick() {
  for (const element of document.querySelectorAll("[data-time], [data-note]")) writeAge(element, clock, knows.text);
  page.classList.toggle("arriving", performance.now() - arrived < ARRIVING_MS);
  if (!unlinked && performance.now() - drawn > STRIP_EVERY_MS) redraw();
}

function redraw() {
  drawn = performance.now();
  days.refresh();
}

function linked(yes) {
  if (yes) {
    if (kept) return location.reload(); // what is kept is one thing, what holds now another
    lastSeen = clock.now();
    if (unlinked) redraw(); // what came meanwhile is not on it
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
  if (whole && ++snapshots > 1) redraw();
  for (const figure of list) {
    if (figure.id === "updated" && figure.time !== null) {
      const element = document.querySelector('[data-figure="updated"]');
      // The first reading of a new project: the sentence around it comes from the server.
      if (!element.querySelector('[data-field="age"]')) return location.reload();
      if (!whole && figure.state === "fresh") arrived = performance.now();
    }
    // What was never measured there before: its place on the page comes from the server.
    if (/^(room|site)-/.test(figure.id) && !document.querySelector(`[data-figure="${figure.id}"]`)) return location.reload();
    show(figure);
  }
  tick();
}

/** The last page is kept on the device, and the browser may offer to put it on the home screen. */
function keep() {
  if (!document.querySelector('link[rel="manifest"]')) return;
  navigator.serviceWorker?.register(`${knows.path}/worker.js`, { scope: knows.path, updateViaCache: "none" }).catch(() => {});
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const offer = document.querySelector(".install");
    offer.hidden = false;
    offer.querySelector("button").onclick = () => {
      offer.hidden = true;
      event.prompt();
    };
  });
}

if (kept) tell("notice.kept");
follow(knows.live, {
  figures, linked, crowded, tick, now: (now) => clock.set(now), asks: knows.figures, day: redraw,
});
setInterval(tick, 1_000);
tick();
if (document.readyState === "complete") keep();
else addEventListener("load", keep);
