// The stream of changes: snapshot first, then what changed. Says aloud when it has lost the server.

const SILENT_MS = 35_000; // more than two heartbeats
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;

/**
 * Follow `address`. `on` has figures(list, whole), chart(), now(serverNow), linked(boolean).
 * The browser's EventSource resumes by itself (Last-Event-ID); what it gives up on, is opened anew.
 */
export function follow(address, on) {
  let source, heard, retryMs = FIRST_RETRY_MS, watch, again;

  function hear(event) {
    heard = performance.now();
    retryMs = FIRST_RETRY_MS;
    on.linked(true);
    const data = JSON.parse(event.data);
    if (data.now) on.now(data.now);
    return data;
  }

  function open() {
    clearTimeout(again);
    source?.close();
    heard = performance.now();
    source = new EventSource(address);
    source.addEventListener("snapshot", (event) => on.figures(hear(event).figures, true));
    source.addEventListener("figures", (event) => on.figures(hear(event).figures, false));
    source.addEventListener("chart", (event) => { hear(event); on.chart(); });
    source.addEventListener("beat", hear);
    source.onerror = () => {
      on.linked(false);
      if (source.readyState === EventSource.CLOSED) reopenLater();
    };
  }

  function reopenLater() {
    clearTimeout(again);
    again = setTimeout(open, retryMs);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }

  watch = setInterval(() => {
    if (performance.now() - heard > SILENT_MS) {
      on.linked(false);
      open();
    }
  }, 5_000);
  addEventListener("pagehide", () => { clearInterval(watch); clearTimeout(again); source.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  open();
}
