/**
 * Keeps the page itself, not what is said in it: it comes from here, at once, however far the server is, and is
 * brought up to date behind it, all parts together. So a new one is there the next time that it is opened.
 * Nothing of the server's answers is ever kept.
 */
const SCRIPT = "./assets/index.js";
/** Where the page is on its host; other pages there may have workers of their own. */
const PLACE = new URL("./", self.location).pathname;
/** A build has its own, as its script has its own path. */
const KEPT = `shell ${new URL(SCRIPT, self.location).pathname}`;
const SHELL = ["./", SCRIPT, "./assets/index.css", "./manifest.webmanifest", "./icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith(`shell ${PLACE}assets`) && name !== KEPT;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith(PLACE)) return;
  const path = `./${url.pathname.slice(PLACE.length)}`;
  if (request.mode === "navigate" && path === "./") {
    event.respondWith(keptFirst("./", request));
    event.waitUntil(refresh());
  } else if (isShell(path)) {
    event.respondWith(keptFirst(request, request));
  }
});

/** The page is one whatever its query says: an invite code is not kept. */
async function keptFirst(key, request) {
  const kept = await (await caches.open(KEPT)).match(key);
  return kept ?? network(key, request);
}

/** Of another build there is another worker, which keeps its own; here all parts change or none. */
async function refresh() {
  const cache = await caches.open(KEPT);
  await cache.addAll(SHELL.map((url) => new Request(url, { cache: "no-cache" }))).catch(() => undefined);
}

/** Of the page itself; never of /api, /auth, /register or /ws. */
function isShell(path) {
  return path.startsWith("./assets/") || path.startsWith("./badges/") || /^\.\/(icon[\w-]*\.(svg|png)|manifest\.webmanifest)$/.test(path);
}

async function network(key, request) {
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(KEPT)).put(key, answer.clone());
  return answer;
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { chat, n } = event.notification.data ?? {};
  const hash = chat ? `#/chat/${chat}/${n}` : "#/";
  event.waitUntil(open(hash));
});

async function open(hash) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL("./", url).pathname === PLACE);
  if (!page) return self.clients.openWindow(`./${hash}`);
  page.postMessage({ hash });
  return page.focus();
}
