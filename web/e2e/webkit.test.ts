/** The core of the page in WebKit, the engine of Safari; above all what only WebKit does to a page. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve, type Running } from "./server";
import { missing, startWebKit, type WebKit } from "./webkit/driver";
import { until } from "./wait";

if (missing !== null && process.env["CI"]) throw new Error(`there is no ${missing}`);
if (missing !== null) process.stdout.write(`SKIPPED: there is no ${missing}\n`);

const PASSWORD = "correct horse";
const GENERAL = 1;
const ENTER = "\uE007";

describe.skipIf(missing !== null)("in WebKit", () => {
  let server: Running;
  let page: WebKit;
  /** Bert has no browser. */
  let bert: string;
  let chat: number;

  const post = async (path: string, body: unknown) => {
    const headers = bert === undefined ? {} : { authorization: `Bearer ${bert}` };
    const answer = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as { id: number; token: string };
  };
  const bertSays = (content: string, id = chat) => post(`/api/chats/${id}/messages`, { content });
  const stored = async () => {
    const answer = await fetch(`${server.url}/api/chats/${chat}/messages`, { headers: { authorization: `Bearer ${bert}` } });
    return ((await answer.json()) as { messages: { content: string }[] }).messages.map(({ content }) => content);
  };

  const count = (selector: string) => page.run((selector) => document.querySelectorAll(selector).length, selector);
  const shown = (selector: string, seconds = 30) => until(async () => (await count(selector).catch(() => 0)) > 0, seconds);
  const goneFrom = (selector: string, seconds = 30) => until(async () => (await count(selector).catch(() => 1)) === 0, seconds);
  const said = () => page.run(() => [...document.querySelectorAll<HTMLElement>(".message:not(.is-pending) .text")].map((one) => one.innerText.trim()));
  const hears = (text: string, seconds = 30) => until(async () => (await said().catch(() => [] as string[])).includes(text), seconds);

  const fill = (selector: string, text: string) =>
    page.run((selector, text) => {
      const field = document.querySelector(selector) as HTMLInputElement;
      field.focus();
      field.value = text;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, selector, text);
  const say = async (text: string) => {
    await fill("#composer", text);
    await page.press(ENTER);
  };
  const openChat = async (id = chat) => {
    await shown(".messenger");
    await page.run((id) => void (location.hash = `#/chat/${id}`), id);
    await shown("#composer");
    await shown('.timeline-box[aria-busy="false"]');
  };

  beforeAll(async () => {
    server = await serve();
    page = await startWebKit();
    await post("/register", { username: "bert", email: "bert@example.com", password: PASSWORD });
    const { token } = await post("/auth", { username: "bert", password: PASSWORD });
    const anna = await post("/register", { username: "anna", email: "anna@example.com", password: PASSWORD });
    bert = token;
    chat = (await post(`/api/users/${anna.id}/chat`, {})).id;
    await page.goto(server.url);
    await shown("input[name=username]");
    await fill("input[name=username]", "anna");
    await fill("input[name=password]", PASSWORD);
    await page.press(ENTER);
    await openChat();
  });

  afterAll(async () => {
    await page?.end();
    await server?.end();
  });

  it("one talks, and is called", async () => {
    await say("Hello from WebKit");
    await hears("Hello from WebKit");
    await bertSays("Hello, @anna");
    await hears("Hello, @anna");
    await shown(".mention-me");
  });

  it("writes without a connection, looks again without a server, and is heard once", async () => {
    await page.run(() => navigator.serviceWorker.ready.then(() => undefined));
    await until(() => page.run(async () => (await caches.match("./")) !== undefined));
    // What is shown is kept a moment later.
    await until(() => page.run(keptTexts).then((texts) => texts.includes("Hello from WebKit")));
    server.cut();
    await say("Into the dark");
    await shown(".message.is-pending");
    await page.reload();
    await openChat();
    await shown(".message.is-pending");
    await shown(".banner");
    await hears("Hello from WebKit");
    server.mend();
    await hears("Into the dark", 60);
    await goneFrom(".banner", 60);
    expect((await stored()).filter((text) => text === "Into the dark")).toHaveLength(1);
  });

  it("has the time beside the text, whatever the direction of either", async () => {
    const texts = ["مرحبا 123 world!", "x", "Quite ordinary", "שלום, a longer text that says something in two directions, up to the end of its line", "12:34"];
    for (const text of texts) {
      await say(text);
      await hears(text);
      await bertSays(text);
    }
    server.cut();
    await say("ff");
    await say("مرحبا");
    await until(async () => (await count(".message.is-pending")) === 2);
    expect(await page.run(overlaps)).toEqual([]);
    server.mend();
    await goneFrom(".message.is-pending", 60);
    expect(await page.run(overlaps)).toEqual([]);
  });

  it("has two windows, and one that comes back from the past hears, speaks, and leads when it must", async () => {
    const first = await page.window();
    const second = await page.open();
    await page.goto(`${server.url}/#/chat/${chat}`);
    await openChat();
    await say("From the second window");
    await hears("From the second window");
    await page.turnTo(first);
    await hears("From the second window");
    await page.turnTo(second);
    await page.run(() => void Object.assign(globalThis, { isTheSame: true }));
    await page.goto("about:blank");
    await bertSays("While she was away");
    await page.back();
    await openChat();
    // Otherwise it was loaded anew, and nothing is tried here.
    expect(await page.run(() => "isTheSame" in globalThis)).toBe(true);
    await hears("While she was away");
    await openChat(GENERAL);
    await bertSays("Now that she is back", GENERAL);
    await hears("Now that she is back");
    await openChat();
    await say("I am back");
    await hears("I am back");
    await page.turnTo(first);
    await hears("I am back");
    await page.close();
    await page.turnTo(second);
    await say("And alone");
    await hears("And alone", 60);
    await bertSays("Not quite");
    await hears("Not quite");
    expect((await stored()).filter((text) => ["I am back", "And alone"].includes(text))).toEqual(["I am back", "And alone"]);
  });
});

/** In the page: what its disk has of the chats. */
async function keptTexts(): Promise<string[]> {
  const asked = indexedDB.open("vestnik");
  const done = (request: IDBRequest) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const disk = (await done(asked)) as IDBDatabase;
  const all = (await done(disk.transaction("timelines").objectStore("timelines").getAll())) as { rows: { text: string }[] }[];
  disk.close();
  return all.flatMap(({ rows }) => rows.map(({ text }) => text));
}

/** In the page: the messages whose letters lie under what stands beside them. */
function overlaps(): string[] {
  const isWithin = (one: DOMRect, other: DOMRect) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 0.5 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
  const lettersOf = (text: Element) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return [...range.getClientRects()].filter(({ width }) => width > 0);
  };
  return [...document.querySelectorAll(".message")].flatMap((message) => {
    const [text, meta] = [message.querySelector(".text p"), message.querySelector(".meta")];
    if (text === null || meta === null) return [];
    const room = meta.getBoundingClientRect();
    return lettersOf(text).some((letters) => isWithin(letters, room)) ? [text.textContent ?? ""] : [];
  });
}
