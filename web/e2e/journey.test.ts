/** The first quarter of an hour of somebody new: by keyboard alone, in Russian, on a phone, in the dark. */
import { mkdirSync } from "node:fs";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { en } from "../app/words/en";
import { ru } from "../app/words/ru";
import { launch, message, row, say, signUp, sit, type Person } from "./browser";
import { foreignWords, isDark, tabTo, widerThanScreen } from "./page-checks";
import { serve, type Running } from "./server";
import { until } from "./wait";

const SHOTS = process.env["VESTNIK_E2E_SHOTS"];

interface Look {
  language: "en" | "ru";
  scheme: "light" | "dark";
  hands: "keyboard" | "mouse" | "finger";
}

const LOOKS: Look[] = [
  { hands: "keyboard", language: "en", scheme: "light" },
  { hands: "keyboard", language: "ru", scheme: "dark" },
  { hands: "mouse", language: "ru", scheme: "light" },
  { hands: "finger", language: "ru", scheme: "dark" },
  { hands: "finger", language: "en", scheme: "light" },
];

const SAID = {
  en: { hello: "Hello, I am new here", welcome: "Welcome!", thanks: "Thank you", all: "A word to all" },
  ru: { hello: "Здравствуйте, я здесь новенькая", welcome: "Добро пожаловать!", thanks: "Спасибо", all: "Всем привет" },
};

/** What is the same in every language, and names. */
const KNOWN = ["Vestnik", "General", "English", "Ctrl", "Shift", "Enter", "Esc", "Alt", "Tab", "Chrome", "Linux", "Android", "anna", "bert"];

let browser: Browser;

beforeAll(async () => {
  if (SHOTS !== undefined) mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});

afterAll(() => browser.close());

