// The age of every figure, ticking once a second. The table is that of web/numbers.py.

const JUST_NOW_MS = 3_000;
const DAY_MS = 86_400_000;
const AGES = [
  [60_000, "age.seconds", 1_000],
  [3_600_000, "age.minutes", 60_000],
  [DAY_MS, "age.hours", 3_600_000],
];

/** How long ago, rounded down, in the page's language. */
export function ageText(ageMs, text) {
  if (ageMs < JUST_NOW_MS) return text["age.now"];
  for (const [belowMs, key, unitMs] of AGES) {
    if (ageMs < belowMs) return text[key].replace("{n}", Math.floor(ageMs / unitMs));
  }
  return text["age.days"].replace("{n}", Math.floor(ageMs / DAY_MS));
}

/** Server time in the browser: a phone's own clock may be minutes off. */
export class Clock {
  constructor(serverNow) {
    this.set(serverNow);
  }
  set(serverNow) {
    this.offset = serverNow - performance.now();
  }
  now() {
    return this.offset + performance.now();
  }
}

/** Write the age, or the note that stands in its place, of one figure element. */
export function writeAge(element, clock, text) {
  const field = element.querySelector('[data-field="age"]');
  if (!field) return;
  const { note, time } = element.dataset;
  const words = note ? note : time ? ageText(clock.now() - Number(time), text) : "";
  if (field.textContent !== words) field.textContent = words;
}
