/** Much is said while one looks on. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatId, launch, message, openChat, signUp, sit, begin, type Person } from "./browser";
import { sayAll, tokenOf } from "./many-messages";
import { serve, type Running } from "./server";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

const COUNT = 5_000;
const PATIENCE = 60_000;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  [anna, bert] = [await sit(browser, "anna"), await sit(browser, "bert")];
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await begin(anna, "bert");
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

describe("a chat in which thousands of messages are said at once", () => {
  it("shows the last of them to who looks at its end", { timeout: 180_000 }, async () => {
    await openChat(bert.page, "anna");
    const lines = Array.from({ length: COUNT }, (_, at) => `Line ${at + 1}.`);
    await sayAll(server.url, await tokenOf(server.url, "anna"), chatId(anna.page), lines);
    await message(bert.page, `Line ${COUNT}.`).first().waitFor({ timeout: PATIENCE });
    expect(bert.faults).toEqual([]);
  });
});
