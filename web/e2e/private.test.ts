/** A private chat has no master. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, said, say, signUp, sit, tab, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  [anna, bert] = [await sit(browser, "anna"), await sit(browser, "bert")];
  await signUp(anna, server.url);
  await signUp(bert, server.url);
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const panel = (person: Person) => person.page.locator(".panel");

describe("a private chat", () => {
  it("is nobody's before something is said in it", async () => {
    await openChat(anna.page, "General");
    await anna.page.getByRole("button", { name: "Details", exact: true }).last().click();
    await anna.page.locator(".member-name", { hasText: "bert" }).click();
    await anna.page.locator(".chat-head h1", { hasText: "bert" }).waitFor();
    await anna.page.getByText("Only you and bert see what is written here.").waitFor();
    await panel(anna).locator(".panel-head button").click();
    const chats = async ({ page }: Person) => (await page.evaluate(async () => (await fetch("/api/chats")).json())).chats.length as number;
    expect([await chats(anna), await chats(bert), await row(anna.page, "bert").count()]).toEqual([1, 1, 0]);
    await anna.page.locator("#composer").fill("Good");
    await anna.page.reload();
    await until(async () => (await anna.page.locator("#composer").inputValue()) === "Good");
    await openChat(anna.page, "General");
    await row(anna.page, "bert").locator(".draft").waitFor();
    await openChat(anna.page, "bert");
    await anna.page.locator("#composer").press("End");
    // The first word is said without a connection.
    server.cut();
    await anna.page.keyboard.type(" morning");
    await anna.page.keyboard.press("Enter");
    await anna.page.locator(".message.is-pending", { hasText: "Good morning" }).waitFor();
    server.mend();
    await row(bert.page, "anna").locator(".pill").waitFor();
    await message(anna.page, "Good morning").waitFor();
    await until(() => /#\/chat\/\d+$/.test(anna.page.url()));
    expect([await chats(anna), await row(anna.page, "bert").count()]).toEqual([2, 1]);
    await openChat(bert.page, "anna");
    await message(bert.page, "Good morning").waitFor();
  });

  it("offers both the same: nothing of the other's, and to hide it", async () => {
    for (const person of [anna, bert]) {
      await person.page.getByRole("button", { name: "Details", exact: true }).last().click();
      await panel(person).waitFor();
      expect(await panel(person).locator("select, .rename, .members").count()).toBe(0);
      expect(await panel(person).locator(".panel-ends button").allInnerTexts()).toEqual(["Hide chat"]);
    }
  });

  it("is hidden for oneself, in all tabs, and kept by the other", async () => {
    const first = bert.page;
    await tab(bert, server.url);
    await row(bert.page, "anna").waitFor();
    await first.locator(".panel-ends button").click();
    await first.getByText("the other one keeps it").waitFor();
    const shots = process.env["VESTNIK_E2E_SHOTS"];
    if (shots !== undefined) await first.screenshot({ path: `${shots}/hide.png` });
    await first.getByRole("button", { name: "Hide", exact: true }).click();
    await row(first, "anna").waitFor({ state: "detached" });
    await row(bert.page, "anna").waitFor({ state: "detached" });
    await bert.page.reload();
    await row(bert.page, "General").waitFor();
    // What was kept may have it still, until the server has been asked.
    await row(bert.page, "anna").waitFor({ state: "detached" });
    await message(anna.page, "Good morning").waitFor();
    await first.close();
  });

  it("comes back with the next message, with all that was said", async () => {
    await say(anna.page, "Are you there?");
    await row(bert.page, "anna").locator(".pill").waitFor();
    await openChat(bert.page, "anna");
    await message(bert.page, "Are you there?").waitFor();
    expect(await said(bert.page)).toEqual(["Good morning", "Are you there?"]);
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
