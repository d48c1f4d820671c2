/** Search: what was said is found in a chat and everywhere, a result leads to its message, and back to the results. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatId, launch, message, openChat, sayMany, signUp, sit, type Person } from "./browser";
import { serve, type Running } from "./server";

let server: Running;
let browser: Browser;
let anna: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  await signUp(anna, server.url);
  await openChat(anna.page, "General");
  const texts = ["Вышли релизы для всех", ...Array.from({ length: 90 }, (_, at) => `nothing special ${at}`), "Поговорим о релизе завтра", "see https://example.com"];
  await sayMany(anna.page, chatId(anna.page), texts);
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

describe("search", () => {
  it("finds words in all their forms, and leads to where they were said and back", async () => {
    const { page } = anna;
    await page.keyboard.press("Control+f");
    await page.locator("#search-field").fill("релиз");
    await page.locator("#search-field").press("Enter");
    const results = page.locator(".result");
    await page.getByText("2 messages found").waitFor();
    expect(await results.locator("mark").allInnerTexts()).toEqual(["релизе", "релизы"]);
    // The older one is far above what is shown.
    await results.nth(1).click();
    await message(page, "Вышли релизы для всех").waitFor();
    expect(await page.locator(".result.is-visited").innerText()).toContain("релизы");
    await page.locator("#search-field").fill("has:link");
    await page.locator("#search-field").press("Enter");
    await page.getByText("1 message found").waitFor();
    await page.locator("#search-field").fill("before:yesterday-ish");
    await page.locator("#search-field").press("Enter");
    await page.getByText("is not a date").waitFor();
    await page.locator("#search-field").fill("bananas");
    await page.locator("#search-field").press("Enter");
    await page.locator(".search-state").getByText("Nothing found").waitFor();
  });

  it("is beside chats and people where one looks for anything", async () => {
    const { page } = anna;
    await page.keyboard.press("Control+k");
    await page.keyboard.type("релизе завт");
    await page.locator("[role=option]").filter({ hasText: "Поговорим о релизе завтра" }).click();
    await message(page, "Поговорим о релизе завтра").waitFor();
  });
});
