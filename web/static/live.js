// The stream of changes: snapshot first, then what changed. Says aloud when it has lost the server.

import { Stopwatch } from "./ages.js";

const SILENT_MS = 35_000; // more than two heartbeats
const ASLEEP_MS = 10_000; // out of sight for longer, what is shown is asked for anew
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
const ASK_EVERY_MS = 10_000; // where a browser or a proxy holds the stream back (WeChat's X5)
const OVER = [403, 404, 410]; // a link that was taken back, a session that is over

/**
 * Follow `address`. `on` has figures(list, whole) and day(), or changed(keys, whole); and now(serverNow),
 * linked(boolean), crowded(), tick(); `asks` is where the same can be had without a stream.
 * The browser's EventSource resumes by itself (Last-Event-ID); what it gives up on, is opened anew. A phone that
 * was asleep has a stream that is dead without a word, and timers that stood still: it begins anew.
 */
export function follow(address, on) {
  const heard = new Stopwatch(), seen = new Stopwatch();
  let source, retryMs = FIRST_RETRY_MS, watch, again, asking;

  function hear(event) {
    heard.reset();
    clearInterval(asking);
    retryMs = FIRST_RETRY_MS;
    const data = JSON.parse(event.data);
    if (data.now) on.now(data.now);
    on.linked(true);
    return data;
  }

  function open() {
    clearTimeout(again);
    source?.close();
    heard.reset();
    clearInterval(asking);
    if (on.asks) asking = setInterval(ask, ASK_EVERY_MS);
    source = new EventSource(address);
    source.addEventListener("snapshot", (event) => on.figures(hear(event).figures, true));
    source.addEventListener("figures", (event) => on.figures(hear(event).figures, false));
    source.addEventListener("day", () => on.day?.());
    source.addEventListener("changed", (event) => { const { keys, whole } = hear(event); on.changed(keys, whole); });
    source.addEventListener("beat", hear);
    source.addEventListener("crowded", (event) => {
      source.close();
      on.crowded();
      reopenIn(Number(event.data));
    });
    source.onerror = () => {
      on.linked(false);
      if (source.readyState === EventSource.CLOSED) refused();
    };
  }

  /** Until the stream is heard: the whole, asked for. */
  async function ask() {
    const answer = await fetch(on.asks, { cache: "no-store" }).catch(() => undefined);
    if (OVER.includes(answer?.status)) location.reload();
    if (!answer?.ok) return;
    const { now, figures } = await answer.json();
    heard.reset();
    on.now(now);
    on.linked(true);
    on.figures(figures, true);
  }

  function reopenIn(ms) {
    clearTimeout(again);
    again = setTimeout(open, ms);
  }

  /** Why not? A link that was taken back shows the page that says so; a server in trouble is asked again later. */
  async function refused() {
    const waitMs = retryMs;
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    reopenIn(waitMs);
    const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(() => undefined);
    if (OVER.includes(answer?.status)) location.reload();
    const later = Number(answer?.headers.get("Retry-After")) * 1_000;
    if (later > waitMs) reopenIn(later);
  }

  function look() {
    seen.reset();
    if (heard.ms() <= SILENT_MS) return;
    on.linked(false);
    open();
  }

  /** Back in sight: ages first, for they are wrong as long as they stand still; then the truth. */
  function wake() {
    if (document.hidden) return;
    const asleep = seen.ms();
    seen.reset();
    on.tick();
    if (asleep < ASLEEP_MS && heard.ms() <= SILENT_MS && source.readyState !== EventSource.CLOSED) return;
    if (asleep >= ASLEEP_MS || heard.ms() > SILENT_MS) on.linked(false);
    open();
  }

  function begin() {
    clearInterval(watch);
    watch = setInterval(() => { if (!document.hidden) look(); }, 2_500);
    open();
  }

  for (const name of ["visibilitychange", "resume"]) document.addEventListener(name, wake);
  for (const name of ["online", "focus"]) addEventListener(name, wake);
  addEventListener("pagehide", () => { clearInterval(watch); clearTimeout(again); clearInterval(asking); source.close(); });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    on.tick();
    on.linked(false);
    begin();
  });
  begin();
}
