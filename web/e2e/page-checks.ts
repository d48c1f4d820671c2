/** What can be told of a page by what it shows. */
import type { Page } from "playwright-core";

/** Presses Tab until something of this name has the focus. */
export async function tabTo(page: Page, name: string, isBack = false): Promise<void> {
  const met: string[] = [];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press(isBack ? "Shift+Tab" : "Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const label = element instanceof HTMLInputElement ? element.labels?.[0]?.querySelector("span")?.textContent : null;
      return element.getAttribute("aria-label") ?? label ?? element.textContent?.trim() ?? "";
    });
    if (focused === name) return;
    met.push(focused);
  }
  throw new Error(`Tab does not lead to “${name}”, but to ${met.join(" | ")}`);
}

/** Latin words on the page, in what is seen and in what is read aloud, that are not known ones. */
export function foreignWords(page: Page, known: readonly string[]): Promise<string[]> {
  return page.evaluate((known) => {
    const texts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const { parentElement: parent } = node;
      if (parent?.checkVisibility() && parent.closest("code, kbd, script") === null) texts.push(node.textContent ?? "");
    }
    for (const element of document.body.querySelectorAll("*")) {
      for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        const text = element.getAttribute(name);
        // A short code is typed as it is.
        if (text !== null && !/^:\w+:$/.test(text)) texts.push(text);
      }
    }
    texts.push(document.title);
    const words = texts.flatMap((text) => text.match(/[A-Za-z]{2,}/g) ?? []);
    return [...new Set(words)].filter((word) => !known.includes(word));
  }, known);
}

/** By what one sees most of: the grounds of the page and of what lies on it. */
export function isDark(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const grounds = [document.body, ...document.querySelectorAll(".entry-card, .sidebar, .chat, .composer-line, .dialog, .panel, .popover")];
    const lights = grounds
      .filter((element) => element.checkVisibility())
      .map((element) => getComputedStyle(element).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [])
      .filter(([, , , alpha = 1]) => alpha > 0.5)
      .map(([red = 0, green = 0, blue = 0]) => (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255);
    const [darkest, lightest] = [Math.min(...lights), Math.max(...lights)];
    if (lightest >= 0.35 && darkest < 0.5) throw new Error(`dark and light at once: ${lights.join(" ")}`);
    return lightest < 0.35;
  });
}

/** What reaches over the edge of the screen. */
export function widerThanScreen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isWide = document.documentElement.scrollWidth > innerWidth;
    if (!isWide) return [];
    return [...document.body.querySelectorAll("*")]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => `${element.tagName}.${element.className}`)
      .slice(0, 5);
  });
}
