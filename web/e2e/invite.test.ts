import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, signIn, signUp, sit, type Person } from "./browser";
import { serve, type Running } from "./server";

let server: Running;
let browser: Browser;
let anna: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  // The first account is the administrator's; then the door closes.
  await signUp(anna, server.url);
  await server.stop();
  await server.start("--registration", "invite");
  await anna.page.reload();
  await anna.page.locator(".messenger").waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

/** A link from the settings, good for one account. */
async function invite(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Uses").selectOption("1");
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = await page.getByLabel("Invite link").inputValue();
  await page.keyboard.press("Escape");
  return link;
}

async function fillIn(page: Page, name: string): Promise<void> {
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Email").fill(`${name}@example.com`);
  await page.getByLabel("Password").fill("correct horse");
  await page.locator("form").getByRole("button", { name: "Create account" }).click();
}

describe("a door that opens with an invitation", () => {
  let link: string;

  it("asks for a code where there is none, and says where one comes from", async () => {
    const guest = await sit(browser, "bert");
    await guest.page.goto(server.url);
    await guest.page.getByRole("button", { name: "Create account" }).click();
    await guest.page.getByText("Accounts are by invitation here").waitFor();
    expect(await guest.page.getByLabel("Invite code").getAttribute("required")).not.toBeNull();
    await guest.page.getByLabel("Invite code").fill("no such code");
    await fillIn(guest.page, "bert");
    await guest.page.getByRole("alert").getByText("This invite is not valid any more").waitFor();
    // What was typed is still there, for who mistyped a code.
    expect(await guest.page.getByLabel("Username").inputValue()).toBe("bert");
    await guest.context.close();
  });

  it("is opened by a link, which has filled in the code", async () => {
    link = await invite(anna.page);
    const code = new URL(link).hash.split("/").pop();
    const guest = await sit(browser, "bert");
    await guest.page.goto(link);
    await guest.page.getByText("You were invited").waitFor();
    expect(await guest.page.getByLabel("Invite code").inputValue()).toBe(code);
    await fillIn(guest.page, "bert");
    await guest.page.locator(".messenger").waitFor();
    expect(guest.page.url()).not.toContain("invite");
    expect(guest.faults).toEqual([]);
    await guest.context.close();
  });

  it("stays shut to a link that is used up, and says so", async () => {
    const late = await sit(browser, "clara");
    await late.page.goto(link);
    await fillIn(late.page, "clara");
    await late.page.getByRole("alert").getByText("This invite is not valid any more. Ask for a new one.").waitFor();
    await late.context.close();
  });

  it("stays shut to a link that was taken back", async () => {
    const taken = await invite(anna.page);
    await anna.page.evaluate(async () => {
      const { invites } = (await (await fetch("/api/invites")).json()) as { invites: { id: number }[] };
      const last = Math.max(...invites.map(({ id }) => id));
      const answer = await fetch(`/api/invites/${last}`, { method: "DELETE" });
      if (!answer.ok) throw new Error(await answer.text());
    });
    const late = await sit(browser, "clara");
    await late.page.goto(taken);
    await fillIn(late.page, "clara");
    await late.page.getByRole("alert").getByText("This invite is not valid any more").waitFor();
    await late.context.close();
  });

  it("lets those in who are known, also by a link for others", async () => {
    const known = await sit(browser, "bert");
    await known.page.goto(link);
    await known.page.getByRole("button", { name: "Sign in" }).click();
    await known.page.getByLabel("Username").fill("bert");
    await known.page.getByLabel("Password").fill("correct horse");
    await known.page.locator("form").getByRole("button", { name: "Sign in" }).click();
    await known.page.locator(".messenger").waitFor();
    await known.context.close();
  });
});

describe("a door that is closed", () => {
  it("says so, and offers no form; a link does not help", async () => {
    const link = await invite(anna.page);
    await server.stop();
    await server.start("--registration", "closed");
    const guest = await sit(browser, "clara");
    for (const address of [server.url, link]) {
      await guest.page.goto(address);
      await guest.page.locator(".entry-card").waitFor();
      if (address === server.url) await guest.page.getByRole("button", { name: "Create account" }).click();
      await guest.page.getByText("New accounts are closed here").waitFor();
      expect(await guest.page.locator("form").count()).toBe(0);
    }
    await guest.context.close();
    const bert = await sit(browser, "bert");
    await signIn(bert, server.url);
    await bert.context.close();
  });
});
