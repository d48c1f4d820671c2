/**
 * Keeps the page itself, not what is said in it: it comes from here, at once, however far the server is, and is
 * brought up to date behind it, all parts together. So a new one is there the next time that it is opened.
 * Nothing of the server's answers is ever kept, and nothing that others answer in its place: what is kept has proved
 * to be the page's (docs/adr/0035-an-answer-proves-that-it-is-the-servers.md).
 */
const SCRIPT = "./assets/index.js";
/** Where the page is on its host; other pages there may have workers of their own. */
const PLACE = new URL("./", self.location).pathname;
/** A build has its own, as its script has its own path. */
const KEPT = `shell ${new URL(SCRIPT, self.location).pathname}`;
/** Parts of the page that are loaded when they are first used: without a connection, too, and of the same build. */
const PARTS = ["en", "files", "ru", "search", "thumbhash", "windows"].map((part) => `./assets/${part}.js`);
/** What the tab's icon says of unread messages, also without a connection. */
const BADGES = [1, 2, 3, 4, 5, 6, 7, 8, 9, "many"].map((count) => `./badges/${count}.svg`);
const SHELL = ["./", SCRIPT, ...PARTS, "./assets/index.css", "./manifest.webmanifest", "./icon.svg", ...BADGES];
/** A page is this one if it says so, and is of this build if it names its script. */
const MARKS = ['name="application-name" content="Vestnik"', SCRIPT.slice(1)];
/** What is kept is there sooner than that, in milliseconds, or the network is asked. */
const DISK_WITHIN = 2_000;

const TYPES = {
  html: /^text\/html/,
  js: /^(text|application)\/javascript/,
  css: /^text\/css/,
  svg: /^image\/svg\+xml/,
  png: /^image\/png/,
  webmanifest: /^application\/(manifest\+)?json/,
};

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll("reload").then(() => self.skipWaiting()));
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
    // Whoever stands before the server, and wants to be seen first, is seen by this.
    if (url.searchParams.has("network")) return;
    event.respondWith(keptFirst("./", request));
    event.waitUntil(keepAll("no-cache").catch(() => undefined));
  } else if (isShell(path)) {
    event.respondWith(keptFirst(request, request));
  }
});

/** The page is one whatever its query says: an invite code is not kept. */
async function keptFirst(key, request) {
  return (await found(key)) ?? network(key, request);
}

/** What is kept; undefined if there is nothing, or the disk does not say. */
function found(key) {
  const late = new Promise((resolve) => setTimeout(resolve, DISK_WITHIN));
  const kept = caches.open(KEPT).then((cache) => cache.match(key));
  return Promise.race([kept, late]).catch(() => undefined);
}

/** All parts are there, whole, and of this build, before the first of them takes its place. */
async function keepAll(freshness) {
  const asked = SHELL.map((url) => fetch(new Request(url, { cache: freshness, redirect: "error", credentials: "same-origin" })));
  const answers = await Promise.all(asked);
  const whole = await Promise.all(answers.map((answer, at) => proven(answer, SHELL[at])));
  const cache = await caches.open(KEPT);
  // The page last: what it names is there by then.
  for (const [at, answer] of [...whole.entries()].reverse()) await cache.put(SHELL[at], answer);
}

/** The answer with all that it says, if it is what it was asked for; it throws if not. */
async function proven(answer, url) {
  if (!isOwn(answer, url)) throw new Error(`this is not ${url}`);
  const body = await answer.arrayBuffer();
  const text = url === "./" ? new TextDecoder().decode(body) : "";
  if (url === "./" && !MARKS.every((mark) => text.includes(mark))) throw new Error("this is another page, or of another build");
  return new Response(body, { status: 200, headers: answer.headers });
}

/** Did the server answer itself, with what its name says that it is? */
function isOwn(answer, url) {
  const kind = url === "./" ? "html" : url.split(".").at(-1);
  const type = answer.headers.get("content-type") ?? "";
  return answer.status === 200 && !answer.redirected && answer.type === "basic" && (TYPES[kind]?.test(type) ?? false);
}

/** Of the page itself; never of /api, /auth, /register or /ws. */
function isShell(path) {
  return path.startsWith("./assets/") || path.startsWith("./badges/") || /^\.\/(icon[\w-]*\.(svg|png)|manifest\.webmanifest)$/.test(path);
}

/** The page itself is kept with all its parts or not at all; others are, one by one, when they are asked for. */
async function network(key, request) {
  const answer = await fetch(request);
  if (key !== "./" && isOwn(answer, new URL(request.url).pathname)) {
    const copy = answer.clone();
    void caches.open(KEPT).then((cache) => cache.put(key, copy)).catch(() => undefined);
  }
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
