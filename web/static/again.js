// A page of staff that stays true: told that something has changed, it asks for itself once more and takes over
// the parts that differ. What somebody types or opens meanwhile is not theirs to lose: it stands outside the parts.

import { Clock, ageText } from "./ages.js";
import { follow } from "./live.js";

const EVERY_MS = 3_000; // asked again at most so often
const AT_LEAST_MS = 30_000; // time alone makes a device late: asked again so often, whatever is told

/** Keep the parts with these ids as the server has them; `changed` is given those that were taken over. */
export function keep(ids, changed = () => {}) {
  const { live, knows } = document.body.dataset;
  const { now, text } = JSON.parse(knows);
  const clock = new Clock(now);
  let asked = performance.now(), due;

  function tick() {
    for (const field of document.querySelectorAll("[data-time]")) {
      const words = ageText(Math.max(0, clock.now() - Number(field.dataset.time)), text);
      if (field.textContent !== words) field.textContent = words;
    }
  }

  function soon(waitMs = EVERY_MS) {
    const at = Math.max(0, asked + waitMs - performance.now());
    if (due && due.at <= performance.now() + at) return;
    clearTimeout(due?.timer);
    due = { at: performance.now() + at, timer: setTimeout(again, at) };
  }

  async function again() {
    due = undefined;
    asked = performance.now();
    if (!document.hidden) await take().catch(() => {}); // without the server the page says so already
    soon(AT_LEAST_MS);
  }

  async function take() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.redirected || answer.status === 404) return location.reload(); // signed out, or no longer there
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const replaced = [];
    for (const id of ids) {
      const here = document.getElementById(id), there = fresh.getElementById(id);
      if (!here || !there || here.querySelector("details[open]")) continue; // somebody reads there
      if (shownOf(here) === shownOf(there)) continue;
      replace(here, there);
      replaced.push(here);
    }
    clock.set(JSON.parse(fresh.body.dataset.knows).now);
    tick();
    changed(replaced);
  }

  /** What a part says, without the ages that tick by themselves and what scripts have drawn. */
  function shownOf(part) {
    const copy = part.cloneNode(true);
    for (const field of copy.querySelectorAll("[data-time], .readout")) field.textContent = "";
    for (const finger of copy.querySelectorAll(".finger")) finger.remove();
    return copy.innerHTML;
  }

  function replace(here, there) {
    const held = here.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    here.replaceChildren(...there.childNodes);
    if (held) here.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }

  follow(live, {
    changed: () => soon(),
    now: (serverNow) => clock.set(serverNow),
    linked: (yes) => {
      document.documentElement.classList.toggle("unlinked", !yes);
      document.getElementById("link").hidden = yes;
    },
    crowded: () => {},
    tick: () => { tick(); soon(); },
  });
  setInterval(tick, 1_000);
  soon(AT_LEAST_MS);
}
