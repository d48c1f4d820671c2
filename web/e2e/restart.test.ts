/** An operator restarts the server while people talk. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, said, say, signUp, sit, writeTo, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;
/** What anna's page hears and when it connects. */
const heard: { at: number; text: string }[] = [];
const tries: number[] = [];

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  anna.page.on("websocket", (socket) => {
    tries.push(Date.now());
    socket.on("framereceived", ({ payload }) => heard.push({ at: Date.now(), text: String(payload) }));
    socket.on("close", () => heard.push({ at: Date.now(), text: "closed" }));
  });
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await writeTo(anna.page, "bert");
  await say(anna.page, "Before");
  await openChat(bert.page, "anna");
  await message(bert.page, "Before").waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const pending = () => anna.page.locator(".message.is-pending");
const lines = Array.from({ length: 30 }, (_, at) => `Restart ${at + 1}.`);

describe("a drained restart", () => {
  it("is told of, and what is written meanwhile waits", async () => {
    let stopping: Promise<void> | undefined;
    for (const [at, line] of lines.entries()) {
      await say(anna.page, line);
      if (at === 14) stopping = server.stop();
    }
    await stopping;
    await anna.page.locator(".banner", { hasText: "The server restarts" }).waitFor();
    await anna.page.locator(".banner", { hasText: "to be sent" }).waitFor();
    expect(await pending().count()).toBeGreaterThan(0);
  });

  it("is waited out for as long as the server asked", async () => {
    const goaway = heard.find(({ text }) => text.includes('"goaway"'));
    const { after_ms } = JSON.parse(goaway?.text ?? "{}") as { after_ms: number };
    const closed = heard.find(({ at, text }) => text === "closed" && at >= (goaway?.at ?? Infinity))?.at ?? Infinity;
    await until(() => tries.some((at) => at > closed));
    const next = tries.find((at) => at > closed) ?? 0;
    // A moment is lost between the page and who watches it.
    expect(next - closed).toBeGreaterThan(after_ms - 100);
  });

  it("is over by itself, and nothing is lost or doubled", async () => {
    await server.start();
    await anna.page.locator(".banner").waitFor({ state: "detached", timeout: 60_000 });
    await message(bert.page, "Restart 30.").waitFor({ timeout: 60_000 });
    await until(async () => (await pending().count()) === 0);
    for (const { page } of [anna, bert]) expect(await said(page)).toEqual(["Before", ...lines]);
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
