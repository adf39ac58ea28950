// Keeps the last page of one project on the device, so that it can be read where there is no network. The page
// is told when it was kept, and says so before anything else. Nothing is kept once its link has ended.

const HOME = new URL(registration.scope).pathname; // the page's own address
const CACHE = `page ${HOME}`;
const KEPT_AT = "X-Kept-At";
const KEEP_FOR_MS = 7 * 86_400_000; // an older one helps nobody
const OVER = [401, 403, 404, 410]; // the link has ended
const AWAY = [502, 503, 504]; // what a proxy says for a server that is not there

const isOurs = (url) => url.pathname === HOME || url.pathname.startsWith(`${HOME}/`);

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(fetch(HOME).then((answer) => (answer.ok ? keep(answer) : undefined)));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === HOME) event.respondWith(page(event, url));
  else if (url.pathname === `${HOME}/day`) event.respondWith(part(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(event.request));
  else if (event.request.mode === "navigate" && isOurs(url)) event.respondWith(part(event));
});

/** From the server; without one what was kept. */
async function page(event, url) {
  const answer = await fetch(event.request).catch(() => undefined);
  if (answer === undefined || AWAY.includes(answer.status)) return (await kept()) ?? answer ?? Response.error();
  if (OVER.includes(answer.status)) await forget();
  else if (answer.ok && !url.searchParams.has("day")) event.waitUntil(keep(answer.clone()));
  return answer;
}

/** Never kept; but it may tell that the link has ended. */
async function part(event) {
  const answer = await fetch(event.request);
  if (OVER.includes(answer.status)) await forget();
  return answer;
}

/** Files have their version in their address: one that is kept is right. */
async function file(request) {
  const found = await caches.open(CACHE).then((cache) => cache.match(request.url));
  return found ?? fetch(request);
}

async function keep(answer) {
  const html = await answer.text();
  const cache = await caches.open(CACHE);
  const headers = new Headers({ [KEPT_AT]: Date.now() });
  for (const name of ["Content-Type", "Content-Security-Policy", "Referrer-Policy"]) headers.set(name, answer.headers.get(name) ?? "");
  await cache.put(HOME, new Response(html, { headers }));
  const files = new Set(html.match(/\/static\/[\w./-]+/g));
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url);
    if (pathname !== HOME && !files.delete(pathname)) await cache.delete(url);
  }
  await cache.addAll(files);
}

async function kept() {
  const found = await caches.open(CACHE).then((cache) => cache.match(HOME));
  const at = Number(found?.headers.get(KEPT_AT));
  if (!at || Date.now() - at > KEEP_FOR_MS) return undefined;
  const html = (await found.text()).replace("<html ", `<html class="unlinked" data-kept="${at}" `);
  return new Response(html, { headers: found.headers });
}

async function forget() {
  await caches.delete(CACHE);
  await registration.unregister();
}