describe.each(LOOKS)("by $hands, $language, $scheme", ({ hands, language, scheme }) => {
  let server: Running;
  let anna: Person;
  let bert: Person;
  let page: Page;
  const [words, said] = [{ en, ru }[language] as Record<string, unknown>, SAID[language]];
  const isPhone = hands === "finger";
  const word = (name: keyof typeof en) => String(words[name]);

  beforeAll(async () => {
    server = await serve();
    bert = await sit(browser, "bert");
    await signUp(bert, server.url);
    const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const options: BrowserContextOptions = { locale: language === "ru" ? "ru-RU" : "en-GB", colorScheme: scheme };
    anna = await sit(browser, "anna", isPhone ? { ...options, ...phone } : options);
    page = anna.page;
    page.setDefaultTimeout(10_000);
  });

  afterAll(async () => {
    await anna.context.close();
    await bert.context.close();
    await server.end();
  });

  /** Whatever is shown: in one language, in the right light, and no wider than the screen. */
  async function look(name: string): Promise<void> {
    if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/journey ${hands} ${language} ${scheme} ${name}.png` });
    if (language === "ru") expect([name, ...(await foreignWords(page, KNOWN))]).toEqual([name]);
    expect([name, await isDark(page)]).toEqual([name, scheme === "dark"]);
    expect([name, ...(await widerThanScreen(page))]).toEqual([name]);
  }

  const act = (what: Locator) => (isPhone ? what.tap() : what.click());
  /** A button, by the hands that this one has. */
  async function push(name: string, among: string = "body"): Promise<void> {
    if (hands !== "keyboard") return act(page.locator(among).getByRole("button", { name, exact: true }));
    await tabTo(page, name);
    await page.keyboard.press("Enter");
  }
  async function write(field: string, text: string): Promise<void> {
    if (hands === "keyboard") await tabTo(page, field);
    else await act(page.getByLabel(field));
    await page.keyboard.type(text);
  }
  async function speak(text: string): Promise<void> {
    if (hands === "keyboard") await until(() => page.evaluate(() => document.activeElement?.id === "composer"));
    else await act(page.locator("#composer"));
    await page.keyboard.type(text);
    if (isPhone) await push(word("compose.send"));
    else await page.keyboard.press("Enter");
    await message(page, text).waitFor();
  }

  it("an account is made", async () => {
    await page.goto(server.url);
    await page.locator(".entry-card").waitFor();
    await look("door");
    await push(word("entry.signUp"));
    await write(word("entry.username"), "anna");
    await write(word("entry.email"), "anna@example.com");
    await write(word("entry.password"), "correct horse");
    await look("account");
    if (hands === "keyboard") await page.keyboard.press("Enter");
    else await push(word("entry.signUp"), ".entry-form");
    await page.locator(".messenger").waitFor();
    await row(page, "General").waitFor();
    await look("first sight");
  });

  it("somebody is found and written to", async () => {
    if (hands === "keyboard") await page.keyboard.press("Control+k");
    else await act(page.locator(".search-button"));
    await page.keyboard.type("ber");
    await page.getByRole("option").filter({ hasText: "bert" }).waitFor();
    await look("search");
    if (hands === "keyboard") await page.keyboard.press("Enter");
    else await act(page.getByRole("option").filter({ hasText: "bert" }));
    await page.locator(".chat-head h1", { hasText: "bert" }).waitFor();
    await look("empty chat");
    await speak(said.hello);
    await row(bert.page, "anna").click();
    await message(bert.page, said.hello).waitFor();
  });

  it("an answer is answered, and reacted to", async () => {
    await say(bert.page, said.welcome);
    const welcome = page.getByRole("article", { name: `bert: ${said.welcome}` });
    await welcome.waitFor();
    if (hands === "keyboard") {
      await toMessage(said.welcome);
      await page.keyboard.press("r");
    } else {
      if (isPhone) await welcome.tap();
      else await welcome.hover();
      await act(welcome.getByRole("button", { name: word("message.reply") }));
    }
    await page.locator(".intent").waitFor();
    await look("reply");
    await speak(said.thanks);
    await message(bert.page, said.thanks).locator(".reply-quote", { hasText: said.welcome }).waitFor();

    if (hands === "keyboard") {
      await toMessage(said.welcome);
      await page.keyboard.press("+");
      await page.locator(".popover-emoji").waitFor();
      await look("reactions");
      await page.keyboard.press("Enter");
    } else {
      if (isPhone) await welcome.tap();
      else await welcome.hover();
      await act(welcome.getByRole("button", { name: word("message.react") }));
      await page.locator(".popover-emoji").waitFor();
      await look("reactions");
      await act(page.locator(".emoji-choice").first());
    }
    await bert.page.locator(".message .reaction").waitFor();
    await welcome.locator(".reaction").waitFor();
    await look("chat");
  });

  it("another chat is gone to", async () => {
    if (isPhone) {
      await page.locator(".only-phone").tap();
      await row(page, "General").waitFor();
      await look("list");
    }
    if (hands === "keyboard") await page.keyboard.press("Alt+ArrowDown");
    else await act(row(page, "General"));
    await page.locator(".chat-head h1", { hasText: "General" }).waitFor();
    await speak(said.all);
    await row(bert.page, "General").locator(".pill").waitFor();
    await push(word("chat.details"));
    await page.locator(".member").nth(1).waitFor();
    await look("details");
    await push(word("app.close"), ".panel");
    await page.locator(".panel").waitFor({ state: "detached" });
    if (isPhone) await page.locator(".only-phone").tap();
  });

  it("settings are looked through, and one leaves", async () => {
    await push(word("settings.title"));
    await page.locator(".device").first().waitFor();
    await look("settings");
    await push(word("settings.help"));
    await page.locator(".keys").waitFor();
    await look("keys");
    if (hands === "keyboard") await page.keyboard.press("Escape");
    else await push(word("app.close"), ".dialog");
    await push(word("settings.title"));
    await page.locator(".device").first().waitFor();
    await push(word("settings.signOut"), ".settings-end");
    await page.locator(".entry-card").waitFor();
    expect(await page.locator(".messenger").count()).toBe(0);
    await look("door again");
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });

  /** From where one writes up to a message, without a mouse. */
  async function toMessage(text: string): Promise<void> {
    await tabTo(page, word("chat.messages").replace("{title}", "bert"), true);
    for (let step = 0; step < 10; step += 1) {
      await page.keyboard.press("ArrowUp");
      if (await page.evaluate((text) => document.activeElement?.getAttribute("aria-label")?.endsWith(`: ${text}`), text)) return;
    }
    throw new Error(`no way to ${text}`);
  }
});
