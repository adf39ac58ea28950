// Power over the last 24 hours. A gap is hatched and never bridged; the red line is now, the bob hangs from it.

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const AHEAD_MS = 35 * MINUTE_MS;
const SILENT_MS = 3 * MINUTE_MS;
const REFETCH_MS = 5 * MINUTE_MS;
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
    this.hours = new Intl.DateTimeFormat(knows.locale, {
      hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: knows.timezone,
    });
    this.kilowatts = new Intl.NumberFormat(knows.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    new ResizeObserver(() => this.fit()).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.refetch(); });
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
    this.columns = [chart.time.map((t) => t / 1000), chart.mean, chart.peak];
    this.current = undefined;
    if (this.plot) this.plot.setData(this.columns);
    else this.draw();
    this.describe();
  }

  /** A reading just taken: the mean of the running minute. */
  append(time, watts) {
    if (!this.plot) return;
    const minute = Math.floor(time / MINUTE_MS) * 60;
    const [times, mean, peak] = this.columns;
    const last = times.length - 1;
    if (minute < (times[last] ?? 0)) return;
    if (minute > (times[last] ?? 0)) {
      times.push(minute); mean.push(watts); peak.push(watts);
      this.current = { sum: watts, n: 1 };
    } else {
      this.current ??= { sum: mean[last] ?? watts, n: 1 };
      this.current.sum += watts;
      this.current.n += 1;
      mean[last] = this.current.sum / this.current.n;
      peak[last] = Math.max(peak[last] ?? watts, watts);
    }
    this.plot.setData(this.columns);
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
        y: { range: (_u, _low, high) => [0, Math.max(high ?? 0, LEAST_RANGE_W) * 1.06] },
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
        { stroke: this.colours.data, width: 1.2, fill: (u) => this.wash(u), paths: path, points: { show: false } },
        { stroke: this.colours.soft, width: 0.7, fill: this.colours.faint, paths: path, points: { show: false } },
      ],
      hooks: {
        drawClear: [(u) => this.under(u)],
        draw: [(u) => this.over(u)],
        setCursor: [(u) => this.read(u)],
      },
    }, this.columns, this.element);
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
    const step = [100, 200, 500, 1000, 2000, 5000, 10000, 20000].find((s) => high / s <= 3.2) ?? 50000;
    ctx.lineWidth = ratio;
    ctx.strokeStyle = this.colours.hair;
    for (let watts = 0; watts <= high; watts += step) {
      const y = Math.round(u.valToPos(watts, "y", true)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      // The top line alone is labelled: the others are its even parts, and the curve stays free.
      if (watts + step > high && !this.empty()) {
        this.labels.push([watts % 1000 ? `${watts} W` : `${watts / 1000} kW`, bbox.left, y - 4 * ratio]);
      }
    }
    if (this.midnight > this.range()[0] * 1000) this.midnightLine(u, ratio);
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
    const [times, mean] = this.columns;
    const last = mean.findLastIndex((watts) => watts !== null);
    const now = this.clock.now();
    const known = this.gaps.filter(([, to]) => last < 0 || to <= times[last] * 1000);
    if (last < 0) return [[now - DAY_MS, now]];
    const silent = times[last] * 1000 + MINUTE_MS;
    return now - silent > SILENT_MS ? [...known, [silent, now]] : known;
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
    const watts = this.columns[1][idx], peak = this.columns[2][idx];
    const words = watts === null
      ? this.text["chart.gap"]
      : `${this.print(watts)}, ${this.text["chart.peak"]} ${this.print(peak)}`;
    this.caption.textContent = `${this.hours.format(time)}  ${words}`;
  }

  print(watts) {
    return watts < 1000 ? `${Math.round(watts)} W` : `${this.kilowatts.format(watts / 1000)} kW`;
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
