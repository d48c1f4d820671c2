/** What of the chats is on the disk: the last 20 messages of the last 10, for when the server is gone. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatId, launch, message, openChat, row, said, sayMany, signUp, sit, type Person } from "./browser";
import { onDisk } from "./disk";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;

const CHATS = 13;
const SAID = 25;
const titles = Array.from({ length: CHATS }, (_, at) => `Group ${at + 1}`);
const lines = (title: string) => Array.from({ length: SAID }, (_, at) => `${title}, line ${at + 1}.`);

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  await signUp(anna, server.url);
  for (const title of titles) await sayMany(anna.page, await group(anna.page, title), lines(title));
  await anna.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

function group(page: Page, name: string): Promise<number> {
  return page.evaluate(async (name) => {
    const answer = await fetch("/api/chats", { method: "POST", body: JSON.stringify({ type: "group", name }) });
    return ((await answer.json()) as { id: number }).id;
  }, name);
}

describe("with the server gone", () => {
  it("ten chats are kept without having been opened, each with its last twenty", async () => {
    await anna.page.reload();
    await row(anna.page, "Group 13").waitFor();
    await until(async () => (await onDisk(anna.page)).length === 10);
    for (const { rows } of await onDisk(anna.page)) expect(rows.length).toBe(20);
  });

  it("the last ten are there to be read", async () => {
    await server.kill();
    await anna.page.reload();
    for (const title of titles.slice(-10)) {
      await openChat(anna.page, title);
      await message(anna.page, `${title}, line ${SAID}.`).waitFor();
      expect(await said(anna.page)).toEqual(lines(title).slice(-20));
    }
    await anna.page.locator(".banner").waitFor();
  });

  it("the others are in the list, and say what they wait for", async () => {
    await openChat(anna.page, "Group 1");
    await anna.page.getByText("This chat is not kept on this device. It comes with the connection.").waitFor();
  });

  it("what was kept is brought up to date, and older messages come with the server", async () => {
    await openChat(anna.page, "Group 13");
    await server.start();
    await anna.page.locator(".banner").waitFor({ state: "detached", timeout: 60_000 });
    await until(async () => (await said(anna.page)).length === SAID);
    expect(await said(anna.page)).toEqual(lines("Group 13"));
    await openChat(anna.page, "Group 1");
    await message(anna.page, `Group 1, line ${SAID}.`).waitFor();
  });

  it("the ten that one has read last are kept, with what is said in them since", async () => {
    for (const title of titles.slice(0, 3)) {
      await openChat(anna.page, title);
      await message(anna.page, `${title}, line ${SAID}.`).waitFor();
    }
    await sayMany(anna.page, chatId(anna.page), ["One more."]);
    await message(anna.page, "One more.").waitFor();
    await until(async () => {
      const kept = (await onDisk(anna.page)).flatMap(({ rows }) => rows.slice(-1).map(({ text }) => text));
      return kept.length === 10 && ["Group 1, line 25.", "Group 2, line 25.", "One more."].every((text) => kept.includes(text));
    });
    for (const { rows } of await onDisk(anna.page)) expect(rows.length).toBe(20);
  });

  it("did nothing that the page may not", () => {
    expect(anna.faults).toEqual([]);
  });
});

