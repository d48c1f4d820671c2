/** The page itself, which is kept where it is shown. */
import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, say, signUp, sit, type Person } from "./browser";
import { onDisk } from "./disk";
import { newFolder, removeFolder } from "./folders";
import { DIST, serve, type Running } from "./server";
import { until } from "./wait";

const folder = newFolder("page");
let server: Running;
let browser: Browser;
let anna: Person;

beforeAll(async () => {
  cpSync(DIST, folder, { recursive: true });
  server = await serve("--web-dir", folder);
  browser = await launch();
  anna = await sit(browser, "anna");
  await signUp(anna, server.url);
  await openChat(anna.page, "General");
  await say(anna.page, "Kept");
  await message(anna.page, "Kept").waitFor();
  await anna.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await until(async () => (await onDisk(anna.page)).some(({ rows }) => rows.some(({ text }) => text === "Kept")));
});

afterAll(async () => {
  await browser.close();
  await server.end();
  await removeFolder(folder);
});

describe("the page", () => {
  it("opens at once, with what was said, though the server does not answer at all", async () => {
    server.hang();
    await anna.page.reload({ waitUntil: "commit" });
    await message(anna.page, "Kept").waitFor({ timeout: 3000 });
    server.mend();
    await anna.page.locator(".banner").waitFor({ state: "detached", timeout: 60_000 });
  });

  it("is a new one the next time, when there is a new one", async () => {
    appendFileSync(join(folder, "assets/index.js"), "\nglobalThis.isNew = true;\n");
    const isNew = async () => {
      await anna.page.reload();
      await message(anna.page, "Kept").waitFor();
      return anna.page.evaluate(() => "isNew" in globalThis);
    };
    await until(isNew);
  });

  it("keeps no answer of the server", async () => {
    const kept = await anna.page.evaluate(async () => {
      const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return all.flat().map(({ url }) => new URL(url).pathname);
    });
    expect(kept).toContain("/");
    expect(kept.filter((path) => !/^\/($|assets\/|badges\/|icon|manifest)/.test(path))).toEqual([]);
    expect(anna.faults).toEqual([]);
  });
});
