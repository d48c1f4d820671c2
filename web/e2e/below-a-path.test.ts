/** A page that is below a path of its host, as `https://example.com/chat/`. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, say, signUp, sit, type Person } from "./browser";
import { onDisk } from "./disk";
import { reverseProxyOf, type ReverseProxy } from "./reverse-proxy";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let proxy: ReverseProxy;
let browser: Browser;
let anna: Person;

beforeAll(async () => {
  server = await serve();
  proxy = await reverseProxyOf(server.url, { below: "/chat" });
  browser = await launch();
  anna = await sit(browser, "anna");
});

afterAll(async () => {
  await browser.close();
  await proxy.end();
  await server.end();
});

describe("below a path of its host", () => {
  it("people talk", async () => {
    const bert = await sit(browser, "bert");
    await signUp(anna, proxy.url);
    await signUp(bert, proxy.url);
    for (const { page } of [anna, bert]) await openChat(page, "General");
    await say(anna.page, "Is anybody here?");
    await message(bert.page, "Is anybody here?").waitFor();
    await say(bert.page, "I am");
    await message(anna.page, "I am").waitFor();
    expect(await anna.page.locator(".banner").count()).toBe(0);
    expect([...anna.faults, ...bert.faults]).toEqual([]);
    await bert.context.close();
  });

  it("asks for nothing outside of it", () => {
    expect(proxy.asked).toEqual(expect.arrayContaining(["/chat/", "/chat/api/me", "/chat/icon.svg", "/chat/sw.js"]));
    expect(proxy.asked.filter((path) => !path.startsWith("/chat/"))).toEqual([]);
  });

  it("says in its manifest where it is", async () => {
    const manifest = new URL((await anna.page.locator("link[rel=manifest]").getAttribute("href")) ?? "", anna.page.url());
    const told = (await (await anna.page.request.get(manifest.href)).json()) as { start_url: string; scope: string; icons: { src: string }[] };
    const places = [told.start_url, told.scope].map((place) => new URL(place, manifest).href);
    expect(places).toEqual([proxy.url, proxy.url]);
    for (const { src } of told.icons) expect((await anna.page.request.get(new URL(src, manifest).href)).status()).toBe(200);
  });

  it("makes invites that lead to it", async () => {
    const { page } = anna;
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = await page.getByLabel("Invite link").inputValue();
    expect(link.startsWith(`${proxy.url}#/invite/`)).toBe(true);
    await page.keyboard.press("Escape");
  });

  it("opens without a connection, kept by a worker of its own", async () => {
    const { page } = anna;
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
    expect(scope).toBe(proxy.url);
    // What is shown is kept a moment later.
    await until(async () => JSON.stringify(await onDisk(page)).includes("I am"));
    server.cut();
    await page.reload();
    await message(page, "I am").waitFor();
    server.mend();
    await say(page, "And back");
    await message(page, "And back").waitFor();
  });
});

describe("below a path that the proxy keeps", () => {
  it("people talk too, and the cookie is for that path alone", async () => {
    const keeping = await reverseProxyOf(server.url, { below: "/talk", keepsPrefix: true });
    await server.stop();
    await server.start("--public-url", keeping.url.replace(/\/$/, ""));
    const carl = await sit(browser, "carl");
    await signUp(carl, keeping.url);
    await openChat(carl.page, "General");
    await say(carl.page, "Here as well");
    await message(carl.page, "Here as well").waitFor();
    expect(await carl.page.locator(".banner, .other-way").count()).toBe(0);
    const paths = (await carl.context.cookies()).map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(["/talk/"]));
    expect(carl.faults).toEqual([]);
    await carl.context.close();
    await keeping.end();
  });
});
