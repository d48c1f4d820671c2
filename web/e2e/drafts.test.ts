/** What one was about to say is there when one comes back, wherever one has been meanwhile. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatId, launch, message, openChat, row, say, signIn, signUp, sit, tab, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;
let group: number;

const api = (page: Page, method: string, path: string, body?: unknown) =>
  page.evaluate(
    async ({ method, path, body }) => {
      const answer = await fetch(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.status === 204 ? null : answer.json();
    },
    { method, path, body },
  );
const own = async (person: Person) => (await api(person.page, "GET", "/api/me")).id as number;
const field = (page: Page) => page.locator("#composer");
const says = (page: Page, text: string) => until(async () => (await field(page).inputValue()) === text);
const intent = (page: Page, text: string) => page.locator(".intent", { hasText: text }).waitFor();

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  [anna, bert] = [await sit(browser, "anna"), await sit(browser, "bert")];
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  group = (await api(anna.page, "POST", "/api/chats", { type: "group", name: "Lunch" })).id;
  await api(anna.page, "POST", `/api/chats/${group}/members`, { user_id: await own(bert) });
  await openChat(anna.page, "Lunch");
  await openChat(bert.page, "Lunch");
  await say(bert.page, "Where shall we go?");
  await message(anna.page, "Where shall we go?").waitFor();
  await say(anna.page, "To the usual place");
  await message(anna.page, "To the usual place").waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

describe("what is half-written", () => {
  it("is there after another chat: a text, the answer that it is, and a change", async () => {
    const { page } = anna;
    await message(page, "Where shall we go?").focus();
    await page.keyboard.press("r");
    await intent(page, "Where shall we go?");
    await field(page).fill("I have heard of");
    await message(page, "To the usual place").focus();
    await page.keyboard.press("e");
    await intent(page, "Editing");
    await field(page).fill("To the new place");
    await openChat(page, "General");
    await row(page, "Lunch").locator(".chat-preview", { hasText: "To the new place" }).waitFor();
    expect(await field(page).inputValue()).toBe("");
    await openChat(page, "Lunch");
    await intent(page, "Editing");
    await says(page, "To the new place");
  });

  it("is there after a reload that comes at once, and in another tab as it is typed", async () => {
    await field(anna.page).fill("To the place by the river");
    await anna.page.reload();
    await intent(anna.page, "Editing");
    await says(anna.page, "To the place by the river");
    const first = anna.page;
    await tab(anna, `${server.url}/#/chat/${group}`);
    await intent(anna.page, "Editing");
    await anna.page.keyboard.press("Escape");
    await intent(first, "Where shall we go?");
    await says(first, "I have heard of");
    await field(anna.page).fill("I have heard of a place");
    await says(first, "I have heard of a place");
    await anna.page.close();
    anna.page = first;
  });

  it("is there when one is back in the chat, and has signed in again", async () => {
    const self = await own(anna);
    await api(anna.page, "PATCH", `/api/chats/${group}/members/${await own(bert)}`, { role: "owner" });
    await api(bert.page, "DELETE", `/api/chats/${group}/members/${self}`);
    await row(anna.page, "Lunch").waitFor({ state: "detached" });
    await api(bert.page, "POST", `/api/chats/${group}/members`, { user_id: self });
    await anna.page.reload();
    await row(anna.page, "Lunch").waitFor();
    await openChat(anna.page, "General");
    await openChat(anna.page, "Lunch");
    await says(anna.page, "I have heard of a place");
    await field(anna.page).fill("I have heard of two places");
    // As if it had been ended on another device.
    const tokens = (await api(anna.page, "GET", "/api/tokens")).tokens as { id: number; current: boolean }[];
    await api(anna.page, "DELETE", `/api/tokens/${tokens.find((token) => token.current)?.id}`);
    await anna.page.locator(".entry-card").waitFor();
    await signIn(anna, anna.page.url());
    await openChat(anna.page, "Lunch");
    await says(anna.page, "I have heard of two places");
    await intent(anna.page, "Where shall we go?");
    await field(anna.page).press("Enter");
    await message(bert.page, "I have heard of two places").locator(".reply-quote").waitFor();
    await says(anna.page, "");
    expect(chatId(anna.page)).toBe(group);
  });

  it("that could not be saved is there to be tried again, and again after a reload", async () => {
    const { page } = anna;
    await message(page, "To the usual place").focus();
    await page.keyboard.press("e");
    await intent(page, "Editing");
    await field(page).fill("To a place of our own");
    server.cut();
    await field(page).press("Enter");
    await page.locator(".toast").waitFor();
    await intent(page, "Editing");
    await says(page, "To a place of our own");
    server.mend();
    await page.reload();
    await intent(page, "Editing");
    await field(page).press("Enter");
    await message(bert.page, "To a place of our own").waitFor();
    await says(page, "");
  });

  it("and the theme are the same in all tabs", async () => {
    const first = anna.page;
    await tab(anna, server.url);
    await anna.page.getByRole("button", { name: "Settings" }).click();
    await anna.page.locator("input[name=theme][value=dark]").check({ force: true });
    await until(() => first.evaluate(() => document.documentElement.dataset["theme"] === "dark"));
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
