/** A browser, and people who sit before it. */
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { launchFirefox } from "./firefox/launch";

export const ARGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** `BROWSER=firefox` has them sit before that. */
export const isFirefox = process.env["BROWSER"] === "firefox";

export function launch(): Promise<Browser> {
  return isFirefox ? launchFirefox() : chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
}

export interface Person {
  name: string;
  page: Page;
  context: BrowserContext;
  /** What the page did that it should not: errors, refused scripts, dialogs. */
  faults: string[];
}

const PASSWORD = "correct horse";

export async function sit(browser: Browser, name: string, options: BrowserContextOptions = {}): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
  const person: Person = { name, context, faults: [], page: await context.newPage() };
  watch(person, person.page);
  return person;
}

/** Another tab of the same browser. */
export async function tab(person: Person, url: string): Promise<void> {
  person.page = await person.context.newPage();
  watch(person, person.page);
  await person.page.goto(url);
}

function watch({ faults }: Person, page: Page): void {
  page.on("pageerror", (error) => {
    // Firefox reports a socket that was refused as an error of the page, and what a page that is left was loading.
    if (!/establish a connection to the server at ws|^Failed to load ‘’. A ServiceWorker/.test(error.message)) faults.push(`error: ${error.message}`);
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
  });
}

export async function signUp(person: Person, url: string): Promise<void> {
  const { page, name } = person;
  await page.goto(url);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Email").fill(`${name}@example.com`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.locator("form").getByRole("button", { name: "Create account" }).click();
  await page.locator(".messenger").waitFor();
}

export async function signIn(person: Person, url: string): Promise<void> {
  const { page, name } = person;
  await page.goto(url);
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.locator("form").getByRole("button", { name: "Sign in" }).click();
  await page.locator(".messenger").waitFor();
}

export function row(page: Page, title: string) {
  return page.locator(".chat-row").filter({ has: page.locator(".chat-title-text", { hasText: new RegExp(`^${title}$`) }) });
}

export async function openChat(page: Page, title: string): Promise<void> {
  await row(page, title).click();
  await page.locator(".chat-head h1", { hasText: title }).waitFor();
}

/** The private chat with somebody, found by the switcher. */
export async function writeTo(page: Page, name: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill(name);
  await page.locator("#hits").getByRole("option").filter({ hasText: name }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".chat-head h1", { hasText: name }).waitFor();
}

/** The private chat of two people, as it is after something was said in it. */
export async function begin(one: Person, other: string): Promise<void> {
  await one.page.evaluate(async (name) => {
    const { users } = await (await fetch(`/api/users?query=${name}`)).json();
    await fetch(`/api/users/${users[0].id}/chat`, { method: "POST" });
  }, other);
  await openChat(one.page, other);
}

export async function say(page: Page, text: string): Promise<void> {
  const field = page.locator("#composer");
  await field.fill(text);
  await field.press("Enter");
}

/** A message that the server has confirmed. */
export function message(page: Page, text: string) {
  return page.locator(".message:not(.is-pending)").filter({ hasText: text });
}

/** What is said here, in order, without what is on its way. */
export function said(page: Page): Promise<string[]> {
  return page.locator(".message:not(.is-pending) .text").allInnerTexts();
}

/** Says much over REST, with the cookie of the page. */
export async function sayMany(page: Page, chat: number, texts: string[]): Promise<void> {
  await page.evaluate(
    async ({ chat, texts }) => {
      for (const content of texts) {
        const body = JSON.stringify({ content });
        const answer = await fetch(`/api/chats/${chat}/messages`, { method: "POST", body });
        if (!answer.ok) throw new Error(await answer.text());
      }
    },
    { chat, texts },
  );
}

export function chatId(page: Page): number {
  return Number(/#\/chat\/(\d+)/.exec(page.url())?.[1]);
}
