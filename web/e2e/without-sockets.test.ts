/** Behind a proxy through which no WebSocket gets. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, said, say, signIn, signUp, sit, writeTo, type Person } from "./browser";
import { reverseProxyOf, type ReverseProxy } from "./reverse-proxy";
import { serve, type Running } from "./server";

let server: Running;
let proxy: ReverseProxy;
let browser: Browser;
let anna: Person;
let bert: Person;

const note = (page: Page) => page.locator(".other-way");

beforeAll(async () => {
  server = await serve();
  proxy = await reverseProxyOf(server.url);
  proxy.upgrades = "refuse";
  browser = await launch();
  [anna, bert] = [await sit(browser, "anna"), await sit(browser, "bert")];
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await writeTo(bert.page, "anna");
  await say(bert.page, "Good morning");
  await message(bert.page, "Good morning").waitFor();
});

afterAll(async () => {
  await browser.close();
  await proxy.end();
  await server.end();
});

describe("where sockets are refused", () => {
  it("people talk, and are told quietly", async () => {
    anna.page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" })).newPage();
    await signIn(anna, proxy.url);
    await note(anna.page).waitFor();
    await openChat(anna.page, "bert");
    await message(anna.page, "Good morning").waitFor();
    for (const text of ["Morning", "Soup today?", "At noon"]) await say(anna.page, text);
    await message(bert.page, "At noon").waitFor();
    await say(bert.page, "Yes");
    await message(anna.page, "Yes").waitFor();
    await anna.page.waitForFunction(() => document.querySelector(".is-pending") === null);
    const all = ["Good morning", "Morning", "Soup today?", "At noon", "Yes"];
    expect([await said(anna.page), await said(bert.page)]).toEqual([all, all]);
    expect(await anna.page.locator(".banner").count()).toBe(0);
    if (process.env["VESTNIK_E2E_SHOTS"]) await anna.page.screenshot({ path: `${process.env["VESTNIK_E2E_SHOTS"]}/without-sockets.png` });
  });

  it("counts go up behind one's back, and down when one looks", async () => {
    await openChat(anna.page, "General");
    await say(bert.page, "Where are you?");
    await row(anna.page, "bert").locator(".pill").waitFor();
    await openChat(anna.page, "bert");
    await message(anna.page, "Where are you?").waitFor();
    await row(anna.page, "bert").locator(".pill").waitFor({ state: "detached" });
  });

  it("what is changed is changed for both", async () => {
    await say(anna.page, "Supo");
    await message(anna.page, "Supo").waitFor();
    await anna.page.locator("#composer").press("ArrowUp");
    await say(anna.page, "Soup!");
    await message(bert.page, "Soup!").waitFor();
    expect(await message(bert.page, "Supo").count()).toBe(0);
  });

  it("a socket that gets through is used again, and the note goes", async () => {
    proxy.upgrades = "pass";
    await anna.page.evaluate(() => dispatchEvent(new Event("online")));
    await note(anna.page).waitFor({ state: "detached" });
    await say(bert.page, "Back on a socket");
    await message(anna.page, "Back on a socket").waitFor();
  });
});

describe("where sockets are swallowed", () => {
  it("people talk after a moment, and the wait is no loss of the connection", async () => {
    proxy.upgrades = "swallow";
    await anna.page.reload();
    await note(anna.page).waitFor();
    await say(bert.page, "Through again?");
    await message(anna.page, "Through again?").waitFor();
    await say(anna.page, "Through again!");
    await message(bert.page, "Through again!").waitFor();
    expect(await anna.page.locator(".banner").count()).toBe(0);
  });
});
