/** Pictures for the README, of the company that `vestnik demo` makes: `npm run screenshots`. */
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import WebSocket from "ws";
import { chatId, launch, openChat, row } from "../e2e/browser";
import { tokenOf } from "../e2e/many-messages";
import { serve, type Running } from "../e2e/server";
import { until } from "../e2e/wait";

const FOLDER = resolve(import.meta.dirname, "../../docs/images");
const PASSWORD = "vestnik demo";
/** Who is there besides the one who looks. */
const COLLEAGUES = ["oliver", "timur", "sofia", "dasha", "mei"];
const MOST_BYTES = 200_000;

interface Look {
  options?: BrowserContextOptions;
  settings: Record<string, string>;
  chat: string;
  /** What is done before the picture is taken. */
  then?: (page: Page) => Promise<void>;
}

const LOOKS: Record<string, Look> = {
  "chat-light": { settings: { language: "en", theme: "light" }, chat: "Release 2.4" },
  "chat-dark": { settings: { language: "en", theme: "dark" }, chat: "Release 2.4", then: openPanel },
  "chat-russian": { settings: { language: "ru", theme: "light" }, chat: "Карта и маршруты" },
  "chat-phone": {
    options: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    settings: { language: "en", theme: "light" },
    chat: "Release 2.4",
  },
};

/** The zone in which it is about three in the afternoon: the company was made up to talk until just now. */
function afternoon(): string {
  const ahead = 15 - new Date().getUTCHours();
  return `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

async function openPanel(page: Page): Promise<void> {
  await page.locator(".chat-head > .icon-button").last().click();
  await page.locator(".member").first().waitFor();
  // Where the focus is brought is of no interest in a picture.
  await page.locator("#composer").focus();
}

/** Colleagues who are there while pictures are taken. */
async function gather(url: string): Promise<WebSocket[]> {
  return Promise.all(
    COLLEAGUES.map(async (name) => {
      const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, { headers: { Authorization: `Bearer ${await tokenOf(url, name, PASSWORD)}` } });
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      return socket;
    }),
  );
}

async function take(browser: Browser, server: Running, name: string, look: Look): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", timezoneId: afternoon(), ...look.options });
  await context.addInitScript((stored: Record<string, string>) => {
    for (const [key, value] of Object.entries(stored)) localStorage.setItem(`vestnik.${key}`, value);
  }, look.settings);
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator("[name=username]").fill("anna");
  await page.locator("[name=password]").fill(PASSWORD);
  await page.locator("[type=submit]").click();
  await row(page, look.chat).waitFor();
  await openChat(page, look.chat);
  // Anna and the three colleagues of either chat.
  await page.locator(".chat-head-sub").filter({ hasText: /4 (online|в сети)/ }).waitFor();
  await settled(page);
  await look.then?.(page);
  await settled(page);
  await page.evaluate(leaveOutRests);
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  const { size } = statSync(path);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes`);
  process.stdout.write(`${name}: chat ${chatId(page)}, ${Math.round(size / 1000)} kB\n`);
  await context.close();
}

/** The lower end of a message at the upper edge is a blemish of a picture; the better part of one is none. */
function leaveOutRests(): void {
  const edge = document.querySelector(".timeline-box")?.getBoundingClientRect().top ?? 0;
  for (const row of document.querySelectorAll<HTMLElement>(".timeline-list > *")) {
    const { top, bottom, height } = row.getBoundingClientRect();
    if (top < edge && bottom - edge < height / 2) row.style.visibility = "hidden";
  }
}

/** Nothing is being fetched, and the page has stopped moving. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  const look = () => page.evaluate(() => document.body.innerHTML.length + document.getAnimations().length);
  let before = -1;
  await until(async () => {
    const now = await look();
    const isSame = now === before;
    before = now;
    return isSame;
  });
}

mkdirSync(FOLDER, { recursive: true });
const server = await serve();
await server.stop();
await server.command("demo");
await server.start();
const browser = await launch();
try {
  const colleagues = await gather(server.url);
  for (const [name, look] of Object.entries(LOOKS)) await take(browser, server, name, look);
  for (const socket of colleagues) socket.terminate();
} finally {
  await browser.close();
  await server.end();
}
