/** The figures of docs/performance.md: `npm run measure`. What they mean is told there. */
import { readFileSync, readdirSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { chatId, launch, message, openChat, row, say, signUp, sit, tab, writeTo, type Person } from "../e2e/browser";
import { sayAll, tokenOf } from "../e2e/many-messages";
import { serve, type Running } from "../e2e/server";
import { firstRow, keepTime, timeToPaint, timeToRows } from "./paint";
import { until } from "../e2e/wait";

const RUNS = 20;
const WARM_UP = 5;
const COUNT = 10_000;
/** As many as the page keeps of one chat (MAX_ROWS), but for a page of them. */
const IN_MEMORY = 1_950;
const DIST = resolve(import.meta.dirname, "../dist");

const tell = (line: string) => process.stdout.write(`${line}\n`);

async function often(run: (at: number) => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < WARM_UP + RUNS; at += 1) {
    const time = await run(at);
    if (at >= WARM_UP) times.push(time);
  }
  return times.sort((one, other) => one - other);
}

function report(what: string, target: number, times: number[]): void {
  const share = (part: number) => (times[Math.max(Math.ceil(times.length * part) - 1, 0)] ?? NaN).toFixed(1);
  tell(`| ${what} | ≤ ${target} ms | ${share(0)} ms | ${share(0.5)} ms | ${share(0.95)} ms |`);
}

function scriptSize(): void {
  const folder = join(DIST, "assets");
  const size = (name: string) => gzipSync(readFileSync(join(folder, name))).length;
  const told = (...names: string[]) => `${(names.reduce((sum, name) => sum + size(name), 0) / 1000).toFixed(1)} kB`;
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const [inEnglish, inRussian] = [told("index.js", "en.js"), told("index.js", "ru.js")];
  tell(`script before the page is there, gzip: ${inEnglish} in English and ${inRussian} in Russian, of 100 kB; all of it ${told(...scripts)}; style sheet ${told("index.css")}`);
}

/** Bert has read what Anna said: ten thousand lines between the two, and some in General. */
async function fill(server: Running, browser: Browser): Promise<Person> {
  const anna = await sit(browser, "anna");
  const bert = await sit(browser, "bert");
  await keepTime(bert.page);
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await writeTo(anna.page, "bert");
  await say(anna.page, "Line 0.");
  await message(anna.page, "Line 0.").waitFor();
  const chat = chatId(anna.page);
  await openChat(anna.page, "General");
  const general = chatId(anna.page);
  await anna.context.close();
  const token = await tokenOf(server.url, "anna");
  await openChat(bert.page, "General");
  await sayAll(server.url, token, general, lines("Word", 60));
  await message(bert.page, "Word 60.").waitFor();
  await sayAll(server.url, token, chat, lines("Line", COUNT));
  await openChat(bert.page, "anna");
  await bert.page.locator(".new-divider").waitFor();
  await toLatest(bert.page);
  return bert;
}

function lines(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${word} ${at + 1}. ${"and so on ".repeat((at * 7) % 11)}`);
}

/** Until as many messages as the page keeps are in its memory, and back to the last one. */
async function remember(page: Page): Promise<void> {
  await page.locator(".timeline-box").evaluate(async (box, least) => {
    const lowest = () => Number(box.querySelector<HTMLElement>(".message")?.dataset["n"]);
    while (lowest() > least) {
      box.scrollTo(0, 0);
      await new Promise(requestAnimationFrame);
    }
  }, COUNT - IN_MEMORY);
  await toLatest(page);
}

async function toLatest(page: Page): Promise<void> {
  await page.locator(".to-latest").click();
  await message(page, `Line ${COUNT}.`).waitFor();
  await page.locator(".to-latest").waitFor({ state: "detached" });
}

async function keyPress(page: Page): Promise<void> {
  await page.locator("#composer").focus();
  report(`key press to paint, a chat of ${COUNT.toLocaleString("en")}`, 16, await often(() => timeToPaint(page, () => page.keyboard.press("a"))));
  await page.locator("#composer").fill("");
  const blank = await page.context().newPage();
  await keepTime(blank);
  await blank.goto("about:blank");
  await blank.setContent("<textarea autofocus></textarea>");
  await blank.locator("textarea").focus();
  report("the same on a page with nothing but a field", 16, await often(() => timeToPaint(blank, () => blank.keyboard.press("a"))));
  await blank.close();
  await page.bringToFront();
}

async function chatSwitch(page: Page): Promise<void> {
  const sides = [["General", "Word 60."], ["anna", `Line ${COUNT}.`]] as const;
  const side = (at: number) => sides[at % 2] as (typeof sides)[number];
  const byClick = await often((at) => {
    const [title, text] = side(at);
    return timeToRows(page, text, () => row(page, title).click());
  });
  report("chat switch by a click", 100, byClick);
  await openChat(page, "anna");
  const order = await page.locator(".chat-title-text").allInnerTexts();
  const isBelow = order.indexOf("General") > order.indexOf("anna");
  const byKey = await often((at) => {
    const isDown = isBelow === (at % 2 === 0);
    return timeToRows(page, side(at)[1], () => page.keyboard.press(isDown ? "Alt+ArrowDown" : "Alt+ArrowUp"));
  });
  report("chat switch by Alt+↑/↓", 100, byKey);
}

/** In a new tab each time, with no other one there. */
async function firstPaint(bert: Person, url: string, what: string): Promise<void> {
  const times = await often(async () => {
    await bert.page.close();
    await tab(bert, "about:blank");
    await keepTime(bert.page);
    await bert.page.goto(url);
    return firstRow(bert.page);
  });
  report(what, 300, times);
}

const server = await serve("--send-rate", "0", "--user-send-rate", "0", "--open-rate", "0");
const browser = await launch();
try {
  tell(`${cpus().length} × ${cpus()[0]?.model}, load ${loadavg().map((load) => load.toFixed(1)).join(" ")}, Chromium ${browser.version()}, node ${process.version}`);
  scriptSize();
  const bert = await fill(server, browser);
  await remember(bert.page);
  const url = bert.page.url();
  tell(`\n| | target | least | median | 95th percentile |\n|---|---|---|---|---|`);
  await keyPress(bert.page);
  await chatSwitch(bert.page);
  await until(() => bert.page.evaluate(() => navigator.serviceWorker.controller !== null));
  await firstPaint(bert, url, "first row from the cache, server there");
  await server.kill();
  await firstPaint(bert, url, "first row from the cache, server gone");
  tell(`\nload at the end ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await browser.close();
  await server.end();
}
