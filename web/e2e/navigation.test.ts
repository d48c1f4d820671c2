/** Going back, being removed and added again, and a new version of the page under the reader's eyes. */
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, signUp, sit, type Person } from "./browser";
import { tokenOf } from "./many-messages";
import { newFolder, removeFolder } from "./folders";
import { DIST, serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: string;
let crew: number;
let annaId: number;
const folder = newFolder("builds");

/** The page as the server's build makes it: what changes with a build is below a path of that build. */
function built(name: string): string {
  const [to, assets] = [join(folder, name), join(folder, name, "assets")];
  cpSync(DIST, to, { recursive: true });
  renameSync(assets, `${assets}-all`);
  mkdirSync(assets);
  renameSync(`${assets}-all`, join(assets, name));
  for (const file of ["index.html", "sw.js"]) {
    const text = readFileSync(join(to, file), "utf8");
    writeFileSync(join(to, file), text.replaceAll("/assets/", `/assets/${name}/`));
  }
  return to;
}

async function call<T>(method: string, path: string, body: unknown = {}): Promise<T> {
  const answer = await fetch(server.url + path, { method, headers: { Authorization: `Bearer ${bert}` }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

beforeAll(async () => {
  server = await serve("--web-dir", built("one"));
  browser = await launch();
  anna = await sit(browser, "anna");
  await signUp(anna, server.url);
  const account = { username: "bert", password: "correct horse", email: "bert@example.com" };
  await fetch(`${server.url}/register`, { method: "POST", body: JSON.stringify(account) });
  bert = await tokenOf(server.url, "bert");
  ({ user_id: annaId } = await anna.page.evaluate(async () => (await (await fetch("/api/sync", { method: "POST", body: "{}" })).json()) as { user_id: number }));
  ({ id: crew } = await call<{ id: number }>("POST", "/api/chats", { type: "group", name: "Crew" }));
  await call("POST", `/api/chats/${crew}/members`, { user_id: annaId });
  await row(anna.page, "Crew").waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.end();
  await removeFolder(folder);
});

const length = (page: Page) => page.evaluate(() => history.length);
const list = (page: Page) => page.locator("main.sidebar").waitFor();

describe("on a phone", () => {
  it("going back closes what is open, and the arrow leaves nothing behind", async () => {
    const { page } = anna;
    await page.setViewportSize({ width: 390, height: 800 });
    await list(page);
    await openChat(page, "Crew");
    const before = await length(page);
    for (let time = 0; time < 3; time += 1) {
      await page.getByRole("button", { name: "Back to the chats" }).click();
      await list(page);
      await openChat(page, time === 1 ? "General" : "Crew");
    }
    expect(await length(page)).toBe(before);
    await page.locator(".chat-head-title").click();
    await page.locator(".panel").waitFor();
    await page.goBack();
    await page.locator(".panel").waitFor({ state: "detached" });
    expect(await page.locator(".chat-head h1").innerText()).toBe("Crew");
    await page.goBack();
    await list(page);
    await page.getByRole("button", { name: "New chat" }).click();
    await page.locator("dialog[open]").waitFor();
    await page.goBack();
    await page.locator("dialog").waitFor({ state: "detached" });
    await list(page);
    // Closed by hand it has no entry of its own any more, and leads where one chose.
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("Crew");
    await page.keyboard.press("Enter");
    await page.locator(".chat-head h1", { hasText: "Crew" }).waitFor();
    await page.goBack();
    await list(page);
    await page.setViewportSize({ width: 1280, height: 800 });
  });
});

describe("one who is removed and added again", () => {
  it("is told so where they are, and has the chat back with what is said in it", async () => {
    const { page } = anna;
    await openChat(page, "Crew");
    await call("DELETE", `/api/chats/${crew}/members/${annaId}`);
    await page.getByText("You are no longer in “Crew”.").waitFor();
    expect(await row(page, "Crew").count()).toBe(0);
    await call("POST", `/api/chats/${crew}/members`, { user_id: annaId });
    await row(page, "Crew").waitFor();
    await call("POST", `/api/chats/${crew}/messages`, { content: "Welcome back" });
    await message(page, "Welcome back").waitFor();
    await openChat(page, "General");
    await call("DELETE", `/api/chats/${crew}/members/${annaId}`);
    await row(page, "Crew").waitFor({ state: "detached", timeout: 5_000 });
    await page.locator(".toast", { hasText: "You are no longer in “Crew”." }).waitFor();
  });
});

describe("a new version of the page", () => {
  it("is told of, and is there after one reload", async () => {
    const { page } = anna;
    const script = () => page.evaluate(() => document.querySelector("script")?.getAttribute("src"));
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    expect(await script()).toContain("assets/one/");
    await server.stop();
    await server.start("--web-dir", built("two"));
    await page.getByText("A new version is there.").waitFor();
    await page.getByRole("button", { name: "Reload" }).click();
    await page.waitForFunction(() => document.querySelector("script")?.getAttribute("src")?.includes("assets/two/") === true && document.querySelector(".messenger") !== null);
    expect(await page.locator(".banner-version").count()).toBe(0);
  });

  it("is taken by a tab that nobody looks at, by itself, once nothing in it is half-written", async () => {
    const page = (anna.page = await anna.context.newPage());
    await page.clock.install();
    await page.addInitScript(() => Object.defineProperty(document, "visibilityState", { get: () => "hidden" }));
    await page.goto(`${server.url}/#/chat/1`);
    const field = page.locator("#composer");
    await field.fill("Half a");
    await server.stop();
    await server.start("--web-dir", built("three"));
    // It comes back at once, as "Try now" has it, asks five seconds later, and waits for twenty more.
    // Its clock does not go on before what keeps the page has the new one, or it would give up waiting for that.
    const settled = () =>
      page
        .evaluate(async () => {
          const registration = await navigator.serviceWorker.getRegistration();
          await registration?.update();
          const worker = registration?.installing;
          if (worker) await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
        })
        .catch(() => undefined);
    const passing = async (isSo: () => Promise<boolean>) => {
      await until(async () => {
        await page.clock.fastForward(5_000);
        await settled();
        return isSo();
      });
    };
    const build = () => page.evaluate(() => document.querySelector("script")?.getAttribute("src")?.split("/").at(-2) ?? "");
    await passing(async () => (await page.locator(".banner-version").count()) > 0);
    for (let times = 0; times < 8; times += 1) await page.clock.fastForward(5_000);
    expect(await build()).toBe("two");
    await field.fill("");
    await passing(async () => (await build().catch(() => "")) === "three");
    expect(anna.faults).toEqual([]);
  });
});
