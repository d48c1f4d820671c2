/** What is put into a page, to tell when something was painted. */
import type { Page } from "playwright-core";

interface Clock {
  /** Of the first row of messages after the navigation began, in milliseconds. */
  firstRow: Promise<number>;
  /** From the next press of a key or button to the paint in which rows of this text are the last ones. */
  untilRows(text: string): Promise<number>;
  /** From the next press of a key to the next paint. */
  untilPaint(): Promise<number>;
}

type Clocked = typeof globalThis & { clock: Clock };

function install(): void {
  // The rest of a frame, with layout and paint, is over before the next task begins.
  const painted = () =>
    new Promise<number>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve(performance.now());
      };
      port2.postMessage(null);
    });
  const framesUntil = (isThere: () => boolean) =>
    new Promise<number>((resolve) => {
      const look = () => void (isThere() ? resolve(painted()) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    });
  const pressed = () =>
    new Promise<number>((resolve) => {
      const stop = new AbortController();
      for (const name of ["keydown", "pointerdown"]) {
        addEventListener(
          name,
          (event) => {
            // Alt is pressed before the key that it changes.
            if (event instanceof KeyboardEvent && event.key === "Alt") return;
            stop.abort();
            resolve(event.timeStamp);
          },
          { capture: true, signal: stop.signal },
        );
      }
    });
  const rows = () => document.querySelectorAll(".message:not(.is-pending)");
  (globalThis as Clocked).clock = {
    firstRow: framesUntil(() => rows().length > 0),
    async untilRows(text) {
      const from = await pressed();
      return (await framesUntil(() => [...rows()].at(-1)?.textContent?.includes(text) === true)) - from;
    },
    async untilPaint() {
      const from = await pressed();
      return (await framesUntil(() => true)) - from;
    },
  };
}

export const keepTime = (page: Page) => page.addInitScript(install);

export const firstRow = (page: Page): Promise<number> => page.evaluate(() => (globalThis as Clocked).clock.firstRow);

/** How long it takes from what is pressed to the paint of the chat whose last messages say this. */
export async function timeToRows(page: Page, text: string, press: () => Promise<void>): Promise<number> {
  const handle = await page.evaluateHandle((text) => ({ time: (globalThis as Clocked).clock.untilRows(text) }), text);
  await press();
  return handle.evaluate(({ time }) => time);
}

export async function timeToPaint(page: Page, press: () => Promise<void>): Promise<number> {
  const handle = await page.evaluateHandle(() => ({ time: (globalThis as Clocked).clock.untilPaint() }));
  await press();
  return handle.evaluate(({ time }) => time);
}
