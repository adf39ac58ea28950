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

/**
 * How long ago. Some systems stop the monotonic clock while a phone sleeps, and people set the other one: the
 * longer of the two makes nothing look fresher than it is.
 */
export class Stopwatch {
  constructor() {
    this.reset();
  }
  reset() {
    this.monotonic = performance.now();
    this.wall = Date.now();
  }
  ms() {
    return Math.max(performance.now() - this.monotonic, Date.now() - this.wall);
  }
}

/** Server time in the browser: a phone's own clock may be hours off. */
export class Clock {
  constructor(serverNow) {
    this.since = new Stopwatch();
    this.set(serverNow);
  }
  set(serverNow) {
    this.server = serverNow;
    this.since.reset();
  }
  now() {
    return this.server + this.since.ms();
  }
}

/** The local time of a moment at the site, with its date where that is not today's: as web/numbers.py. */
export function moment(time, now, locale, timeZone) {
  const form = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const hours = form({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(time);
  const day = form({ year: "numeric", month: "numeric", day: "numeric" });
  if (day.format(time) === day.format(now)) return hours;
  const year = form({ year: "numeric" });
  const years = year.format(time) === year.format(now) ? {} : { year: "numeric" };
  return `${form({ ...years, month: "short", day: "numeric" }).format(time)} ${hours}`;
}

/** Write the age, or the note that stands in its place, of one figure element. */
export function writeAge(element, clock, text) {
  const field = element.querySelector('[data-field="age"]');
  if (!field) return;
  const { note, time } = element.dataset;
  const words = note ? note : time ? ageText(clock.now() - Number(time), text) : "";
  if (field.textContent !== words) field.textContent = words;
}
