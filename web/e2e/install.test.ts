/** What a browser asks of a page before it installs it. */
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARGS, EXECUTABLE } from "./browser";
import { newFolder, removeFolder } from "./folders";
import { serve, type Running } from "./server";

let server: Running;
let context: BrowserContext;
let page: Page;
const folder = newFolder("profile");

beforeAll(async () => {
  server = await serve();
  // A profile of its own: what is looked at in private is never installed.
  context = await chromium.launchPersistentContext(folder, { executablePath: EXECUTABLE, args: ARGS });
  page = await context.newPage();
  await page.goto(server.url);
  await page.locator(".entry-card").waitFor();
});

afterAll(async () => {
  await context.close();
  await server.end();
  await removeFolder(folder);
});

interface Icon {
  src: string;
  sizes: string;
  type: string;
  purpose?: string;
}

describe("the installed page", () => {
  it("has a manifest that says what it is", async () => {
    const link = await page.locator("link[rel=manifest]").getAttribute("href");
    const answer = await page.request.get(new URL(link ?? "", server.url).href);
    expect(answer.ok()).toBe(true);
    expect(answer.headers()["content-type"]).toContain("application/manifest+json");
    const manifest = (await answer.json()) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: "Vestnik", display: "standalone", start_url: "./", scope: "./" });
    for (const colour of ["background_color", "theme_color"]) expect(manifest[colour]).toMatch(/^#[0-9a-f]{6}$/);
  });

  it("has icons of the sizes that it says, one of them for a mask", async () => {
    const answer = await page.request.get(`${server.url}/manifest.webmanifest`);
    const { icons } = (await answer.json()) as { icons: Icon[] };
    for (const { src, sizes, type } of icons) {
      const picture = await page.request.get(new URL(src, server.url).href);
      expect([src, picture.status(), picture.headers()["content-type"]]).toEqual([src, 200, type]);
      const bytes = await picture.body();
      if (type === "image/png") expect([src, sizeOf(bytes)]).toEqual([src, sizes]);
      else expect(bytes.toString()).toContain("<svg");
    }
    const sizes = icons.filter(({ type }) => type === "image/png").map((icon) => `${icon.sizes} ${icon.purpose ?? "any"}`);
    expect(sizes).toEqual(expect.arrayContaining(["192x192 any", "512x512 any", "512x512 maskable"]));
  });

  it("is kept by a service worker, which has the page from its first visit on", async () => {
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    const { scope, state } = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return { scope: registration.scope, state: registration.active?.state };
    });
    expect([scope, state]).toEqual([`${server.url}/`, "activated"]);
  });

  it("may be installed, as the browser finds it", async () => {
    const browser = await context.newCDPSession(page);
    const { errors } = await browser.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    const { installabilityErrors } = await browser.send("Page.getInstallabilityErrors");
    expect(installabilityErrors).toEqual([]);
  });
});

/** As the head of a PNG says. */
function sizeOf(png: Buffer): string {
  return `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;
}
