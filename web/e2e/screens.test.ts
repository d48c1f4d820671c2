/** Every screen, in both languages and themes and on a phone, before the rules for everybody's access. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, say, signIn, signUp, sit, writeTo, type Person } from "./browser";
import { serve, type Running } from "./server";
import { atRest } from "./wait";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where pictures go, if they are wanted. */
const SHOTS = process.env["VESTNIK_E2E_SHOTS"];

const LOOKS: Record<string, { options: BrowserContextOptions; settings: Record<string, string> }> = {
  "light, English": { options: { colorScheme: "light" }, settings: { language: "en" } },
  "dark, Russian": { options: { colorScheme: "light" }, settings: { language: "ru", theme: "dark" } },
  "a phone, by its system dark": { options: { colorScheme: "dark", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }, settings: { language: "en" } },
};

let server: Running;
let browser: Browser;

beforeAll(async () => {
  if (SHOTS !== undefined) mkdirSync(SHOTS, { recursive: true });
  server = await serve();
  browser = await launch();
  const anna = await sit(browser, "anna");
  const bert = await sit(browser, "bert");
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await speak(anna, bert);
  await anna.context.close();
  await bert.context.close();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

async function speak(anna: Person, bert: Person): Promise<void> {
  await openChat(bert.page, "General");
  await say(bert.page, "The **new build** is there: https://build.example/latest, see `README`, @anna");
  await say(bert.page, "```rust\nfn main() {}\n```\n> quoted\n- one\n- ~~two~~");
  await openChat(anna.page, "General");
  const first = message(anna.page, "new build").first();
  await first.hover();
  await first.getByRole("button", { name: "Reply" }).click();
  await say(anna.page, "*Thank you* 🎉");
  await message(anna.page, "Thank you").waitFor();
  await first.hover();
  await first.getByRole("button", { name: "More actions" }).click();
  await anna.page.getByRole("menuitem", { name: "Pin" }).click();
  await first.hover();
  await first.getByRole("button", { name: "React" }).click();
  await anna.page.getByRole("button", { name: "eyes", exact: true }).click();
  await first.locator(".reaction").waitFor();
  await say(anna.page, "gone soon");
  await message(anna.page, "gone soon").click({ button: "right" });
  await anna.page.getByRole("menuitem", { name: "Delete" }).click();
  await anna.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await message(anna.page, "was deleted").waitFor();
  await writeTo(anna.page, "bert");
  await anna.page.locator("#composer").fill("a draft");
  await writeTo(bert.page, "anna");
  await say(bert.page, "A word in private");
  await message(bert.page, "A word in private").waitFor();
}

interface Rules {
  run(root: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
}

async function check(page: Page, look: string, name: string): Promise<void> {
  await atRest(page);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${look} - ${name}.png`.replaceAll(", ", "-") });
  // Into a world of its own, so that the page's policy holds for the page.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Rules };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(" | ")}`);
  });
  expect([name, ...found]).toEqual([name]);
}

