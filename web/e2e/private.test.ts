/** A private chat has no master. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, said, say, signUp, sit, tab, writeTo, type Person } from "./browser";
import { serve, type Running } from "./server";

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
  await writeTo(anna.page, "bert");
  await say(anna.page, "Good morning");
  await row(bert.page, "anna").waitFor();
  await openChat(bert.page, "anna");
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const panel = (person: Person) => person.page.locator(".panel");

describe("a private chat", () => {
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
