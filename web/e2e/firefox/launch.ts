/** Debian's Firefox, one for each person: of several windows of one Firefox only one has the focus. */
import { join } from "node:path";
import { firefox, type Browser, type BrowserContextOptions } from "playwright-core";

const PREFERENCES = {
  // Headless, it would have no mouse that can hover.
  "ui.primaryPointerCapabilities": 6,
  "ui.allPointerCapabilities": 6,
};

const start = () =>
  firefox.launch({
    channel: "moz-firefox",
    executablePath: join(import.meta.dirname, "between.mjs"),
    firefoxUserPrefs: PREFERENCES,
  });

export async function launchFirefox(): Promise<Browser> {
  const all: Browser[] = [];
  const each = {
    async newContext(options: BrowserContextOptions) {
      const one = await start();
      all.push(one);
      return one.newContext(options);
    },
    close: async () => void (await Promise.all(all.map((one) => one.close()))),
  };
  return each as Browser;
}
