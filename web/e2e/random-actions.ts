/** What one may do with chats, windows and the network, by chance. */
import type { Page } from "playwright-core";
import { openChat } from "./browser";
import type { Running } from "./server";
import { drawn } from "./wait";
import type { dice, ScreenRecorder } from "./screen-recorder";

interface Chance {
  roll: ReturnType<typeof dice>;
  chats: readonly string[];
  /** Somebody else says so much in a chat. */
  say: (name: string, count: number) => Promise<void>;
}

export const isOnline = (page: Page) => page.waitForFunction(() => document.querySelector(".banner:not(.banner-version)") === null);

export function randomActions(page: Page, screen: ScreenRecorder, server: Running, { roll, chats, say }: Chance): Record<string, () => Promise<unknown>> {
  const sizes = [{ width: 1280, height: 800 }, { width: 1280, height: 260 }, { width: 800, height: 500 }, { width: 1500, height: 1200 }];
  const rest = (pictures: number) => drawn(page, pictures);
  return {
    say: () => say(roll.one(chats), 1 + roll.upTo(roll.one([1, 5, 30]))),
    "say here": async () => say((await screen.now())?.title ?? chats[0] ?? "", 1 + roll.upTo(3)).catch(() => undefined),
    open: () => openChat(page, roll.one(chats)),
    walk: async () => {
      for (let step = roll.upTo(4); step >= 0; step -= 1) await page.keyboard.press("Alt+ArrowDown");
    },
    resize: () => page.setViewportSize(roll.one(sizes)),
    scroll: async () => {
      await page.mouse.move(640, 200);
      await page.mouse.wheel(0, roll.one([-3_000, -400, 150, 400, 900, 6_000]));
    },
    latest: async () => {
      if (await page.locator(".to-latest").isVisible()) await page.locator(".to-latest").click({ timeout: 2_000 }).catch(() => undefined);
    },
    dialog: async () => {
      await page.keyboard.press("Control+k");
      await say(roll.one(chats), 2);
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
    },
    hide: async () => {
      await screen.hide(true);
      await say(roll.one(chats), 2);
      await rest(roll.one([0, 48]));
      await screen.hide(false);
    },
    blur: async () => {
      await screen.blur(true);
      await say(roll.one(chats), 2);
      await rest(roll.one([0, 48]));
      await screen.blur(false);
    },
    cut: async () => {
      server.cut();
      await openChat(page, roll.one(chats));
      server.mend();
      await isOnline(page);
    },
    reload: async () => {
      await page.reload();
      await page.locator(".chat-row").first().waitFor();
    },
    rest: () => rest(roll.one([6, 36, 60])),
  };
}
