/** A chat in which ten thousand messages were said. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatId, launch, message, openChat, row, say, signUp, sit, begin, type Person } from "./browser";
import { sayAll, tokenOf } from "./many-messages";
import { serve, type Running } from "./server";
import { until } from "./wait";

let server: Running;
let browser: Browser;
let anna: Person;
let bert: Person;
let chat: number;

const COUNT = 10_000;
const MOST_ROWS = 300;
const line = (n: number) => `Line ${n}. ${"and so on ".repeat((n * 7) % 11)}`;

beforeAll(async () => {
  server = await serve();
  browser = await launch();
  anna = await sit(browser, "anna");
  bert = await sit(browser, "bert");
  await signUp(anna, server.url);
  await signUp(bert, server.url);
  await begin(anna, "bert");
  chat = chatId(anna.page);
  await openChat(anna.page, "General");
  const all = Array.from({ length: COUNT }, (_, at) => line(at + 1));
  await sayAll(server.url, await tokenOf(server.url, "anna"), chat, all);
}, 240_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

const box = (page: Page) => page.locator(".timeline-box");
const rows = (page: Page) => page.locator(".timeline-list > *").count();
const numbers = (page: Page) =>
  page.locator(".message").evaluateAll((all) => all.map((row) => Number((row as HTMLElement).dataset["n"])));
const line1 = (page: Page, n: number) => message(page, `Line ${n}. `).first();

interface Walk {
  /** How far what one looked at was moved by anything but the scrolling itself, at most. */
  moved: number;
  mostRows: number;
  /** The numbers that were in view. */
  seen: number[];
}

/** Scrolls in steps, as a wheel does, and watches in each frame what happens to what is looked at. */
function walk(page: Page, step: number, steps: number): Promise<Walk> {
  return page.evaluate(
    async ({ step, steps }) => {
      const box = document.querySelector(".timeline-box") as HTMLElement;
      const frame = () => new Promise(requestAnimationFrame);
      const inView = () => {
        const { top, bottom } = box.getBoundingClientRect();
        return [...box.querySelectorAll<HTMLElement>(".message")]
          .map((row) => ({ row, place: row.getBoundingClientRect() }))
          .filter(({ place }) => place.bottom > top && place.top < bottom);
      };
      const seen = new Set<number>();
      let [moved, mostRows] = [0, 0];
      for (let at = 0; at < steps; at += 1) {
        const before = inView();
        const reference = before[before.length >> 1];
        const key = reference?.row.dataset["key"];
        const scrolled = box.scrollTop;
        box.scrollBy(0, step);
        const by = box.scrollTop - scrolled;
        // Rows come and go in the frames that follow; what was in the middle moves by the step alone.
        for (let wait = 0; wait < 3; wait += 1) await frame();
        const now = box.querySelector<HTMLElement>(`[data-key="${key}"]`);
        if (reference && now) moved = Math.max(moved, Math.abs(now.getBoundingClientRect().top - (reference.place.top - by)));
        for (const { row } of inView()) seen.add(Number(row.dataset["n"]));
        mostRows = Math.max(mostRows, document.querySelectorAll(".timeline-list > *").length);
      }
      return { moved, mostRows, seen: [...seen] };
    },
    { step, steps },
  );
}

describe("ten thousand messages", () => {
  it("open at the first unread one", async () => {
    await row(bert.page, "anna").locator(".pill").getByText("999+").waitFor();
    await openChat(bert.page, "anna");
    await bert.page.locator(".new-divider").waitFor();
    await line1(bert.page, 1).waitFor();
  });

  it("are left behind by one click", async () => {
    await bert.page.locator(".to-latest").click();
    await line1(bert.page, COUNT).waitFor();
    await until(async () => (await row(bert.page, "anna").locator(".pill").count()) === 0);
    expect(await rows(bert.page)).toBeLessThanOrEqual(MOST_ROWS);
  });

  it("are walked through, up and down, in their place and without gaps", async () => {
    const up = await walk(bert.page, -600, 100);
    expect(up.mostRows).toBeLessThanOrEqual(MOST_ROWS);
    expect(up.moved).toBeLessThan(2);
    const lowest = Math.min(...up.seen);
    expect(lowest).toBeLessThan(COUNT - 500);
    expect(up.seen.length).toBe(Math.max(...up.seen) - lowest + 1);
    // To the very edge and beyond what is there yet: a bar that is dragged to the top.
    const dragged = await walk(bert.page, -3_000, 10);
    expect(dragged.mostRows).toBeLessThanOrEqual(MOST_ROWS);
    expect(dragged.moved).toBeLessThan(2);
    expect(lowest - Math.min(...dragged.seen)).toBeLessThan(10 * 80);
    const down = await walk(bert.page, 600, 60);
    expect(down.mostRows).toBeLessThanOrEqual(MOST_ROWS);
    expect(down.moved).toBeLessThan(2);
    const all = await numbers(bert.page);
    expect(all).toEqual(all.map((_, at) => (all[0] ?? 0) + at));
  });

  it("are jumped about in by their addresses", async () => {
    for (const n of [5_000, 1, 7_777, COUNT, 3]) {
      await bert.page.goto(`${server.url}/#/chat/${chat}/${n}`);
      const target = bert.page.locator(`.message.is-marked[data-n="${n}"]`);
      await target.waitFor();
      const place = await target.boundingBox();
      const view = await box(bert.page).boundingBox();
      expect(place?.y).toBeGreaterThanOrEqual((view?.y ?? 0) - 1);
      expect(place?.y).toBeLessThan((view?.y ?? 0) + (view?.height ?? 0));
      expect(await rows(bert.page)).toBeLessThanOrEqual(MOST_ROWS);
    }
  });

  it("are read from their beginning after a jump there", async () => {
    await box(bert.page).evaluate((element) => element.scrollTo(0, 0));
    await bert.page.getByText("This is where the chat begins").waitFor();
    expect((await numbers(bert.page))[0]).toBe(1);
    const down = await walk(bert.page, 600, 60);
    expect(down.moved).toBeLessThan(2);
    expect(down.mostRows).toBeLessThanOrEqual(MOST_ROWS);
    const [least, most] = [Math.min(...down.seen), Math.max(...down.seen)];
    expect(most).toBeGreaterThan(250);
    expect(down.seen.length).toBe(most - least + 1);
  });

  it("do not move while somebody speaks", async () => {
    const all = await numbers(bert.page);
    const middle = bert.page.locator(`.message[data-n="${all[all.length >> 1]}"]`);
    await middle.evaluate((row) => row.scrollIntoView({ block: "center" }));
    await until(async () => (await walk(bert.page, 0, 1)).moved < 1);
    const before = (await middle.boundingBox())?.y ?? 0;
    await openChat(anna.page, "bert");
    await say(anna.page, "Where are you?");
    await bert.page.locator(".to-latest", { hasText: "1 new message" }).waitFor();
    expect(Math.abs(((await middle.boundingBox())?.y ?? 0) - before)).toBeLessThan(2);
    await bert.page.locator(".to-latest").click();
    await message(bert.page, "Where are you?").waitFor();
    expect(await rows(bert.page)).toBeLessThanOrEqual(MOST_ROWS);
  });

  it("did nothing that the page may not", () => {
    expect([...anna.faults, ...bert.faults]).toEqual([]);
  });
});
