/** What befalls an open page, besides its network: its locks are taken, its storage goes or is stuck, its worker ends. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, say, signIn, signUp, sit, tab, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  await signUp(anna, server.url);
  await openChat(anna.page, "General");
  await say(anna.page, "Hello");
  await message(anna.page, "Hello").waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

describe("an open page", () => {
  it("goes on when its locks are taken away, with another tab beside it", async () => {
    const first = anna.page;
    await tab(anna, first.url());
    await message(anna.page, "Hello").waitFor();
    await first.evaluate(() => navigator.locks.request("vestnik-leader", { steal: true }, async () => undefined));
    await say(first, "Robbed");
    for (const page of [first, anna.page]) await message(page, "Robbed").waitFor();
    await say(anna.page, "Beside the robbed one");
    for (const page of [first, anna.page]) await message(page, "Beside the robbed one").waitFor();
    await until(async () => {
      const { held } = await first.evaluate(() => navigator.locks.query());
      return held?.filter(({ name }) => name === "vestnik-leader").length === 1;
    });
    await anna.page.close();
    anna.page = first;
  });

  it("goes on without its storage, and says what would be lost", async () => {
    await anna.page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const asked = indexedDB.deleteDatabase("vestnik");
          asked.onsuccess = resolve;
          asked.onerror = reject;
        }),
    );
    await say(anna.page, "Without storage");
    await message(anna.page, "Without storage").waitFor();
    server.cut();
    await say(anna.page, "Kept nowhere");
    await anna.page.locator(".banner", { hasText: "This browser keeps nothing" }).waitFor();
    server.mend();
    await message(anna.page, "Kept nowhere").waitFor({ timeout: 60_000 });
  });

  it("opens without its worker, and gets another", async () => {
    const worker = () => anna.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
    await anna.page.evaluate(async () => {
      for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
    });
    await anna.page.reload();
    await message(anna.page, "Kept nowhere").waitFor();
    await until(async () => (await worker()) === 1);
  });

  it("lets one in and talk where the disk never answers", async () => {
    const other = await sit(browser, "anna");
    await other.context.addInitScript(() => {
      // A request that stays pending: real, but nobody hears of its end.
      const open = IDBFactory.prototype.open;
      IDBFactory.prototype.open = function (name, version) {
        const request = open.call(this, `stuck ${name}`, version);
        request.addEventListener = () => undefined;
        return request;
      };
    });
    await signIn(other, server.url);
    await openChat(other.page, "General");
    await say(other.page, "From a stuck disk");
    await message(anna.page, "From a stuck disk").waitFor();
    await other.page.reload();
    await message(other.page, "From a stuck disk").waitFor();
    expect([...anna.faults, ...other.faults]).toEqual([]);
  });
});
