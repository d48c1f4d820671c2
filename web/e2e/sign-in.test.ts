/** The door of a server where nobody is yet, what it says to those who cannot get in, and narrow screens in long words. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, sit, type Person } from "./browser";
import { widerThanScreen } from "./page-checks";
import { serve, type Running } from "./server";

let server: Running;
let browser: Browser;
let boris: Person;
let page: Page;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  boris = await sit(browser, "boris", { locale: "ru-RU", viewport: { width: 320, height: 640 } });
  page = boris.page;
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

/** What its lines are apart from the middle of what is around them, at most. */
const fromMiddle = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => {
    const letters = document.createRange();
    letters.selectNodeContents(element);
    const lines = new Map<number, { left: number; right: number }>();
    for (const { left, right, bottom } of letters.getClientRects()) {
      const at = [...lines.keys()].find((known) => Math.abs(known - bottom) < 5) ?? bottom;
      const line = lines.get(at) ?? { left, right };
      lines.set(at, { left: Math.min(left, line.left), right: Math.max(right, line.right) });
    }
    const card = element.parentElement?.getBoundingClientRect() ?? new DOMRect();
    const aside = [...lines.values()].map(({ left, right }) => Math.abs((left + right) / 2 - (card.left + card.right) / 2));
    return { lines: lines.size, aside: Math.max(...aside) };
  });

describe("the door of an empty server", () => {
  it("offers the first account, says whose it is, and waits for a name", async () => {
    await page.goto(server.url);
    await page.getByText("Кто создаст первую учётную запись, станет администратором.").waitFor();
    await page.getByRole("button", { name: "Создать аккаунт" }).waitFor();
    await page.keyboard.type("boris");
    expect(await page.locator("[name=username]").inputValue()).toBe("boris");
  });

  it("goes the other way when it is asked to, and back", async () => {
    await page.locator(".entry-other button").click();
    expect(await page.locator("[name=email]").count()).toBe(0);
    await page.keyboard.type("boris");
    expect(await page.locator("[name=username]").inputValue()).toBe("boris");
    await page.locator(".entry-other button").click();
    await page.locator("[name=email]").waitFor();
  });

  it("lets the first one in as its administrator, and is an ordinary one from then on", async () => {
    await page.locator("[name=username]").fill("boris");
    await page.locator("[name=email]").fill("boris@example.com");
    await page.locator("[name=password]").fill("correct horse");
    await page.locator("[type=submit]").click();
    await page.locator(".messenger").waitFor();
    expect(await page.evaluate(async () => (await (await fetch("/api/me")).json()).is_admin)).toBe(true);
    const next = await sit(browser, "next");
    await next.page.goto(server.url);
    await next.page.getByRole("heading", { name: "Sign in to Vestnik" }).waitFor();
    expect(await next.page.getByText("Nobody is here yet").count()).toBe(0);
    await next.page.getByText("Forgot your password? An administrator can give you a new one.").waitFor();
    await next.page.getByLabel("Username").fill("boris@example.com");
    await next.page.getByLabel("Password").fill("correct horse");
    await next.page.locator("[type=submit]").click();
    await next.page.getByText("Sign in with your username, not with your email address.").waitFor();
    await next.context.close();
  });
});

describe("a screen of 320 pixels, in Russian", () => {
  it("has all choices of the settings on it", async () => {
    await page.locator(".self").click();
    await page.locator(".device").first().waitFor();
    for (const choice of await page.locator(".dialog .segments").all()) {
      await choice.scrollIntoViewIfNeeded();
      const [around, all] = await Promise.all([page.locator(".dialog").boundingBox(), choice.locator(".segment").all()]);
      for (const segment of all) {
        const box = await segment.boundingBox();
        expect(box?.x ?? -1).toBeGreaterThanOrEqual(around?.x ?? 0);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual((around?.x ?? 0) + (around?.width ?? 0));
      }
    }
    expect(await widerThanScreen(page)).toEqual([]);
  });

  it("has the lines of the door in its middle, wrapped ones too", async () => {
    await page.locator(".settings-end").getByRole("button", { name: "Выйти" }).click();
    await page.locator(".entry-form").waitFor();
    const { lines, aside } = await fromMiddle(page, ".entry-other");
    expect(lines).toBe(2);
    expect(aside).toBeLessThan(3);
    expect(await widerThanScreen(page)).toEqual([]);
    expect(boris.faults).toEqual([]);
  });
});
