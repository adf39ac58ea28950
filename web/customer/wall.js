// The screen on a wall: it goes on by itself, is dim at night, and begins anew each day.

import { Clock, moment, writeAge } from "../ages.js";
import { show } from "../figures.js";
import { follow } from "../live.js";

const knows = JSON.parse(document.body.dataset.knows);
const clock = new Clock(knows.now);
const page = document.documentElement;
const NIGHT = [22, 6]; // as in wall.py
const STRIP_EVERY_MS = 60_000;
const LIVES_MS = 6 * 3_600_000; // a page that is never closed would never hear of a newer one
const hour = new Intl.DateTimeFormat("en", { hour: "numeric", hourCycle: "h23", timeZone: knows.timezone });
const born = performance.now();
let drawn = performance.now(), lastSeen = knows.now, unlinked = false;

function tick() {
  for (const element of document.querySelectorAll("[data-time], [data-note]")) writeAge(element, clock, knows.text);
  const now = Number(hour.format(clock.now()));
  document.body.toggleAttribute("data-dim", now >= NIGHT[0] || now < NIGHT[1]);
  if (unlinked) return;
  if (performance.now() - born > LIVES_MS) location.reload();
  else if (performance.now() - drawn > STRIP_EVERY_MS) redraw();
}

async function redraw() {
  drawn = performance.now();
  const answer = await fetch(`${knows.path}/day?lang=${knows.language}`).catch(() => undefined);
  if (!answer?.ok) return;
  const day = document.createRange().createContextualFragment(await answer.text());
  const today = document.getElementById("today");
  today.replaceChildren(...[".sentence", ".strip"].map((part) => day.querySelector(part)).filter(Boolean));
}

function figures(list) {
  for (const figure of list) {
    // The first reading: its place on the page comes from the server.
    if (figure.id === "updated" && figure.time !== null && !document.querySelector('[data-figure="updated"][data-time]')) return location.reload();
    show(figure);
    if (figure.id === "headline") document.querySelector(".live").dataset.state = figure.state;
  }
  tick();
}

function linked(yes) {
  if (yes) lastSeen = clock.now();
  if (yes && unlinked) redraw();
  if (!yes && !unlinked) {
    const when = moment(lastSeen, clock.now(), knows.locale, knows.timezone);
    document.getElementById("link").textContent = knows.text["notice.page"].replace("{when}", when);
  }
  document.getElementById("link").hidden = yes;
  unlinked = !yes;
  page.classList.toggle("unlinked", unlinked);
}

/** A tablet by the door does not sleep. */
async function stayAwake() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => {});
}

document.addEventListener("visibilitychange", stayAwake);
follow(knows.live, { figures, linked, crowded: () => linked(false), tick, now: (now) => clock.set(now), asks: knows.figures, day: redraw });
setInterval(tick, 1_000);
tick();
stayAwake();
