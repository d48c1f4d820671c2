/** Changing one's account takes the current password, and says so where it is wanted. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, signUp, sit, type Person } from "./browser";
import { serve, type Running } from "./server";

let server: Running;
let browser: Browser;
let anna: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna", { viewport: { width: 1440, height: 900 } });
  await signUp(anna, server.url);
  await anna.page.getByRole("button", { name: "Settings" }).click();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

const current = () => anna.page.getByLabel("Current password");
const save = () => anna.page.getByRole("button", { name: "Save", exact: true }).click();
const toast = () => anna.page.getByText("Saved", { exact: true }).waitFor();

describe("the settings of an account", () => {
  it("take a display name without more", async () => {
    await anna.page.getByLabel("Display name").fill("Anna Petrova");
    expect(await current().count()).toBe(0);
    await save();
    await toast();
  });

  it("ask for the current password once the address or the password is another, and not before", async () => {
    const { page } = anna;
    await page.getByLabel("Email").fill("petrova@example.com");
    await current().waitFor();
    await page.getByLabel("Email").fill("anna@example.com");
    await current().waitFor({ state: "detached" });
    await page.getByLabel("New password").fill("a better horse");
    await current().fill("some other horse");
    await save();
    await page.getByText("That is not your current password.").waitFor();
    expect(await current().getAttribute("aria-invalid")).toBe("true");
    await page.waitForFunction(() => (document.activeElement as HTMLInputElement).name === "currentPassword");
    const shots = process.env["VESTNIK_E2E_SHOTS"];
    if (shots !== undefined) await page.screenshot({ path: `${shots}/settings.png` });
    await current().fill("correct horse");
    await save();
    await current().waitFor({ state: "detached" });
    expect(await page.getByLabel("New password").inputValue()).toBe("");
  });

  it("change what one signs in with", async () => {
    const answers = await anna.page.evaluate(() =>
      Promise.all(
        ["correct horse", "a better horse"].map(async (password) => {
          const body = JSON.stringify({ username: "anna", password });
          return (await fetch("auth", { method: "POST", body })).status;
        }),
      ),
    );
    expect(answers).toEqual([401, 200]);
    expect(anna.faults).toEqual([]);
  });
});
