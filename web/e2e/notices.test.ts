import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, row, say, signUp, sit, tab, writeTo, type Person } from "./browser";
import { serve, type Running } from "./server";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

interface Told {
  __asked: number;
  __told: { title: string; body: string; shown: Notification }[];
}

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  await anna.context.grantPermissions(["notifications"], { origin: server.url });
  await anna.context.addInitScript(takeNotes);
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await writeTo(bert.page, "anna");
  await say(bert.page, "Good morning");
  await row(anna.page, "bert").locator(".pill").waitFor();
  await group(anna.page, "Lunch", "bert");
  await row(bert.page, "Lunch").waitFor();
  await openChat(anna.page, "General");
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

/** The browser shows them still; the page's own are noted besides. */
function takeNotes(): void {
  const notes = globalThis as unknown as Told;
  notes.__asked = 0;
  notes.__told = [];
  const request = Notification.requestPermission.bind(Notification);
  globalThis.Notification = class extends Notification {
    constructor(title: string, options?: NotificationOptions) {
      super(title, options);
      notes.__told.push({ title, body: options?.body ?? "", shown: this });
    }
    static override requestPermission(): Promise<NotificationPermission> {
      notes.__asked += 1;
      return request();
    }
  };
}

async function group(page: Page, name: string, member: string): Promise<void> {
  await page.getByRole("button", { name: "New chat" }).click();
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("Name of the group").fill(name);
  await page.locator(".person", { hasText: member }).click();
  await page.getByRole("button", { name: "Create the group" }).click();
  await page.locator(".chat-head h1", { hasText: name }).waitFor();
}

const told = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as Told).__told.map(({ title, body }) => `${title}: ${body}`));
const asked = (page: Page) => page.evaluate(() => (globalThis as unknown as Told).__asked);
const forget = (page: Page) => page.evaluate(() => void ((globalThis as unknown as Told).__told.length = 0));
const isTold = (page: Page, count: number) =>
  page.waitForFunction((count) => (globalThis as unknown as Told).__told.length >= count, count);
/** What the list says of a chat is said after whoever is to be told has been told. */
const listed = (page: Page, title: string, text: string) => row(page, title).locator(".chat-preview", { hasText: text }).waitFor();

async function mute(page: Page, title: string): Promise<void> {
  await openChat(page, title);
  await page.getByRole("button", { name: "Details", exact: true }).click();
  await page.getByRole("switch").click();
  await page.locator(".chat-row.is-muted", { hasText: title }).waitFor();
}

describe("notices", () => {
  it("are not asked for, and not shown, before somebody wants them", async () => {
    await say(bert.page, "Nobody asked for this");
    await listed(anna.page, "bert", "Nobody asked for this");
    expect(await asked(anna.page)).toBe(0);
    expect(await told(anna.page)).toEqual([]);
  });

  it("are asked for by the button", async () => {
    await anna.page.getByRole("button", { name: "Settings" }).click();
    await anna.page.getByRole("button", { name: "Turn on notifications" }).click();
    await anna.page.getByText("On this device you are told of new messages").waitFor();
    expect(await asked(anna.page)).toBe(1);
    await anna.page.keyboard.press("Escape");
  });

  it("tell of a private message, once, and as text", async () => {
    await say(bert.page, "Do you have **a minute**?");
    await isTold(anna.page, 1);
    await listed(anna.page, "bert", "a minute");
    expect(await told(anna.page)).toEqual(["bert: Do you have a minute?"]);
    await forget(anna.page);
  });

  it("tell of a mention in a group", async () => {
    await openChat(bert.page, "Lunch");
    await say(bert.page, "Soup, @anna?");
    await isTold(anna.page, 1);
    expect(await told(anna.page)).toEqual(["Lunch: bert: Soup, @anna?"]);
    await forget(anna.page);
  });

  it("lead to the message", async () => {
    await openChat(bert.page, "anna");
    await say(bert.page, "Come and see");
    await isTold(anna.page, 1);
    await anna.page.evaluate(() => {
      const [last] = (globalThis as unknown as Told).__told;
      last?.shown.dispatchEvent(new Event("click"));
    });
    await anna.page.locator(".chat-head h1", { hasText: "bert" }).waitFor();
    await anna.page.locator(".message.is-marked", { hasText: "Come and see" }).waitFor();
    await forget(anna.page);
  });

  it("are silent of the chat in front, in whichever tab it is", async () => {
    await say(bert.page, "You see this");
    await message(anna.page, "You see this").waitFor();
    const first = anna.page;
    await tab(anna, server.url);
    await openChat(anna.page, "General");
    await openChat(first, "bert");
    await say(bert.page, "You see this there");
    await message(first, "You see this there").waitFor();
    await listed(anna.page, "bert", "You see this there");
    expect([...(await told(first)), ...(await told(anna.page))]).toEqual([]);
  });

  it("come from one tab only", async () => {
    const [first] = anna.context.pages() as [Page];
    await openChat(first, "General");
    await say(bert.page, "Neither of you looks");
    await isTold(first, 1);
    await listed(anna.page, "bert", "Neither of you looks");
    expect([...(await told(first)), ...(await told(anna.page))]).toEqual(["bert: Neither of you looks"]);
    await anna.page.close();
    anna.page = first;
    await forget(first);
  });

  it("are silent of a muted chat, but for one's name", async () => {
    await mute(anna.page, "Lunch");
    await openChat(anna.page, "General");
    await openChat(bert.page, "Lunch");
    await say(bert.page, "Nothing of interest");
    await listed(anna.page, "Lunch", "Nothing of interest");
    expect(await told(anna.page)).toEqual([]);
    await say(bert.page, "@anna, this is");
    await isTold(anna.page, 1);
    expect(await told(anna.page)).toEqual(["Lunch: bert: @anna, this is"]);
    await forget(anna.page);
  });

  it("end when they are turned off", async () => {
    await anna.page.getByRole("button", { name: "Settings" }).click();
    await anna.page.getByRole("button", { name: "Turn off" }).click();
    await anna.page.keyboard.press("Escape");
    await openChat(bert.page, "anna");
    await say(bert.page, "Not a word");
    await listed(anna.page, "bert", "Not a word");
    expect(await told(anna.page)).toEqual([]);
  });

  it("did nothing that the page may not", () => {
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
