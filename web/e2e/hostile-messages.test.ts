import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, openChat, say, sayMany, signUp, sit, type Person } from "./browser";
import { serve, type Running } from "./server";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

const RUN = "window.__xss=(window.__xss||0)+1;alert(1)";
const CORPUS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg onload="${RUN}"><a xlink:href="javascript:${RUN}">x</a></svg>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `"><script>${RUN}</script>`,
  `' autofocus onfocus='${RUN}`,
  `[click](javascript:${RUN})`,
  `[click](JaVaScRiPt:${RUN})`,
  `[click](data:text/html,<script>${RUN}</script>)`,
  `[click](vbscript:${RUN})`,
  `[click](https://a.example/"onmouseover="${RUN})`,
  `[<img src=x onerror=${RUN}>](https://a.example/)`,
  `https://a.example/"onmouseover="${RUN}`,
  `javascript:${RUN}`,
  "```<script>\n" + `<script>${RUN}</script>` + "\n```",
  "```html\n" + `<img src=x onerror="${RUN}">` + "\n```",
  `\`<script>${RUN}</script>\``,
  `> <img src=x onerror="${RUN}">`,
  `- <img src=x onerror="${RUN}">`,
  `**<img src=x onerror="${RUN}">**`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}">`,
  `@<img src=x onerror="${RUN}">`,
  `\u202e<script>${RUN}</script>`,
  `<a href="javascript:${RUN}">x</a>`,
];

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  for (const { context } of [anna, bert]) await context.addInitScript("window.__xss = 0");
  await signUp(anna, server.url);
  await signUp(bert, server.url);
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

describe("what is said", () => {
  it("is text, whatever it looks like", async () => {
    await openChat(bert.page, "General");
    await openChat(anna.page, "General");
    await sayMany(anna.page, 1, CORPUS);
    await say(anna.page, "the last one");
    await bert.page.locator(".message", { hasText: "the last one" }).waitFor();
    expect(await bert.page.locator(".message").count()).toBe(CORPUS.length + 1);
    expect(await bert.page.locator(".text :is(script, img, svg:not(.icon), iframe, math, style, table)").count()).toBe(0);
  });

  it("links to pages and letters only", async () => {
    const links = await bert.page.locator(".text a").evaluateAll((all) =>
      (all as HTMLAnchorElement[]).map(({ protocol, target, rel }) => `${protocol} ${target} ${rel}`),
    );
    expect(new Set(links)).toEqual(new Set(["https: _blank noopener noreferrer"]));
  });

  it("is text in quotes, previews, pins, titles and lists of people too", async () => {
    const evil = `<img src=x onerror="${RUN}">`;
    for (const { page } of [anna, bert]) {
      await page.getByRole("button", { name: "Settings" }).click();
      await page.getByLabel("Display name").fill(evil.slice(0, 60));
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      await page.keyboard.press("Escape");
    }
    await anna.page.getByRole("button", { name: "New chat" }).click();
    await anna.page.getByRole("button", { name: "New group" }).click();
    await anna.page.getByLabel("Name of the group").fill(evil);
    await anna.page.locator(".person").first().click();
    await anna.page.getByRole("button", { name: "Create the group" }).click();
    await anna.page.locator(".chat-head h1", { hasText: "<img" }).waitFor();
    await say(anna.page, evil);
    const said = anna.page.locator(".message:not(.is-pending)").first();
    await said.click({ button: "right" });
    await anna.page.getByRole("menuitem", { name: "Pin" }).click();
    await anna.page.locator(".pins-bar").waitFor();
    await said.hover();
    await said.getByRole("button", { name: "Reply" }).click();
    await say(anna.page, evil);
    await anna.page.locator(".reply-quote").waitFor();
    await bert.page.locator(".chat-row").first().click();
    await bert.page.getByRole("button", { name: "Details", exact: true }).click();
    await bert.page.locator(".member").first().waitFor();
    await bert.page.locator("#composer").pressSequentially("@im");
    await bert.page.keyboard.press("Control+k");
    await bert.page.getByRole("combobox").fill("anna");
    await bert.page.getByRole("option").first().waitFor();
    await bert.page.keyboard.press("Enter");
    await bert.page.locator(".chat-head h1", { hasText: "<img" }).waitFor();
  });

  it("ran nowhere", async () => {
    for (const { page } of [anna, bert]) expect(await page.evaluate("window.__xss")).toBe(0);
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
