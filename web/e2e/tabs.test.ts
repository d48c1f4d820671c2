/** Several tabs of one browser: one connection, one outbox, one user. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, said, say, signUp, sit, tab, writeTo, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;
let tabs: Page[];
/** The sockets that are open now, with the page of each. */
const sockets = new Map<object, Page>();

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  const watch = (page: Page) =>
    page.on("websocket", (socket) => {
      sockets.set(socket, page);
      socket.on("close", () => sockets.delete(socket));
    });
  watch(anna.page);
  anna.context.on("page", watch);
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await writeTo(anna.page, "bert");
  await say(anna.page, "Hello");
  await openChat(bert.page, "anna");
  tabs = [anna.page];
  for (let count = 0; count < 2; count += 1) {
    await tab(anna, anna.page.url());
    await message(anna.page, "Hello").waitFor();
    tabs.push(anna.page);
  }
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const [first, second, third] = [0, 1, 2].map((at) => () => tabs[at] as Page) as [() => Page, () => Page, () => Page];
const pending = (page: Page) => page.locator(".message.is-pending");
const numbered = (word: string) => [1, 2, 3].map((n) => `${word} ${n}.`);

describe("three tabs", () => {
  it("have one socket between them, and hear what it hears", async () => {
    await say(bert.page, "To all of you");
    for (const page of tabs) await message(page, "To all of you").waitFor();
    await say(third(), "From the third");
    for (const page of [...tabs, bert.page]) await message(page, "From the third").waitFor();
    expect([...sockets.values()]).toEqual([first()]);
  });

  it("have different chats open over it", async () => {
    await openChat(second(), "General");
    await openChat(bert.page, "General");
    await say(bert.page, "In General");
    await message(second(), "In General").waitFor();
    await openChat(bert.page, "anna");
    await say(bert.page, "In private");
    await message(first(), "In private").waitFor();
    await message(third(), "In private").waitFor();
    await row(second(), "bert").locator(".chat-preview", { hasText: "In private" }).waitFor();
    expect([...sockets.values()]).toEqual([first()]);
    await openChat(second(), "bert");
  });

  it("share one outbox, and all say that there is no connection", async () => {
    server.cut();
    for (const line of numbered("second")) await say(second(), line);
    for (const line of numbered("third")) await say(third(), line);
    for (const page of tabs) {
      await page.locator(".banner", { hasText: "6 messages wait" }).waitFor();
      await until(async () => (await pending(page).count()) === 6);
    }
  });

  it("lose nothing and double nothing with the tab that had the connection", async () => {
    await first().close();
    tabs.shift();
    server.mend();
    await message(bert.page, "third 3.").waitFor({ timeout: 60_000 });
    const own = [...numbered("second"), ...numbered("third")];
    const waited = (texts: string[]) => texts.filter((text) => /^(second|third) \d/.test(text));
    expect(waited(await said(bert.page))).toEqual(own);
    for (const page of tabs) {
      await page.locator(".banner").waitFor({ state: "detached" });
      await until(async () => (await pending(page).count()) === 0);
      expect(waited(await said(page))).toEqual(own);
    }
    expect(sockets.size).toBe(1);
    expect(tabs).toContain([...sockets.values()][0]);
  });

  it("read for each other", async () => {
    for (const page of tabs) await openChat(page, "General");
    await say(bert.page, "Unread everywhere");
    for (const page of tabs) await row(page, "bert").locator(".pill").waitFor();
    await openChat(first(), "bert");
    await until(async () => (await row(second(), "bert").locator(".pill").count()) === 0);
  });

  it("sign out together", async () => {
    await first().getByRole("button", { name: "Settings" }).click();
    await first().getByRole("button", { name: "Sign out" }).click();
    for (const page of tabs) await page.locator(".entry-card").waitFor();
    await until(() => sockets.size === 0);
  });

  it("did nothing that the page may not", () => {
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
