/**
 * Nothing is read that was not on the screen: whatever one does with chats, windows and the network.
 * `VESTNIK_E2E_SEED` and `VESTNIK_E2E_READING` (seconds) ask for other histories and longer ones.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomActions, isOnline } from "./random-actions";
import { launch, openChat, row, signUp, sit, type Person } from "./browser";
import { sayAll, tokenOf } from "./many-messages";
import { serve, type Running } from "./server";
import { dice, readBy, recordScreen, type ScreenRecorder } from "./screen-recorder";
import { drawn, MOMENT, until } from "./wait";

const SEED = Number(process.env["VESTNIK_E2E_SEED"] ?? 20);
const SECONDS = Number(process.env["VESTNIK_E2E_READING"] ?? 20);
const CHATS = ["Reading room", "Kitchen", "Workshop"];

let server: Running;
let browser: Browser;
let anna: Person;
let screen: ScreenRecorder;
let tokens: { anna: string; bert: string };
const ids = new Map<string, number>();
let said = 0;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  screen = await recordScreen(anna);
  await signUp(anna, server.url);
  const bert = { username: "bert", password: "correct horse", email: "bert@example.com" };
  await fetch(`${server.url}/register`, { method: "POST", body: JSON.stringify(bert) });
  tokens = { anna: await tokenOf(server.url, "anna"), bert: await tokenOf(server.url, "bert") };
  const { user_id: annaId } = await call<{ user_id: number }>("/api/sync", tokens.anna, {});
  for (const name of CHATS) {
    const { id } = await call<{ id: number }>("/api/chats", tokens.bert, { type: "group", name });
    ids.set(name, id);
    await call(`/api/chats/${id}/members`, tokens.bert, { user_id: annaId });
  }
  for (const name of CHATS) await row(anna.page, name).waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

async function call<T>(path: string, token: string, body: unknown): Promise<T> {
  const answer = await fetch(server.url + path, { method: "POST", headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

/** Bert says something in a chat; every fourth is as long as a page. */
async function say(name: string, count: number): Promise<void> {
  const texts = Array.from({ length: count }, () => `${(said += 1)}: ${"and so on ".repeat(said % 4 === 0 ? 90 : said % 3)}`);
  await sayAll(server.url, tokens.bert, ids.get(name) ?? 0, texts);
}

/** Never further than what was on the screen; what the page says first is heard first. */
async function expectHonest(after: string): Promise<void> {
  const marks = await readBy(server.url, tokens.anna);
  await anna.page.evaluate(() => 0);
  for (const [name, { readN }] of marks) {
    if (!ids.has(name)) continue;
    expect(readN, `${name}, after ${after}`).toBeLessThanOrEqual(screen.seen.get(name) ?? 0);
  }
}

/** What is on the screen is read before long. */
async function expectRead(title: string): Promise<void> {
  await until(async () => {
    const [now, marks] = [await screen.now(), await readBy(server.url, tokens.anna)];
    return now?.title === title && now.n > 0 && (marks.get(title)?.readN ?? 0) >= now.n;
  });
}

const unreadOf = async (name: string) => {
  const mark = (await readBy(server.url, tokens.anna)).get(name);
  return (mark?.n ?? 0) - (mark?.readN ?? 0);
};

const [ROOM, KITCHEN] = CHATS as [string, string, string];

describe("what was not on the screen", () => {
  it("stays unread when one leaves the chat", async () => {
    const { page } = anna;
    await say(ROOM, 40);
    await openChat(page, ROOM);
    await expectRead(ROOM);
    const before = await unreadOf(ROOM);
    expect(before).toBeGreaterThan(20);
    await openChat(page, KITCHEN);
    await openChat(page, "General");
    await expectHonest("leaving");
    expect(await unreadOf(ROOM)).toBe(before);
  });

  it("stays unread when the chat is opened for the first time after a load, however much it is", async () => {
    const { page } = anna;
    await say(KITCHEN, 45);
    await page.reload();
    await row(page, KITCHEN).waitFor();
    await openChat(page, KITCHEN);
    await page.locator(".new-divider").waitFor();
    await expectRead(KITCHEN);
    await expectHonest("a load");
    expect(await unreadOf(KITCHEN)).toBeGreaterThan(20);
  });

  it("stays unread behind a dialog, in a hidden tab and in a window without the focus", async () => {
    const { page } = anna;
    await page.locator(".to-latest").click();
    await until(async () => (await unreadOf(KITCHEN)) === 0);
    const ways = [
      [() => page.keyboard.press("Control+k"), () => page.keyboard.press("Escape")],
      [() => screen.hide(true), () => screen.hide(false)],
      [() => screen.blur(true), () => screen.blur(false)],
    ] as const;
    for (const [begin, end] of ways) {
      await begin();
      await say(KITCHEN, 1);
      await page.locator(".message", { hasText: `${said}:` }).waitFor();
      // What is wrongly read would be by now.
      await drawn(page, MOMENT);
      expect(await unreadOf(KITCHEN)).toBe(1);
      await end();
      await until(async () => (await unreadOf(KITCHEN)) === 0);
    }
  });

  it(`stays unread whatever one does, by the seed ${SEED}`, { timeout: SECONDS * 2_000 + 60_000 }, async () => {
    const roll = dice(SEED);
    const actions = randomActions(anna.page, screen, server, { roll, chats: CHATS, say });
    const names = [...Object.keys(actions), "say", "open", "open", "scroll", "rest", "rest"];
    const end = Date.now() + SECONDS * 1000;
    const done: string[] = [];
    while (Date.now() < end) {
      const name = roll.one(names);
      done.push(name);
      await actions[name]?.();
      await expectHonest(done.slice(-6).join(", "));
    }
    expect(done.length).toBeGreaterThan(SECONDS / 2);
  });

  it("is read once it is", async () => {
    const { page } = anna;
    await page.setViewportSize({ width: 1280, height: 800 });
    await isOnline(page);
    for (const name of CHATS) {
      await openChat(page, name);
      await until(async () => {
        if (await page.locator(".to-latest").isVisible()) await page.locator(".to-latest").click({ timeout: 2_000 }).catch(() => undefined);
        return (await unreadOf(name)) === 0;
      });
    }
    await expectHonest("all");
    expect(anna.faults).toEqual([]);
  });
});