for (const [look, { options, settings }] of Object.entries(LOOKS)) {
  describe(look, () => {
    let anna: Person;
    let page: Page;
    const isPhone = options.isMobile === true;
    const toList = () => (isPhone ? page.locator(".only-phone").click() : Promise.resolve());

    beforeAll(async () => {
      anna = await sit(browser, "anna", options);
      await anna.context.addInitScript((stored: Record<string, string>) => {
        for (const [name, value] of Object.entries(stored)) localStorage.setItem(`vestnik.${name}`, value);
      }, settings);
      page = anna.page;
    });

    afterAll(() => anna.context.close());

    it("lets everybody in", async () => {
      await page.goto(server.url);
      await page.locator(".entry-form").waitFor();
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(settings["language"]);
      await check(page, look, "sign in");
      await page.locator(".entry-other button").click();
      await check(page, look, "sign up");
      await page.goto(`${server.url}/#/invite/abc`);
      await check(page, look, "invited");
      await page.goto(server.url);
      await page.locator(".entry-form [type=submit]").waitFor();
      await page.locator("[name=username]").fill("anna");
      await page.locator("[name=password]").fill("wrong horse");
      await page.locator("[type=submit]").click();
      await page.locator(".failure").waitFor();
      await page.locator("[name=password]").fill("correct horse");
      await page.locator("[type=submit]").click();
      await page.locator(".chat-row").first().waitFor();
    });

    it("shows chats to everybody", async () => {
      await check(page, look, "list");
      await openChat(page, "General");
      await page.locator(".reaction").waitFor();
      await check(page, look, "chat");
      // A finger touches where a mouse hovers.
      const word = page.locator(".message strong").first();
      await (isPhone ? word.tap() : word.hover());
      const more = page.locator(".bar button").last();
      await (isPhone ? more.tap() : more.click());
      await page.locator(".popover-menu").waitFor();
      await check(page, look, "menu");
      await page.keyboard.press("Escape");
      await page.locator(".composer .icon-button").first().click();
      await check(page, look, "emoji");
      await page.keyboard.press("Escape");
      await page.locator("#composer").fill("@b");
      await page.locator(".completion").waitFor();
      await check(page, look, "completion");
      await page.locator("#composer").fill("");
      await page.locator(".chat-head > .icon-button").last().click();
      await page.locator(".member").first().waitFor();
      await check(page, look, "details");
      await page.locator(".panel-head button").click();
      server.cut();
      await page.locator(".banner").waitFor();
      await say(page, "waits");
      await page.locator(".is-pending").waitFor();
      await check(page, look, "offline").finally(server.mend);
      await page.locator(".banner").waitFor({ state: "detached", timeout: 60_000 });
    });

    it("opens its windows to everybody", async () => {
      await toList();
      await page.locator(".search-button").click();
      await page.locator(".switcher-input").fill("b");
      await page.locator(".hit").first().waitFor();
      await check(page, look, "switcher");
      await page.keyboard.press("Escape");
      await page.locator(".sidebar-head > .icon-button").click();
      await page.locator(".person").first().waitFor();
      await check(page, look, "new chat");
      await page.locator(".dialog .button-wide").click();
      await page.locator(".person").first().click();
      await check(page, look, "new group");
      await page.keyboard.press("Escape");
      await page.locator(".self").click();
      await page.locator(".device").first().waitFor();
      await check(page, look, "settings");
      await page.locator(".invite [type=submit]").click();
      await page.locator(".invite-link").waitFor();
      await page.locator(".settings-end").scrollIntoViewIfNeeded();
      await check(page, look, "settings, the end");
      await page.locator(".settings-end .row-button").first().click();
      await page.locator(".keys").waitFor();
      await check(page, look, "help");
      await page.keyboard.press("Escape");
    });

    it("stays within the screen", async () => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect(anna.faults).toEqual([]);
    });
  });
}

describe("a door that is not open", () => {
  it("says so, and takes an invitation", async () => {
    const closed = await serve("--registration", "closed");
    const guest = await sit(browser, "guest");
    await guest.page.goto(closed.url);
    await guest.page.getByRole("button", { name: "Create account" }).click();
    await guest.page.getByText("New accounts are closed here").waitFor();
    await check(guest.page, "light, English", "closed");
    await closed.end();
    await guest.context.close();
  });

  it("sends a link that makes an account", async () => {
    const anna = await sit(browser, "anna");
    await signIn(anna, server.url);
    await anna.page.getByRole("button", { name: "Settings" }).click();
    await anna.page.getByRole("button", { name: "Make a link" }).click();
    const link = await anna.page.getByLabel("Invite link").inputValue();
    const clara = await sit(browser, "clara");
    await clara.page.goto(link);
    await clara.page.getByText("You were invited").waitFor();
    await clara.page.getByLabel("Username").fill("clara");
    await clara.page.getByLabel("Email").fill("clara@example.com");
    await clara.page.getByLabel("Password").fill("correct horse");
    await clara.page.locator("[type=submit]").click();
    await clara.page.locator(".messenger").waitFor();
    expect(clara.page.url()).not.toContain("invite");
    await anna.context.close();
    await clara.context.close();
  });
});
