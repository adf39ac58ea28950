// Power over the last 24 hours. A gap is hatched and never bridged; the red line is now, the bob hangs from it.

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const AHEAD_MS = 35 * MINUTE_MS;
const REFETCH_MS = 5 * MINUTE_MS;
const SOONEST_REFETCH_MS = 10_000;
const GAP_STEPS = 3; // as analytics/gaps.py: of fewer missing steps nothing is said, though no line bridges them
const TOP = 34; // room for the presence bars and, below them, the label of the top line; CSS pixels
const LEAST_RANGE_W = 400;

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

export class PowerChart {
  constructor(element, caption, knows, clock) {
    Object.assign(this, { element, caption, knows, clock });
    this.text = knows.text;
    this.fetchedAt = -Infinity;
    this.newest = []; // readings that came live: [time, watts]; what is fetched may lag behind them
    this.hours = new Intl.DateTimeFormat(knows.locale, {
      hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: knows.timezone,
    });
    this.kilowatts = new Intl.NumberFormat(knows.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    new ResizeObserver(() => this.fit()).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    this.readColours();
  }

  async refetch() {
    this.fetchedAt = performance.now();
    try {
      if (!globalThis.uPlot) await (PowerChart.plot ??= loadScript(this.knows.plot));
      const answer = await fetch(this.knows.chart);
      if (!answer.ok) throw new Error(`chart: ${answer.status}`);
      this.take(await answer.json());
    } catch {
      PowerChart.plot = globalThis.uPlot ? PowerChart.plot : undefined;
      if (!this.plot) this.caption.textContent = this.text["chart.failed"];
    }
  }

  take(chart) {
    Object.assign(this, { gaps: chart.gaps, presence: chart.presence, midnight: chart.midnight });
    this.stepMs = chart.step_ms;
    this.columns = [chart.time.map((t) => t / 1000), chart.mean, chart.peak, chart.low?.length ? chart.low : chart.mean.map(() => null)];
    this.running = undefined;
    const known = this.lastKnown();
    const missing = this.newest.filter(([time]) => known < 0 || this.step(time) > this.columns[0][known]);
    for (const [time, watts] of missing) this.put(time, watts);
    if (this.plot) this.plot.setData(this.columns);
    else this.draw();
    this.describe();
  }

  /** A reading just taken. After a silence the line begins anew: what lies between is asked for. */
  append(time, watts) {
    this.newest.push([time, watts]);
    while (this.newest.length > 1 && this.newest[0][0] < time - REFETCH_MS) this.newest.shift();
    if (!this.plot) return;
    const parted = this.put(time, watts);
    this.plot.setData(this.columns);
    if (!parted) return;
    this.describe();
    this.refetchSoon();
  }

  /** The start of the step that holds a time, in seconds. */
  step(time) {
    return Math.floor(time / this.stepMs) * this.stepMs / 1000;
  }

  /** The place of the last step with a value, -1 where there is none. */
  lastKnown() {
    return this.columns[1].findLastIndex((watts) => watts !== null);
  }

  /** Into the step it belongs to; whether steps without a reading lie between it and the last one. */
  put(time, watts) {
    const [times, mean, peak, low] = this.columns;
    const start = this.step(time), stepS = this.stepMs / 1000;
    const before = this.lastKnown();
    if (before >= 0 && start < times[before]) return false;
    const parted = before >= 0 && start - times[before] > stepS;
    if (parted) this.part(times[before] + stepS, start);
    while (times.length && times.at(-1) > start) for (const column of this.columns) column.pop();
    if (times.at(-1) !== start) {
      times.push(start); mean.push(null); peak.push(null); low.push(null);
    }
    const last = times.length - 1;
    mean[last] = this.meanWith(start, mean[last], time, watts);
    peak[last] = Math.max(peak[last] ?? watts, watts);
    if (watts < 0) low[last] = Math.min(low[last] ?? watts, watts);
    return parted;
  }

  /** A null between the last value and a new one; hatched where the silence was long. Both in seconds. */
  part(from, to) {
    if (this.columns[0].at(-1) < from) {
      this.columns[0].push(from);
      for (const column of this.columns.slice(1)) column.push(null);
    }
    if (to - from >= GAP_STEPS * this.stepMs / 1000) this.gaps = [...this.gaps, [from * 1000, to * 1000]];
  }

  /** The mean of the running step, weighted by time: a reading holds until the next one. */
  meanWith(start, known, time, watts) {
    const run = this.running;
    if (run?.start !== start) {
      // What was fetched stands for the part of the step that is over.
      const span = known === null ? 0 : time - start * 1000;
      this.running = { start, time, watts, area: (known ?? 0) * span, span };
    } else {
      run.area += run.watts * (time - run.time);
      run.span += time - run.time;
      Object.assign(run, { time, watts });
    }
    return this.running.span > 0 ? this.running.area / this.running.span : watts;
  }

  refetchSoon() {
    if (performance.now() - this.fetchedAt > SOONEST_REFETCH_MS) this.refetch();
    else this.fetchedAt = Math.min(this.fetchedAt, performance.now() - REFETCH_MS + SOONEST_REFETCH_MS);
  }

  tick() {
    if (!this.plot || document.hidden) return;
    if (performance.now() - this.fetchedAt > REFETCH_MS) this.refetch();
    else if (Math.floor(this.clock.now() / 10_000) !== this.drawn) this.plot.setData(this.columns);
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colours = {
      data: colour("pine"), soft: colour("pine-soft"), faint: colour("pine-faint"), line: colour("vermilion"),
      paper: colour("paper"), ink: colour("grey"), hair: colour("hair"), hatch: colour("hatch"),
    };
    this.font = getComputedStyle(document.body).fontFamily;
  }

  recolour() {
    this.readColours();
    this.plot?.destroy();
    this.plot = undefined;
    if (this.columns) this.draw();
  }

  fit() {
    const width = this.element.clientWidth;
    if (this.plot && width && width !== this.plot.width) {
      this.plot.setSize({ width, height: this.element.clientHeight });
    }
  }

  range() {
    const now = this.clock.now();
    return [(now - DAY_MS) / 1000, (now + AHEAD_MS) / 1000];
  }

  draw() {
    const { uPlot } = globalThis;
    const wide = this.element.clientWidth > 520;
    const font = `12px ${this.font}`;
    const path = uPlot.paths.linear({ alignGaps: 0 });
    this.plot = new uPlot({
      width: this.element.clientWidth,
      height: this.element.clientHeight,
      padding: [TOP, 0, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), this.knows.timezone),
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false }, points: { show: false } },
      scales: {
        x: { range: () => this.range() },
        y: { range: (_u, low, high) => [Math.min(low ?? 0, 0) * 1.06, Math.max(high ?? 0, LEAST_RANGE_W) * 1.06] },
      },
      axes: [
        {
          stroke: this.colours.ink, font, size: 26, gap: 6,
          incrs: [(wide ? 3 : 6) * 3600], space: 30,
          grid: { show: false }, ticks: { show: false },
          values: (_u, splits) => splits.map((s) => this.hours.format(s * 1000).slice(0, 2)),
        },
        { show: false },
      ],
      series: [
        {},
        { stroke: this.colours.data, width: 1.2, fill: (u) => this.wash(u), paths: path, points: this.lone("data") },
        { stroke: this.colours.soft, width: 0.7, fill: this.colours.faint, paths: path, points: { show: false } },
        { stroke: this.colours.soft, width: 0.7, fill: this.colours.faint, paths: path, points: { show: false } },
      ],
      hooks: {
        drawClear: [(u) => this.under(u)],
        draw: [(u) => this.over(u)],
        setCursor: [(u) => this.read(u)],
      },
    }, this.columns, this.element);
  }

  /** A value between two gaps has no line: a dot shows it. */
  lone(colour) {
    const filter = (u, series) => {
      const column = u.data[series];
      return column.flatMap((watts, at) =>
        watts !== null && (column[at - 1] ?? null) === null && (column[at + 1] ?? null) === null ? [at] : []);
    };
    return { show: true, size: 3, width: 0, fill: this.colours[colour], filter };
  }

  wash(u) {
    const { top, height } = u.bbox;
    const wash = u.ctx.createLinearGradient(0, top, 0, top + height);
    wash.addColorStop(0, this.colours.soft);
    wash.addColorStop(1, this.colours.faint);
    return wash;
  }

  /** Under the curve: scale, midnight, gaps, presence. */
  under(u) {
    const { ctx } = u;
    ctx.save();
    this.scale(u);
    for (const [from, to] of this.allGaps()) this.hatch(u, from, to);
    this.people(u);
    ctx.restore();
    this.drawn = Math.floor(this.clock.now() / 10_000);
  }

  x(u, time) {
    const { left, width } = u.bbox;
    return Math.min(Math.max(u.valToPos(time / 1000, "x", true), left), left + width);
  }

  scale(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    this.labels = [];
    const high = u.scales.y.max;
    const span = high - u.scales.y.min;
    const step = [100, 200, 500, 1000, 2000, 5000, 10000, 20000].find((s) => span / s <= 3.2) ?? 50000;
    ctx.lineWidth = ratio;
    ctx.strokeStyle = this.colours.hair;
    const low = u.scales.y.min;
    for (let watts = Math.ceil(low / step) * step; watts <= high; watts += step) {
      const y = Math.round(u.valToPos(watts, "y", true)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      // The outer lines alone are labelled: the others are even parts, and the curve stays free.
      const outer = watts + step > high || (low < 0 && watts - step < low) || (low < 0 && watts === 0);
      if (outer && !this.empty()) {
        this.labels.push([watts % 1000 || !watts ? `${watts} W` : `${watts / 1000} kW`, bbox.left, y - 4 * ratio]);
      }
    }
    if (low < 0) this.zeroLine(u, ratio);
    if (this.midnight > this.range()[0] * 1000) this.midnightLine(u, ratio);
  }

  /** Above it the site draws, below it the site feeds in. */
  zeroLine(u, ratio) {
    const { ctx, bbox } = u;
    const y = Math.round(u.valToPos(0, "y", true)) + 0.5;
    ctx.strokeStyle = this.colours.ink;
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }

  midnightLine(u, ratio) {
    const { ctx, bbox } = u;
    const x = Math.round(this.x(u, this.midnight)) + 0.5;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.strokeStyle = this.colours.hatch;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    this.labels.push([this.text["chart.midnight"], x + 4 * ratio, bbox.top + 10 * ratio]);
  }

  allGaps() {
    const [times] = this.columns;
    const last = this.lastKnown();
    const now = this.clock.now();
    const known = this.gaps.filter(([, to]) => last < 0 || to <= times[last] * 1000);
    if (last < 0) return [[now - DAY_MS, now]];
    const silent = times[last] * 1000 + this.stepMs;
    return now - silent > GAP_STEPS * this.stepMs ? [...known, [silent, now]] : known;
  }

  hatch(u, from, to) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const left = this.x(u, from), right = this.x(u, to);
    if (right - left < 1) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.strokeStyle = this.colours.hatch;
    ctx.lineWidth = ratio;
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += 7 * ratio) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }

  people(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const height = 5 * ratio;
    ctx.fillStyle = this.colours.data;
    ctx.globalAlpha = 0.55;
    for (const [from, to] of this.presence) {
      const left = this.x(u, from), right = this.x(u, to);
      if (right - left < 1) continue;
      ctx.beginPath();
      ctx.roundRect(left, bbox.top - 26 * ratio, right - left, height, height / 2);
      ctx.fill();
    }
    ctx.globalAlpha = 1;
  }

  /** Over the curve: the plumb line of now, its bob touching the ground. */
  over(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const x = Math.round(this.x(u, this.clock.now())) + 0.5;
    const ground = bbox.top + bbox.height;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = this.colours.line;
    ctx.lineWidth = 1.25 * ratio;
    ctx.beginPath();
    ctx.moveTo(x, 0);
    ctx.lineTo(x, ground - 16 * ratio);
    ctx.stroke();
    this.bob(ctx, x, ground, ratio);
    this.write(ctx, ratio);
    ctx.restore();
  }

  /** The labels last, with a rim of paper: they must be read over the curve. */
  write(ctx, ratio) {
    Object.assign(ctx, {
      font: `${11 * ratio}px ${this.font}`, textAlign: "left", textBaseline: "alphabetic", lineJoin: "round",
      fillStyle: this.colours.ink, strokeStyle: this.colours.paper, lineWidth: 4 * ratio,
    });
    for (const label of this.labels) {
      ctx.strokeText(...label);
      ctx.fillText(...label);
    }
  }

  bob(ctx, x, ground, ratio) {
    const at = (dx, dy) => [x + dx * ratio, ground - dy * ratio];
    ctx.beginPath();
    for (const [dx, dy] of [[-2.4, 18], [2.4, 18], [2.4, 15.6], [5.6, 15.6], [5.2, 9.5], [0, 0], [-5.2, 9.5],
      [-5.6, 15.6], [-2.4, 15.6]]) ctx.lineTo(...at(dx, dy));
    ctx.closePath();
    ctx.fill();
  }

  /** What the finger points at; without a finger, the key. */
  read(u) {
    const { idx } = u.cursor;
    if (idx === null || idx === undefined) return this.describe();
    const time = this.columns[0][idx] * 1000;
    const [watts, peak, low] = this.columns.slice(1).map((column) => column[idx]);
    const extreme = low !== null && -low > peak ? [this.text["chart.low"], low] : [this.text["chart.peak"], peak];
    const words = watts === null
      ? this.text["chart.gap"]
      : `${this.text["chart.mean"]} ${this.print(watts)}, ${extreme[0]} ${this.print(extreme[1])}`;
    this.caption.textContent = `${this.hours.format(time)}  ${words}`;
  }

  print(watts) {
    const whole = Math.round(watts) + 0; // never -0
    return Math.abs(whole) < 1000 ? `${whole} W` : `${this.kilowatts.format(watts / 1000)} kW`;
  }

  empty() {
    return this.columns[1].every((watts) => watts === null);
  }

  describe() {
    const keys = [];
    const empty = this.empty();
    if (empty) keys.push(["plain", this.text["chart.empty"]]);
    if (this.presence.length) keys.push(["presence", this.text["chart.presence"]]);
    const gaps = this.allGaps();
    if (gaps.length && !empty) {
      const spans = gaps.slice(-2).map(([from, to]) => `${this.hours.format(from)}–${this.hours.format(to)}`);
      keys.push(["gap", `${this.text["chart.gap"]} ${gaps.length > 2 ? "… " : ""}${spans.join(", ")}`]);
    }
    this.caption.replaceChildren(...keys.map(([kind, words]) => {
      const span = document.createElement("span");
      span.className = `key-${kind}`;
      span.textContent = words;
      return span;
    }));
  }
}
