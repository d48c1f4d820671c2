/** The service worker, with a cache and a network that the test brings. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runInNewContext } from "node:vm";
import { beforeEach, describe, expect, it } from "vitest";

const SOURCE = readFileSync(resolve(import.meta.dirname, "../../public/sw.js"), "utf8");
const ORIGIN = "https://chat.example";
const PAGE = `<meta name="application-name" content="Vestnik" /><script src="./assets/index.js"></script>`;
const PORTAL = "<!doctype html><title>Hotel WiFi</title>";

type Made = { body?: string; type?: string; status?: number; isRedirected?: boolean; origin?: string };
type Network = (path: string) => Made | null;

const own = (version: string): Network => (path) => {
  if (path === "/") return { body: `${PAGE}${version}`, type: "text/html; charset=utf-8" };
  const types: Record<string, string> = { js: "text/javascript; charset=utf-8", css: "text/css", svg: "image/svg+xml", webmanifest: "application/manifest+json" };
  return { body: `${path} ${version}`, type: types[path.split(".").at(-1) ?? ""] ?? "application/octet-stream" };
};

let network: Network;
let disk: Map<string, Response>;
let isDiskSilent: boolean;
let handlers: Map<string, (event: unknown) => void>;

const pathOf = (key: string | { url: string }) => new URL(typeof key === "string" ? key : key.url, `${ORIGIN}/`).pathname;

async function fetched(request: string | { url: string }): Promise<Response> {
  const made = network(pathOf(request));
  if (made === null) throw new TypeError("failed");
  const answer = new Response(made.body ?? "", { status: made.status ?? 200, headers: { "content-type": made.type ?? "text/html" } });
  Object.defineProperties(answer, { redirected: { value: made.isRedirected ?? false }, type: { value: made.origin ?? "basic" } });
  return answer;
}

class Asked {
  url: string;
  method = "GET";
  mode: string;
  constructor(url: string, { mode = "no-cors" } = {}) {
    this.url = new URL(url, `${ORIGIN}/`).href;
    this.mode = mode;
  }
}

/** What a request is answered through the worker; undefined where it leaves it alone. */
async function ask(url: string, mode = "no-cors"): Promise<string | undefined> {
  let answer: Promise<Response> | undefined;
  const work: Promise<unknown>[] = [];
  handlers.get("fetch")?.({
    request: new Asked(url, { mode }),
    respondWith: (given: Promise<Response>) => (answer = given),
    waitUntil: (given: Promise<unknown>) => work.push(given),
  });
  const text = await answer?.then((given) => given.text());
  await Promise.all(work);
  return text;
}

async function install(): Promise<unknown> {
  let work: Promise<unknown> = Promise.resolve();
  handlers.get("install")?.({ waitUntil: (given: Promise<unknown>) => (work = given) });
  return work;
}

const kept = async () => Object.fromEntries(await Promise.all([...disk].map(async ([path, answer]) => [path, await answer.clone().text()] as const)));

beforeEach(async () => {
  [network, disk, isDiskSilent, handlers] = [own("one"), new Map(), false, new Map()];
  const cache = {
    match: async (key: string) => disk.get(pathOf(key))?.clone(),
    put: async (key: string, answer: Response) => void disk.set(pathOf(key), answer),
  };
  const self = {
    location: { href: `${ORIGIN}/sw.js`, origin: ORIGIN, toString: () => `${ORIGIN}/sw.js` },
    addEventListener: (name: string, run: (event: unknown) => void) => handlers.set(name, run),
    skipWaiting: async () => {},
    clients: { claim: async () => {} },
  };
  const open = () => (isDiskSilent ? new Promise(() => {}) : Promise.resolve(cache));
  const caches = { open, keys: async () => [], delete: async () => true };
  const soon = (run: () => void) => setTimeout(run, 5);
  runInNewContext(SOURCE, { self, caches, fetch: fetched, Request: Asked, Response, URL, TextDecoder, setTimeout: soon, Promise });
  await install();
});

const BADGES = [1, 2, 3, 4, 5, 6, 7, 8, 9, "many"].map((count) => `/badges/${count}.svg`);
const SHELL = ["/", "/assets/en.js", "/assets/files.js", "/assets/index.css", "/assets/index.js", "/assets/ru.js", "/assets/search.js", "/assets/thumbhash.js", "/assets/windows.js", ...BADGES, "/icon.svg", "/manifest.webmanifest"];

