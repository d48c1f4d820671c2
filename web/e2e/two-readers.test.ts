/**
 * Two people use it, with sixty unread at a time: what each has read by the server is what was on their screens, at each
 * step. Not in CI: `VESTNIK_E2E_HOUR=3600 npm run e2e -- two-readers`, with `VESTNIK_E2E_SEED` for another hour.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomActions } from "./random-actions";
import { launch, message, openChat, row, say, signUp, sit, type Person } from "./browser";
import { sayAll, tokenOf } from "./many-messages";
import { serve, type Running } from "./server";
import { dice, readBy, recordScreen, type ScreenRecorder } from "./screen-recorder";
import { until } from "./wait";

const SECONDS = Number(process.env["VESTNIK_E2E_HOUR"] ?? 0);
const SEED = Number(process.env["VESTNIK_E2E_SEED"] ?? 1);
const CHATS = ["Reading room", "Kitchen", "Workshop", "Garden"];

interface Reader {
  person: Person;
  screen: ScreenRecorder;
  token: string;
  actions: Record<string, () => Promise<unknown>>;
}

let server: Running;
let browser: Browser;
let carl: string;
const readers: Reader[] = [];
const ids = new Map<string, number>();
const roll = dice(SEED);
let said = 0;

async function call<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(server.url + path, { method: "POST", headers: { Authorization: `Bearer ${carl}` }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

async function fill(name: string, count: number): Promise<void> {
  const texts = Array.from({ length: count }, () => `${(said += 1)}: ${"and so on ".repeat(said % 7 === 0 ? 120 : said % 4)}`);
  await sayAll(server.url, carl, ids.get(name) ?? 0, texts);
}

/** Says something where they are, as people do. */
async function talk({ person, screen }: Reader): Promise<void> {
  if ((await screen.now()) === null) return;
  const text = `spoken ${(said += 1)}`;
  await say(person.page, text);
  await message(person.page, text).waitFor();
  // It is on the screen before its sender is asked how far they have read.
  await until(async () => (await screen.now()) !== null);
}

async function expectHonest({ person, screen, token }: Reader, after: string): Promise<void> {
  const marks = await readBy(server.url, token);
  await person.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(0))));
  for (const name of ids.keys()) {
    expect(marks.get(name)?.readN ?? 0, `${person.name} in ${name}, after ${after}`).toBeLessThanOrEqual(screen.seen.get(name) ?? 0);
  }
}

describe.skipIf(SECONDS === 0)("two people", () => {
  beforeAll(async () => {
    server = await serve();
    browser = await launch();
    const account = { username: "carl", password: "correct horse", email: "carl@example.com" };
    await fetch(`${server.url}/register`, { method: "POST", body: JSON.stringify(account) });
    carl = await tokenOf(server.url, "carl");
    for (const name of CHATS) ids.set(name, (await call<{ id: number }>("/api/chats", { type: "group", name })).id);
    for (const name of ["anna", "bert"]) {
      const person = await sit(browser, name);
      const screen = await recordScreen(person);
      await signUp(person, server.url);
      const token = await tokenOf(server.url, name);
      const { id } = (await (await fetch(`${server.url}/api/me`, { headers: { Authorization: `Bearer ${token}` } })).json()) as { id: number };
      for (const chat of ids.values()) await call(`/api/chats/${chat}/members`, { user_id: id });
      for (const chat of CHATS) await row(person.page, chat).waitFor();
      const reader: Reader = { person, screen, token, actions: randomActions(person.page, screen, server, { roll, chats: CHATS, say: fill }) };
      reader.actions["sixty"] = () => fill(roll.one(CHATS), 60);
      reader.actions["talk"] = () => talk(reader);
      readers.push(reader);
    }
    for (const { person } of readers) await openChat(person.page, CHATS[0] ?? "");
  });

  afterAll(async () => {
    await browser.close();
    await server.end();
  });

  it(`read what was on their screens, for ${SECONDS} seconds by the seed ${SEED}`, { timeout: SECONDS * 2_000 + 120_000 }, async () => {
    const names = [...Object.keys(readers[0]?.actions ?? {}), "open", "open", "scroll", "rest", "talk"];
    const done: string[] = [];
    const end = Date.now() + SECONDS * 1000;
    while (Date.now() < end) {
      const [reader, name] = [roll.one(readers), roll.one(names)];
      done.push(`${reader.person.name}: ${name}`);
      await reader.actions[name]?.();
      for (const one of readers) await expectHonest(one, done.slice(-8).join(", "));
    }
    // What is shown at last is read, to the end.
    for (const { person, token } of readers) {
      await person.page.setViewportSize({ width: 1280, height: 800 });
      for (const name of CHATS) {
        await openChat(person.page, name);
        await until(async () => {
          const latest = person.page.locator(".to-latest");
          if (await latest.isVisible()) await latest.click({ timeout: 2_000 }).catch(() => undefined);
          const mark = (await readBy(server.url, token)).get(name);
          return mark !== undefined && mark.n === mark.readN;
        });
      }
      expect(person.faults).toEqual([]);
    }
    // eslint-disable-next-line no-console
    console.log(`${done.length} steps`);
  });
});
