import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Place } from "./navigation";

/** A browser's history, which takes its time to go back. */
class Browser {
  entries: Place[] = [{ hash: "outside", mark: {} }, { hash: "#/", mark: {} }];
  at = 1;
  private arrived: (() => void)[] = [];

  get now(): Place {
    return this.entries[this.at] ?? { hash: "", mark: {} };
  }

  back() {
    this.at -= 1;
    for (const listener of this.arrived) listener();
  }

  /** What the page knows of it. */
  install() {
    const now = () => this.now;
    vi.stubGlobal("location", { get hash() { return now().hash; } });
    vi.stubGlobal("addEventListener", (kind: string, listener: () => void) => kind === "popstate" && this.arrived.push(listener));
    vi.stubGlobal("history", {
      get state() { return now().mark; },
      pushState: (mark: Place["mark"], _: string, hash: string) => this.entries.splice((this.at += 1), Infinity, { hash, mark }),
      replaceState: (mark: Place["mark"], _: string, hash = this.now.hash) => (this.entries[this.at] = { hash, mark }),
      back: () => setTimeout(() => this.back(), 20),
    });
  }
}

describe("what stands before the page", () => {
  let browser: Browser;
  let page: typeof import("./route");

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.resetModules();
    browser = new Browser();
    browser.install();
    page = await import("./route");
    page.followAddress();
    return () => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    };
  });

  it("has its entry at once, so that going back at that moment does not leave the page", () => {
    page.cover(true);
    browser.back();
    expect(browser.now.hash).toBe("#/");
  });

  it("has its entry too when the browser is still on its way back from what stood there before", () => {
    page.cover(true);
    page.cover(false);
    vi.advanceTimersByTime(5);
    page.cover(true);
    vi.advanceTimersByTime(100);
    browser.back();
    expect(browser.now.hash).toBe("#/");
  });

  it("gives way to another thing at one stroke", () => {
    page.cover(true);
    page.cover(false);
    page.cover(true);
    vi.advanceTimersByTime(100);
    expect(browser.entries.slice(0, browser.at + 1).map(({ hash }) => hash)).toEqual(["outside", "#/", "#/"]);
  });

  it("leads to a place, and has no entry any more", () => {
    page.cover(true);
    page.showChat(7);
    page.cover(false);
    vi.advanceTimersByTime(100);
    expect(browser.entries.slice(0, browser.at + 1).map(({ hash }) => hash)).toEqual(["outside", "#/", "#/chat/7"]);
  });
});
