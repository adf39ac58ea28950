// Another day without another page: the slider, the links and the date field ask for the part that changes.

import { readOut } from "../kit/readout.js";

const DAY_MS = 86_400_000;
const SETTLES_MS = 120; // a finger that slides asks for the day it stays at
const MOST_HELD = 40;
const OVER = [403, 404, 410]; // the link has ended

/** Days from one date to another, both as 2026-11-20. */
const between = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
const plus = (date, days) => new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);

export class Days {
  constructor(section, knows) {
    Object.assign(this, { section, knows });
    this.form = section.querySelector(".days");
    this.slide = this.form.querySelector(".slide");
    this.field = this.form.elements.day;
    this.failed = section.querySelector("#day-failed");
    this.held = new Map(); // days that are over, as they came
    this.named = new Intl.DateTimeFormat(knows.locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
    this.fit();
    this.slide.hidden = false;
    this.slide.addEventListener("input", () => this.slid());
    this.field.addEventListener("change", () => this.field.validity.valid && this.go(this.field.value));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.go(this.field.value);
    });
    section.addEventListener("click", (event) => {
      const way = event.target.closest(".days-around a");
      if (!way || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.go(new URL(way.href).searchParams.get("day") ?? this.field.max);
    });
  }

  get date() {
    return this.section.querySelector("[data-date]").dataset.date;
  }

  get showsToday() {
    return this.date === this.field.max;
  }

  /** The slider over all days of the work, at the one that is shown. */
  fit() {
    const { min, max } = this.field;
    Object.assign(this.slide, { min: 0, max: Math.max(between(min, max), 0), step: 1 });
    this.slide.value = between(min, this.date);
    this.say();
  }

  say() {
    const date = plus(this.field.min, Number(this.slide.value));
    this.slide.setAttribute("aria-valuetext", this.named.format(Date.parse(date)));
    const done = Number(this.slide.max) ? (100 * this.slide.value) / this.slide.max : 100;
    this.slide.style.setProperty("--done", `${done}%`);
    return date;
  }

  slid() {
    const date = this.say();
    this.field.value = date;
    this.section.querySelector("#day-heading").textContent = this.named.format(Date.parse(date));
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.go(date), SETTLES_MS);
  }

  async go(date) {
    const wanted = (this.wanted = date);
    const today = date === this.field.max;
    const html = this.held.get(date) ?? (await this.fetch(today ? "" : date));
    if (this.wanted !== wanted) return; // another one was asked for meanwhile
    if (html === undefined) return this.tell(this.knows.text["day.failed"]);
    this.put(html);
    if (!today) this.hold(date, html);
    this.address(today ? "" : date);
    const said = ["#day-heading", ".sentence"].map((part) => this.section.querySelector(part).textContent);
    this.section.querySelector("#day-said").textContent = said.join(" ");
  }

  /** The page's address asks for the day it shows, and so do its links to the other language. */
  address(date) {
    for (const link of document.querySelectorAll(".languages a")) {
      const url = new URL(link.href);
      date ? url.searchParams.set("day", date) : url.searchParams.delete("day");
      link.href = url;
    }
    history.replaceState(null, "", date ? `${this.knows.path}?day=${date}` : this.knows.path);
  }

  /** What has come since, of today: asked for anew where it is shown. */
  async refresh() {
    if (!this.showsToday || document.hidden || this.section.contains(document.activeElement)) return;
    const html = await this.fetch("");
    if (html !== undefined && this.showsToday) this.put(html);
  }

  async fetch(date) {
    try {
      const asked = new URLSearchParams({ lang: this.knows.language, ...(date ? { day: date } : {}) });
      const answer = await fetch(`${this.knows.path}/day?${asked}`);
      if (OVER.includes(answer.status)) location.reload();
      return answer.ok ? await answer.text() : undefined;
    } catch {
      return undefined;
    }
  }

  put(html) {
    const part = document.createRange().createContextualFragment(html).firstElementChild;
    this.tell("");
    this.section.querySelector("[data-date]").replaceWith(part);
    this.section.querySelectorAll("[data-chart]").forEach(readOut);
    if (this.date > this.field.max) this.field.max = this.date; // midnight has passed
    this.field.value = this.date;
    this.fit();
  }

  hold(date, html) {
    this.held.set(date, html);
    if (this.held.size > MOST_HELD) this.held.delete(this.held.keys().next().value);
  }

  tell(words) {
    this.failed.textContent = words;
    this.failed.hidden = !words;
  }
}
