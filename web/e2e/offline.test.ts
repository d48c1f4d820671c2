import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, said, say, signUp, sit, tab, writeTo, type Person } from "./browser";
import { onDisk } from "./disk";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await writeTo(anna.page, "bert");
  await say(anna.page, "first");
  await openChat(bert.page, "anna");
  await message(bert.page, "first").waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const pending = (person: Person) => person.page.locator(".message.is-pending");
const numbered = (word: string, count: number) => Array.from({ length: count }, (_, at) => `${word} ${at + 1}.`);

describe("apart", () => {
  it("what is written without a connection is sent when there is one, once and in order", async () => {
    server.cut();
    const lines = numbered("offline", 5);
    for (const line of lines) await say(anna.page, line);
    expect(await pending(anna).count()).toBe(5);
    await anna.page.locator(".banner", { hasText: "5 messages wait" }).waitFor();
    server.mend();
    // It may have tried by itself meanwhile.
    await anna.page.getByRole("button", { name: "Try now" }).click({ timeout: 2000 }).catch(() => undefined);
    await until(async () => (await pending(anna).count()) === 0);
    await message(bert.page, "offline 5.").waitFor();
    expect((await said(bert.page)).filter((text) => text.startsWith("offline"))).toEqual(lines);
    await anna.page.locator(".banner").waitFor({ state: "detached" });
  });

  it("a server that dies in the middle of sends loses none and doubles none", async () => {
    const lines = numbered("killed", 40);
    for (const [at, line] of lines.entries()) {
      await say(anna.page, line);
      if (at === 15) await server.kill();
      if (at === 30) void server.start();
    }
    await message(bert.page, "killed 40.").waitFor({ timeout: 60_000 });
    await until(async () => (await pending(anna).count()) === 0);
    const heard = (await said(bert.page)).filter((text) => text.startsWith("killed"));
    expect(heard).toEqual(lines);
    expect((await said(anna.page)).filter((text) => text.startsWith("killed"))).toEqual(lines);
  });

  it("a restart is told of, and over by itself", async () => {
    await server.stop();
    await anna.page.locator(".banner").waitFor({ timeout: 20_000 });
    await server.start();
    await anna.page.locator(".banner").waitFor({ state: "detached", timeout: 60_000 });
    await say(anna.page, "after the restart");
    await message(bert.page, "after the restart").waitFor({ timeout: 30_000 });
    // Read once it has been looked at for a moment.
    await until(async () => (await row(bert.page, "anna").locator(".pill").count()) === 0);
  });

  it("a tab closed with a full outbox sends it when it is opened again", async () => {
    await openChat(bert.page, "General");
    server.cut();
    const lines = numbered("closed", 6);
    for (const line of lines) await say(anna.page, line);
    expect(await pending(anna).count()).toBe(6);
    // The outbox is on the disk a moment after it is on the page.
    await until(async () => (await onDisk(anna.page, "outbox")).length === 6);
    await anna.page.close();
    server.mend();
    await tab(anna, server.url);
    await row(bert.page, "anna").locator(".pill").getByText("6").waitFor({ timeout: 30_000 });
    await openChat(bert.page, "anna");
    await message(bert.page, "closed 6.").waitFor();
    expect((await said(bert.page)).filter((text) => text.startsWith("closed"))).toEqual(lines);
    await openChat(anna.page, "bert");
    await message(anna.page, "closed 6.").waitFor();
    expect(await pending(anna).count()).toBe(0);
    await until(async () => (await row(bert.page, "anna").locator(".pill").count()) === 0);
  });

  it("the page and its chats open without a server", async () => {
    await openChat(anna.page, "bert");
    await anna.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await anna.page.reload();
    await message(anna.page, "closed 6.").waitFor();
    // What is shown is kept a moment later.
    await until(async () => JSON.stringify(await onDisk(anna.page)).includes("closed 6."));
    server.cut();
    await anna.page.reload();
    await message(anna.page, "closed 6.").waitFor();
    await anna.page.locator(".banner").waitFor();
    await say(anna.page, "from the cellar");
    expect(await pending(anna).count()).toBe(1);
    server.mend();
    await message(bert.page, "from the cellar").waitFor({ timeout: 60_000 });
    const kept = await anna.page.evaluate(async () => {
      const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
      return (await Promise.all(caches_.map((cache) => cache.keys()))).flat().map((request) => new URL(request.url).pathname);
    });
    expect(kept.filter((path) => path.startsWith("/api") || path.startsWith("/auth"))).toEqual([]);
  });

  it("two tabs share one outbox and show the same", async () => {
    const first = anna.page;
    await tab(anna, server.url);
    await openChat(anna.page, "bert");
    await say(anna.page, "from the second tab");
    await message(first, "from the second tab").waitFor({ timeout: 20_000 });
    expect(await pending(anna).count()).toBe(0);
    await first.close();
    await say(anna.page, "from the one that stayed");
    await message(bert.page, "from the one that stayed").waitFor({ timeout: 30_000 });
  });

  it("did nothing that the page may not", () => {
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
