import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, row, say, signUp, sit, writeTo, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;
let page: Page;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await writeTo(bert.page, "anna");
  await say(bert.page, "Do you get by without a mouse?");
  page = anna.page;
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.className || "");
const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

/** A key of an input method, as browsers say it, and as Safari says the last one; was it taken? */
const compose = (key: string, selector: string) =>
  page.locator(selector).evaluate((field, key) => [{ isComposing: true, keyCode: 229 }, { isComposing: false, keyCode: 229 }].map((of) => {
    const event = new KeyboardEvent("keydown", { key, ctrlKey: key === "k", bubbles: true, cancelable: true, isComposing: of.isComposing });
    Object.defineProperty(event, "keyCode", { value: of.keyCode });
    return !field.dispatchEvent(event);
  }), key);

describe("without a mouse", () => {
  it("the nearest unread chat is one step away, and one writes at once", async () => {
    await row(page, "bert").locator(".pill").waitFor();
    await press("Alt+Shift+ArrowDown");
    await page.locator(".chat-head h1", { hasText: "bert" }).waitFor();
    await until(async () => (await focused()) === "composer");
    await page.keyboard.type("I do.");
    await press("Shift+Enter");
    await page.keyboard.type("Look");
    await press("Enter");
    await message(bert.page, "I do.").waitFor();
    expect(await message(bert.page, "I do.").locator("br").count()).toBe(1);
  });

  it("chats are walked through", async () => {
    await press("Alt+ArrowDown");
    await page.locator(".chat-head h1", { hasText: "General" }).waitFor();
    await press("Alt+ArrowUp");
    await page.locator(".chat-head h1", { hasText: "bert" }).waitFor();
  });

  it("the last word is taken back", async () => {
    await until(async () => (await focused()) === "composer");
    await press("ArrowUp");
    await page.locator(".intent").waitFor();
    await press("Escape");
    expect(await page.locator(".intent").count()).toBe(0);
    expect(await page.locator("#composer").inputValue()).toBe("");
    await press("ArrowUp");
    await page.locator(".intent").waitFor();
    await press("Control+a");
    await page.keyboard.type("I do indeed.");
    await press("Enter");
    await message(bert.page, "I do indeed.").waitFor();
  });

  it("a message is reached, answered and reacted to", async () => {
    await page.locator("#composer").focus();
    await press("Shift+Tab", "Shift+Tab");
    for (let step = 0; step < 8 && !(await focused()).includes("timeline-box"); step += 1) await press("Shift+Tab");
    expect(await focused()).toContain("timeline-box");
    await press("ArrowUp", "ArrowUp");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("bert: Do you get by without a mouse?");
    await press("+");
    await page.locator(".popover-emoji").waitFor();
    await press("ArrowRight", "ArrowRight", "Enter");
    await message(bert.page, "without a mouse").locator(".reaction").waitFor();
    expect(await focused()).toContain("message");
    await press("Enter");
    await page.locator(".popover-menu").waitFor();
    await press("Escape");
    expect(await focused()).toContain("message");
    await press("r");
    await page.locator(".intent").waitFor();
    await until(async () => (await focused()) === "composer");
    await press("Escape");
  });

  it("names and emoji complete themselves", async () => {
    await page.keyboard.type("@be");
    await page.locator(".completion").waitFor();
    await press("Tab");
    await page.keyboard.type("well done :tad");
    await page.locator(".completion").waitFor();
    await press("Enter");
    expect(await page.locator("#composer").inputValue()).toBe("@bert well done 🎉 ");
    await press("Enter");
    await message(bert.page, "well done 🎉").locator(".mention-me").waitFor();
  });

  it("a choice that was not meant is taken back like what is typed", async () => {
    await page.keyboard.type("hey @be");
    await page.locator(".completion").waitFor();
    await press("Tab");
    expect(await page.locator("#composer").inputValue()).toBe("hey @bert ");
    await press("Control+z");
    expect(await page.locator("#composer").inputValue()).toBe("hey @be");
    await press("Control+Shift+z");
    expect(await page.locator("#composer").inputValue()).toBe("hey @bert ");
    await page.locator("#composer").fill("");
  });

  it("a word that is being composed has all keys to itself", async () => {
    const field = page.locator("#composer");
    for (const key of ["Enter", "ArrowUp", "Escape"]) {
      await field.fill(key === "ArrowUp" ? "" : "にほん");
      expect(await compose(key, "#composer")).toEqual([false, false]);
      expect([key, await field.inputValue()]).toEqual([key, key === "ArrowUp" ? "" : "にほん"]);
      expect(await page.locator(".intent").count()).toBe(0);
    }
    await field.fill("");
    await press("Control+k");
    await page.getByRole("combobox").fill("e");
    await page.getByRole("option").nth(1).waitFor();
    const chosen = () => page.getByRole("combobox").getAttribute("aria-activedescendant");
    const before = await chosen();
    for (const key of ["ArrowDown", "ArrowUp", "Enter", "k"]) expect(await compose(key, ".switcher-input")).toEqual([false, false]);
    expect([await chosen(), await page.getByRole("dialog").count()]).toEqual([before, 1]);
    await press("Escape");
  });

  it("shortcuts are where they are in every layout", async () => {
    const hold = (key: string, code: string) =>
      page.locator("#composer").evaluate((field, init) => field.dispatchEvent(new KeyboardEvent("keydown", init)), { key, code, ctrlKey: true, bubbles: true, cancelable: true });
    await hold("t", "KeyK");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await hold("л", "KeyK");
    await page.getByRole("combobox").waitFor();
    await press("Escape");
    await page.locator("#composer").focus();
    await press("Control+/");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await press("Escape");
    expect(await page.locator("#composer").inputValue()).toBe("");
    await until(async () => (await focused()) === "composer");
  });

  it("dialogs open, keep the focus and give it back", async () => {
    await press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("gen");
    await press("Enter");
    await page.locator(".chat-head h1", { hasText: "General" }).waitFor();
    await until(async () => (await focused()) === "composer");
    await press("Shift+Tab");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await until(async () => (await focused()) === "composer");
  });

  it("everything is reached by Tab, and shows that it has the focus", async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const seen = new Set<string>();
    for (let step = 0; step < 25; step += 1) {
      await press("Tab");
      const [name, isSeen] = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const line = element.closest(".composer-line") ?? element;
        const style = getComputedStyle(element);
        const border = getComputedStyle(line).borderColor;
        const isVisible = (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || (element.id === "composer" && border !== "");
        return [element.getAttribute("aria-label") ?? element.textContent ?? "", isVisible] as const;
      });
      if (name === "" || (await page.evaluate(() => document.activeElement === document.body))) continue;
      seen.add(name);
      expect([name, isSeen]).toEqual([name, true]);
    }
    for (const name of ["Settings", "New chat", "Details", "Emoji", "Message to General"]) expect([...seen]).toContain(name);
  });

  it("did nothing that the page may not", () => {
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
