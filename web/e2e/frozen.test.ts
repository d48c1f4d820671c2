/** A tab that the browser freezes, since nobody looks at it: its timers stand still, and it hears of that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchRawChromium, type RawChromium, type Tab } from "./raw-chromium";
import { isFirefox } from "./browser";
import { tokenOf } from "./many-messages";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: RawChromium;
let [first, second] = [] as unknown as [Tab, Tab];
let bert: string;

const texts = (tab: Tab) => tab.ask<string[]>(`[...document.querySelectorAll(".message:not(.is-pending) .text")].map((text) => text.innerText)`);
const has = (tab: Tab, text: string) => until(async () => (await texts(tab)).includes(text));

async function say(tab: Tab, text: string): Promise<void> {
  await tab.ask(`document.getElementById("composer").focus()`);
  await tab.write(text);
  await has(tab, text);
}

async function answer(content: string): Promise<void> {
  const body = JSON.stringify({ content, client_msg_id: content });
  const post = () => fetch(`${server.url}/api/chats/1/messages`, { method: "POST", headers: { Authorization: `Bearer ${bert}` }, body });
  // Over a new connection, where the one that was there has been cut.
  await until(() => post().then(({ ok }) => ok, () => false));
}

/** A tab at the chat of all, of somebody who is signed in. */
async function look(): Promise<Tab> {
  const tab = await browser.open(`${server.url}/#/chat/1`);
  await until(() => tab.ask<boolean>(`document.querySelector("#composer, .entry-form") !== null`).catch(() => false));
  return tab;
}

describe.skipIf(isFirefox)("a tab that leads and is frozen", () => {
  beforeAll(async () => {
    server = await serve();
    browser = await launchRawChromium();
    for (const username of ["anna", "bert"]) {
      const account = { username, password: "correct horse", email: `${username}@example.com` };
      await fetch(`${server.url}/register`, { method: "POST", body: JSON.stringify(account) });
    }
    bert = await tokenOf(server.url, "bert");
    first = await look();
    await first.ask(`fetch("auth", { method: "POST", body: JSON.stringify({ username: "anna", password: "correct horse" }) }).then(() => location.reload())`);
    await until(() => first.ask<boolean>(`document.querySelector("#composer") !== null`).catch(() => false));
    await say(first, "One");
    second = await look();
    await second.show();
    await until(() => first.ask<boolean>(`document.visibilityState === "hidden"`));
    await has(second, "One");
  });

  afterAll(async () => {
    await browser.close();
    await server.end();
  });

  it("holds up no other, and loses and doubles nothing", async () => {
    await first.ask(`void (globalThis.ticks = 0, setInterval(() => (ticks += 1), 10), document.addEventListener("freeze", () => (globalThis.isFrozen = true)))`);
    await first.freeze(true);
    expect(await first.ask("isFrozen")).toBe(true);
    const ticks = await first.ask("ticks");
    await say(second, "Two");
    await answer("Three");
    await has(second, "Three");
    // It is frozen indeed, and was all the time.
    expect(await first.ask("ticks")).toBe(ticks);
    await first.freeze(false);
    await first.show();
    await has(first, "Three");
    await say(first, "Four");
    await has(second, "Four");
    await answer("Five");
    for (const tab of [first, second]) {
      await has(tab, "Five");
      expect(await texts(tab)).toEqual(["One", "Two", "Three", "Four", "Five"]);
    }
  });

  it("whose connection ends meanwhile has another when it thaws", async () => {
    await second.show();
    await until(() => first.ask<boolean>(`document.visibilityState === "hidden"`));
    await first.freeze(true);
    server.cut();
    server.mend();
    await answer("Six");
    await first.freeze(false);
    await first.show();
    for (const tab of [first, second]) await has(tab, "Six");
    await say(second, "Seven");
    await has(first, "Seven");
    expect(await texts(first)).toEqual(["One", "Two", "Three", "Four", "Five", "Six", "Seven"]);
  });
});
