/** Something between the page and its server answers in the server's place: a network's own page, or a proxy's sign-in. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, say, signUp, sit, type Person } from "./browser";
import { reverseProxyOf, type ReverseProxy } from "./reverse-proxy";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let proxy: ReverseProxy;
let browser: Browser;
let anna: Person;

beforeAll(async () => {
  server = await serve();
  proxy = await reverseProxyOf(server.url);
  // The server takes the proxy for its own address.
  await server.kill();
  await server.start("--public-url", proxy.url);
  browser = await launch();
  anna = await sit(browser, "anna");
  await signUp(anna, proxy.url);
  await openChat(anna.page, "General");
  await say(anna.page, "Kept");
  await message(anna.page, "Kept").waitFor();
  await anna.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await until(() => anna.page.evaluate(async () => (await caches.match("./")) !== undefined));
});

afterAll(async () => {
  await browser.close();
  await proxy.end();
  await server.end();
});

describe.each(["page", "sign-in"] as const)("while a %s answers in the server's place", (by) => {
  it("the page opens, says so, and shows it to one who wants to see it", async () => {
    proxy.answer(by);
    for (let count = 0; count < 2; count += 1) {
      await anna.page.goto(proxy.url);
      await anna.page.locator(".chat-row").first().waitFor();
    }
    await anna.page.locator(".banner").getByRole("button", { name: "Show its page" }).click();
    await anna.page.getByRole("heading", { name: "Accept our terms" }).waitFor();
  });

  it("comes back when it is gone, at the first look", async () => {
    await anna.page.goto(proxy.url);
    await anna.page.locator(".banner").waitFor();
    await openChat(anna.page, "General");
    await say(anna.page, `Written before the ${by} had gone`);
    proxy.answer("server");
    await anna.page.getByRole("button", { name: "Try now" }).click({ timeout: 2000 }).catch(() => undefined);
    await message(anna.page, `Written before the ${by} had gone`).waitFor({ timeout: 30_000 });
    await anna.page.goto(`${proxy.url}?network`);
    await anna.page.locator(".messenger").waitFor();
    expect(new URL(anna.page.url()).search).toBe("");
    expect(anna.faults).toEqual([]);
  });
});
