import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, said, say, signUp, sit, writeTo, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  await signUp(anna, server.url);
  await signUp(bert, server.url);
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

describe("two people", () => {
  it("find each other and talk", async () => {
    await writeTo(anna.page, "bert");
    await say(anna.page, "Hello **Bert**");
    await message(anna.page, "Hello Bert").waitFor();
    await row(bert.page, "anna").locator(".pill").getByText("1").waitFor();
    await openChat(bert.page, "anna");
    await message(bert.page, "Hello Bert").waitFor();
    await say(bert.page, "Hello Anna");
    await message(anna.page, "Hello Anna").waitFor();
    expect(await said(anna.page)).toEqual(["Hello Bert", "Hello Anna"]);
  });

  it("see the same counts, which reading takes away", async () => {
    await openChat(bert.page, "General");
    for (const text of ["one", "two", "three"]) await say(anna.page, text);
    await row(bert.page, "anna").locator(".pill").getByText("3").waitFor();
    await until(async () => (await bert.page.title()).startsWith("(3)"));
    await openChat(bert.page, "anna");
    await bert.page.locator(".new-divider").waitFor();
    await until(async () => (await row(bert.page, "anna").locator(".pill").count()) === 0);
    await until(async () => !(await bert.page.title()).startsWith("("));
  });

  it("see who is writing", async () => {
    await bert.page.locator("#composer").pressSequentially("I am writing this slowly", { delay: 150 });
    await anna.page.locator(".chat-head .is-typing").waitFor();
    await bert.page.locator("#composer").fill("");
  });

  it("answer, react, change and delete", async () => {
    const hello = message(bert.page, "three");
    await hello.hover();
    await hello.getByRole("button", { name: "Reply" }).click();
    await bert.page.locator(".intent").waitFor();
    await say(bert.page, "an answer");
    const answer = message(anna.page, "an answer");
    await answer.locator(".reply-quote", { hasText: "three" }).waitFor();

    await answer.hover();
    await answer.getByRole("button", { name: "React" }).click();
    await anna.page.getByRole("button", { name: "tada", exact: true }).click();
    await message(bert.page, "an answer").locator(".reaction").waitFor();
    await message(bert.page, "an answer").locator(".reaction").click();
    await answer.locator(".reaction", { hasText: "2" }).waitFor();

    await bert.page.locator("#composer").press("ArrowUp");
    await bert.page.locator(".intent", { hasText: "Editing" }).waitFor();
    await say(bert.page, "a better answer");
    await message(anna.page, "a better answer").locator(".meta", { hasText: "edited" }).waitFor();

    await message(bert.page, "a better answer").click({ button: "right" });
    await bert.page.getByRole("menuitem", { name: "Delete" }).click();
    await bert.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await message(anna.page, "This message was deleted").waitFor();
  });

  it("pin what matters, and go back to it", async () => {
    await message(anna.page, "one").click({ button: "right" });
    await anna.page.getByRole("menuitem", { name: "Pin" }).click();
    await bert.page.locator(".pins-bar", { hasText: "one" }).waitFor();
    await bert.page.locator(".pins-bar-message").click();
    await bert.page.locator(".message.is-marked", { hasText: "one" }).waitFor();
  });

  it("keep a draft for later", async () => {
    await anna.page.locator("#composer").fill("to be continued");
    await openChat(anna.page, "General");
    await row(anna.page, "bert").locator(".draft").waitFor();
    expect(await anna.page.locator("#composer").inputValue()).toBe("");
    await anna.page.reload();
    await openChat(anna.page, "bert");
    await until(async () => (await anna.page.locator("#composer").inputValue()) === "to be continued");
    await anna.page.locator("#composer").fill("");
  });

  it("gather in a group, with roles", async () => {
    await anna.page.getByRole("button", { name: "New chat" }).click();
    await anna.page.getByRole("button", { name: "New group" }).click();
    await anna.page.getByLabel("Name of the group").fill("Lunch");
    await anna.page.locator(".person", { hasText: "bert" }).click();
    await anna.page.getByRole("button", { name: "Create the group" }).click();
    await anna.page.locator(".chat-head h1", { hasText: "Lunch" }).waitFor();
    await say(anna.page, "Soup, @bert?");
    await row(bert.page, "Lunch").locator(".pill-mention").waitFor();
    await openChat(bert.page, "Lunch");
    await bert.page.locator(".mention-me").waitFor();

    await anna.page.getByRole("button", { name: "Details", exact: true }).click();
    await anna.page.getByLabel("Role of bert").selectOption("guest");
    await bert.page.locator(".read-only").waitFor();
    await anna.page.getByLabel("Name", { exact: true }).fill("Dinner");
    await anna.page.getByRole("button", { name: "Rename" }).click();
    await row(bert.page, "Dinner").waitFor();
    await anna.page.getByRole("button", { name: "Remove bert" }).click();
    await anna.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await until(async () => (await row(bert.page, "Dinner").count()) === 0);
  });

  it("did nothing that the page may not", () => {
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
