/** People whose names are, or look, the same. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, say, signUp, sit, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let people: Person[];

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  people = [];
  for (const name of ["anna", "bert", "carl"]) people.push(await sit(browser, name));
  for (const person of people) await signUp(person, server.url);
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const page = (place: number): Page => (people[place] as Person).page;

async function rename(at: Page, name: string): Promise<void> {
  const status = await at.evaluate(
    async (display_name) => (await fetch("api/me", { method: "PATCH", body: JSON.stringify({ display_name }) })).status,
    name,
  );
  expect(status).toBe(200);
}

/** What stands above a message, as it is read. */
async function author(at: Page, text: string): Promise<string> {
  const name = await message(at, text).locator(".author").innerText();
  return name.replace(/[\u2068\u2069]/g, "");
}

describe("a name that says too little", () => {
  it("has the username beside it, wherever it is shown", async () => {
    await rename(page(0), "Coco");
    // In other letters.
    await rename(page(1), "Сосо");
    for (const place of [0, 1, 2]) await openChat(page(place), "General");
    await page(2).reload();
    await say(page(0), "I am the first");
    await message(page(2), "I am the first").waitFor();
    await say(page(1), "No, I am");
    await message(page(2), "No, I am").waitFor();
    await page(2).locator(".author", { hasText: "@bert" }).waitFor();
    expect(await author(page(2), "I am the first")).toBe("Coco @anna");
    expect(await author(page(2), "No, I am")).toBe("Сосо @bert");
    const bert = (await message(page(2), "No, I am").getAttribute("aria-label")) ?? "";
    expect(bert.replace(/[\u2068\u2069]/g, "")).toBe("Сосо @bert: No, I am");
    const shots = process.env["VESTNIK_E2E_SHOTS"];
    if (shots !== undefined) await page(2).screenshot({ path: `${shots}/lookalikes.png` });
  });

  it("is told apart in the switcher, the members and the completion", async () => {
    await page(2).keyboard.press("Control+k");
    await page(2).getByRole("combobox").fill("coco");
    await page(2).getByRole("option").filter({ hasText: "@anna" }).waitFor();
    await page(2).keyboard.press("Escape");
    await page(2).locator("#composer").fill("@");
    const offered = await page(2).locator("#completion .choice").allInnerTexts();
    expect(offered.filter((text) => text.includes("@anna") || text.includes("@bert"))).toHaveLength(2);
    await page(2).locator("#composer").fill("");
    await page(2).getByRole("button", { name: "Details", exact: true }).last().click();
    expect(await page(2).locator(".member small").allInnerTexts()).toEqual(expect.arrayContaining(["@anna", "@bert"]));
  });

  it("is like any other once it is alone", async () => {
    await rename(page(1), "Bert");
    await page(2).reload();
    await message(page(2), "No, I am").waitFor();
    await until(async () => (await author(page(2), "No, I am")) === "Bert");
    expect(await author(page(2), "I am the first")).toBe("Coco");
  });
});

describe("a search", () => {
  it("finds people by any of their names, in any order, without accents", async () => {
    await rename(page(1), "Фёдоров Семён");
    await page(2).keyboard.press("Control+k");
    await page(2).getByRole("combobox").fill("семен федо");
    await page(2).locator(".hit", { hasText: "@bert" }).waitFor();
    await page(2).keyboard.press("Enter");
    await page(2).locator(".chat-head h1", { hasText: "Фёдоров Семён" }).waitFor();
    await page(2).keyboard.press("Control+k");
    await page(2).getByRole("combobox").fill("СЕМЕН фёдо");
    await page(2).locator(".hit", { hasText: "Фёдоров" }).waitFor();
  });
});
