/** Files: dropped on a chat, sent over a broken network and a closed tab, seen by the other one without a jump. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, message, openChat, say, signUp, sit, tab, type Person } from "./browser";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await openChat(anna.page, "General");
  await openChat(bert.page, "General");
});

afterAll(async () => {
  await browser.close();
  await server.end();
});

/** Three pictures, of which one is large, and a text by the name of a page. */
function drop(page: Page, place: string): Promise<boolean> {
  return page.evaluate(async (where) => {
    const picture = (width: number, height: number, isNoise: boolean) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
      pen.fillRect(0, 0, width, height / 2);
      const all = pen.getImageData(0, 0, width, height);
      for (let at = 0; isNoise && at < all.data.length; at += 1) all.data[at] = at % 4 === 3 ? 255 : (at * 7919 * ((at >> 8) + 1)) % 251;
      pen.putImageData(all, 0, 0);
      return new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob as Blob)));
    };
    const data = new DataTransfer();
    data.items.add(new File([await picture(800, 400, false)], "one.png", { type: "image/png" }));
    data.items.add(new File([await picture(1200, 900, true)], "two.png", { type: "image/png" }));
    data.items.add(new File([await picture(300, 600, false)], "three.png", { type: "image/png" }));
    data.items.add(new File(["<script>document.title = 'run'</script>"], "notes.html", { type: "text/html" }));
    const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
    document.querySelector(where)?.dispatchEvent(event);
    return event.defaultPrevented;
  }, place);
}

const boxes = (page: Page) => page.locator(".message .picture").evaluateAll((all) => all.map((one) => [one.clientWidth, one.clientHeight].join("×")));

describe("files", () => {
  it("arrive once and in order, though the network breaks and the tab is closed in the middle", async () => {
    // Beside the chat nothing is opened, and nothing taken.
    expect(await drop(anna.page, ".sidebar")).toBe(true);
    await anna.page.getByText("Files can be sent in a chat").waitFor();
    expect(await anna.page.locator(".tray li").count()).toBe(0);
    expect(await drop(anna.page, ".timeline")).toBe(true);
    await until(async () => (await anna.page.locator(".tray li").count()) === 4);
    server.cut();
    await say(anna.page, "From the journey");
    await anna.page.locator(".is-pending .tray-file").nth(3).waitFor();
    await say(anna.page, "and this after them");
    // The bytes are on the disk before what names them.
    await until(() => anna.page.evaluate(() => new Promise<boolean>((resolve) => {
      const opening = indexedDB.open("vestnik");
      opening.onsuccess = () => {
        const asked = opening.result.transaction("outbox").objectStore("outbox").count();
        asked.onsuccess = () => resolve(asked.result === 2);
      };
    })));
    const before = anna.page;
    await tab(anna, server.url);
    await before.close();
    server.mend();
    await openChat(anna.page, "General");
    for (const { page } of [anna, bert]) {
      await message(page, "and this after them").waitFor();
      expect(await message(page, "From the journey").count()).toBe(1);
      expect(await page.locator(".message:not(.is-pending) .picture").count()).toBe(3);
      const texts = await page.locator(".message:not(.is-pending)").allInnerTexts();
      expect(texts.findIndex((text) => text.includes("journey"))).toBeLessThan(texts.findIndex((text) => text.includes("after them")));
      await message(page, "From the journey").getByText("notes.html").waitFor();
    }
    expect(await anna.page.locator(".is-pending").count()).toBe(0);
  });

  it("have their boxes before their bytes", async () => {
    const { page } = bert;
    const pictures = page.locator(".message .picture img");
    await until(() => pictures.evaluateAll((all) => all.every((one) => (one as HTMLImageElement).naturalWidth > 0)));
    const shown = await boxes(page);
    await page.route("**/api/files/*", (route) => route.abort());
    await page.reload();
    await page.locator(".message .picture").nth(2).waitFor();
    expect(await boxes(page)).toEqual(shown);
    await page.unroute("**/api/files/*");
    await page.reload();
    await page.locator(".message .picture").nth(2).waitFor();
    expect(await boxes(page)).toEqual(shown);
  });

  it("are looked at one after the other, by keys, and saved as what they are", async () => {
    const { page } = bert;
    await page.getByRole("button", { name: "Open one.png" }).click();
    const viewer = page.locator(".viewer");
    await viewer.getByText("1 of 3").waitFor();
    await page.keyboard.press("ArrowRight");
    await viewer.getByText("two.png").waitFor();
    const picture = viewer.locator(".viewer-picture");
    await until(() => picture.evaluate((one) => (one as HTMLImageElement).naturalWidth > 0));
    const width = await picture.evaluate((one) => one.clientWidth);
    await page.keyboard.press("+");
    await until(async () => (await picture.evaluate((one) => one.clientWidth)) > width);
    await page.keyboard.press("Escape");
    await viewer.waitFor({ state: "detached" });
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download notes.html" }).click()]);
    expect(saved.suggestedFilename()).toBe("notes.html");
    expect(await page.title()).not.toBe("run");
    await page.getByRole("button", { name: "Details" }).last().click();
    await page.getByRole("button", { name: "Files", exact: true }).click();
    await page.locator(".panel .file-card", { hasText: "notes.html" }).waitFor();
    expect(await page.locator(".panel .picture").count()).toBe(3);
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
