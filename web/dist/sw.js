/**
 * Keeps the page itself, not what is said in it: it comes from the network while there is one, and from
 * here otherwise, so that the parts of it are always of one age.
 * Nothing of the server's answers is ever kept.
 */
const SCRIPT = "/assets/index.js";
/** A build has its own, as its script has its own path. */
const KEPT = `shell ${SCRIPT}`;
const SHELL = ["/", SCRIPT, "/assets/index.css", "/manifest.webmanifest", "/icon.svg"];
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("shell ") && name !== KEPT;
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
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/") event.respondWith(networkFirst(event));
  else if (isShell(url.pathname)) event.respondWith(networkFirst(event));
});

/** Of the page itself; never of /api, /auth, /register or /ws. */
function isShell(path) {
  return path.startsWith("/assets/") || path.startsWith("/badges/") || /^\/(icon[\w-]*\.(svg|png)|manifest\.webmanifest)$/.test(path);
}

async function networkFirst(event) {
  const { request } = event;
  const opening = caches.open(KEPT);
  // The page is one whatever its query says: an invite code is not kept.
  const key = request.mode === "navigate" ? "/" : request;
  try {
    const answer = await within(fetch(request), PATIENCE);
    // The page does not wait for the disk.
    if (answer.ok) event.waitUntil(keep(opening, key, answer.clone()));
    return answer;
  } catch (error) {
    const kept = await (await opening).match(key);
    if (kept) return kept;
    throw error;
  }
}

async function keep(opening, key, answer) {
  await (await opening).put(key, answer);
}

/** A network that does not answer is none. */
function within(promise, ms) {
  return Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), ms))]);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { chat, n } = event.notification.data ?? {};
  const hash = chat ? `#/chat/${chat}/${n}` : "#/";
  event.waitUntil(open(hash));
});

async function open(hash) {
  const [page] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) return self.clients.openWindow(`/${hash}`);
  page.postMessage({ hash });
  return page.focus();
}