describe("the page that is kept", () => {
  it("is shown from here, and the next time as the server has it by now", async () => {
    expect(Object.keys(await kept()).sort()).toEqual(SHELL);
    network = own("two");
    expect(await ask("/?invite=secret", "navigate")).toBe(`${PAGE}one`);
    expect(await ask("/", "navigate")).toBe(`${PAGE}two`);
    expect(await ask("/assets/index.js")).toBe("/assets/index.js two");
  });

  it("has all parts of the script that is built", () => {
    const built = readdirSync(resolve(import.meta.dirname, "../../dist/assets")).map((name) => `/assets/${name}`);
    expect(SHELL.filter((path) => path.startsWith("/assets/"))).toEqual(built.sort());
  });

  const two = own("two");
  const foreign: [string, Network][] = [
    ["a page of the network for everything", () => ({ body: PORTAL, type: "text/html" })],
    ["a page of the network where the page was asked for", (path) => (path === "/" ? { body: PORTAL, type: "text/html" } : two(path))],
    ["a page of the network where the script was asked for", (path) => (path.endsWith(".js") ? { body: PORTAL, type: "text/html" } : two(path))],
    ["the page's like, from another address", (path) => ({ ...two(path), isRedirected: path === "/" })],
    ["what another origin lets one not see", (path) => ({ ...two(path), origin: "opaque" })],
    ["that one must sign in first", (path) => ({ ...two(path), status: 511 })],
    ["a part of it", (path) => ({ ...two(path), status: path.endsWith(".css") ? 206 : 200 })],
    ["the page of another program with files of these names", (path) => (path === "/" ? { body: '<script src="./assets/index.js">', type: "text/html" } : two(path))],
    ["the page of another build", (path) => (path === "/" ? { body: PAGE.replace("assets/", "assets/9f/"), type: "text/html" } : two(path))],
    ["that there is no such style", (path) => (path.endsWith(".css") ? { status: 404 } : two(path))],
    ["all but the icon", (path) => (path.endsWith(".svg") ? null : two(path))],
    ["nothing", () => null],
  ];

  it.each(foreign)("stays as it is when the answer is %s", async (_, other) => {
    const before = await kept();
    network = other;
    for (let count = 0; count < 2; count += 1) expect(await ask("/", "navigate")).toBe(`${PAGE}one`);
    expect(await kept()).toEqual(before);
  });

  it.each(foreign)("is not begun with %s", async (_, other) => {
    disk.clear();
    network = other;
    await expect(install()).rejects.toThrow();
    expect(await kept()).toEqual({});
  });

  it.each([
    ["/icon-other.svg", { body: PORTAL, type: "text/html" }],
    ["/assets/later.js", { body: PORTAL, type: "text/html" }],
    ["/icon-192.png", { body: PORTAL, type: "text/html" }],
    ["/icon-other.svg", { body: "<svg/>", type: "image/svg+xml", isRedirected: true }],
    ["/icon-other.svg", { body: "<svg/>", type: "image/svg+xml", status: 203 }],
  ])("takes no other part but what it was asked for (%s, %j)", async (path, made) => {
    const before = await kept();
    network = () => made;
    expect(await ask(path)).toBe(made.body);
    await new Promise((resolve) => setTimeout(resolve));
    expect(await kept()).toEqual(before);
    network = own("two");
    expect(await ask(path)).toBe(`${path} two`);
  });

  it("does not hide who stands before the server from one who wants to see them", async () => {
    network = () => ({ body: PORTAL, type: "text/html" });
    expect(await ask("/?network", "navigate")).toBeUndefined();
  });

  it("comes from the network where the disk does not answer", async () => {
    isDiskSilent = true;
    expect(await Promise.race([ask("/assets/index.js"), new Promise((resolve) => setTimeout(resolve, 1_000))])).toBe("/assets/index.js one");
  });

  it("leaves alone what is the server's to answer", async () => {
    for (const path of ["/api/me", "/auth", "/register", "/ws", "/metrics"]) expect(await ask(path)).toBeUndefined();
  });
});
