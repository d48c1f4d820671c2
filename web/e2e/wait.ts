/** What tests wait for: facts, never a time. The lint lets nothing here but this file know of timers. */
import type { Locator, Page } from "playwright-core";

/** Waits for a fact. */
export async function until(fact: () => Promise<boolean> | boolean, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await fact())) {
    if (Date.now() > end) throw new Error(`not true after ${seconds} s: ${fact}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The browser has drawn so many more pictures of the page, and told it so. */
export function drawn(page: Page, pictures = 2): Promise<void> {
  return page.evaluate(async (pictures) => {
    for (let at = 0; at < pictures; at += 1) await new Promise(requestAnimationFrame);
  }, pictures);
}

/** More pictures than a moment has, after which what is on the screen counts as read. */
export const MOMENT = 60;

/** Whatever moves into its place has arrived there; what turns for ever may. */
export function atRest(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const moving = () => document.getAnimations().filter(({ playState, effect }) => playState === "running" && Number.isFinite(Number(effect?.getComputedTiming().endTime)));
    do {
      await Promise.all(moving().map(({ finished }) => finished.catch(() => undefined)));
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
    } while (moving().length > 0);
  });
}

/** Where something stands in the view, once it is at the same place in one picture after the other. */
export function placeOf(what: Locator): Promise<number> {
  return what.evaluate(async (element) => {
    let [before, now] = [Number.NaN, element.getBoundingClientRect().top];
    while (now !== before) {
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      [before, now] = [now, element.getBoundingClientRect().top];
    }
    return now;
  });
}
