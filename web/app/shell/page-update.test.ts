import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Client, ConnectionState } from "@vestnik/client";
import { UNSEEN } from "../state/build-version";

const pageOf = (build: string) => `<meta name="application-name" content="Vestnik" /><script src="./assets/${build}/index.js"></script>`;

/** The page of one tab, and a server that has what `served` says. */
async function openTab({ kept = new Map<string, string>(), written = "" } = {}) {
  const connection = signal<ConnectionState>({ state: "connecting" });
  const hears = new Set<() => void>();
  const tab = { served: "old", reloads: 0, written };
  const page = {
    visibilityState: "visible",
    documentElement: { outerHTML: pageOf("old") },
    addEventListener: (_: string, hear: () => void) => hears.add(hear),
    querySelectorAll: () => [{ value: tab.written }],
  };
  vi.stubGlobal("document", page);
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
  vi.stubGlobal("location", { reload: () => (tab.reloads += 1) });
  vi.stubGlobal("sessionStorage", { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => kept.set(name, value) });
  vi.stubGlobal("fetch", async () => new Response(pageOf(tab.served)));
  vi.resetModules();
  const { provide } = await import("../state/client");
  provide({ connection, waiting: signal(0) } as unknown as Client);
  (await import("./page-update")).followVersion();
  return Object.assign(tab, {
    show(isShown: boolean) {
      page.visibilityState = isShown ? "visible" : "hidden";
      hears.forEach((hear) => hear());
    },
    /** The server is started again, with this build. */
    async upgrade(build: string) {
      tab.served = build;
      connection.value = { state: "connecting" };
      connection.value = { state: "online", by: "socket" };
      await vi.advanceTimersByTimeAsync(5_000);
    },
  });
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a new version", () => {
  it("is taken in a tab that was hidden before it came", async () => {
    const tab = await openTab();
    tab.show(false);
    await vi.advanceTimersByTimeAsync(UNSEEN);
    await tab.upgrade("new");
    expect(tab.reloads).toBe(1);
  });

  it("is taken once nobody has looked for a while, though it was there before", async () => {
    const tab = await openTab();
    await tab.upgrade("new");
    await vi.advanceTimersByTimeAsync(10 * UNSEEN);
    tab.show(false);
    await vi.advanceTimersByTimeAsync(UNSEEN - 1);
    expect(tab.reloads).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(tab.reloads).toBe(1);
  });

  it("that comes while a tab is hidden waits for the rest of that while", async () => {
    const tab = await openTab();
    tab.show(false);
    await vi.advanceTimersByTimeAsync(UNSEEN / 4);
    await tab.upgrade("new");
    expect(tab.reloads).toBe(0);
    await vi.advanceTimersByTimeAsync(UNSEEN / 2);
    expect(tab.reloads).toBe(1);
  });

  it("waits for what is half-written, and is not waited for once somebody looks again", async () => {
    const tab = await openTab({ written: "Dear Bob," });
    tab.show(false);
    await vi.advanceTimersByTimeAsync(UNSEEN);
    await tab.upgrade("new");
    expect(tab.reloads).toBe(0);
    tab.show(true);
    tab.written = "";
    await vi.advanceTimersByTimeAsync(3 * UNSEEN);
    expect(tab.reloads).toBe(0);
    tab.show(false);
    tab.written = "Dear Bob,";
    await vi.advanceTimersByTimeAsync(UNSEEN);
    tab.written = "";
    await vi.advanceTimersByTimeAsync(UNSEEN);
    expect(tab.reloads).toBe(1);
  });

  it("that was taken in vain is not taken again; the next one is", async () => {
    const tab = await openTab({ kept: new Map([["vestnik.taken", "assets/new/index.js"]]) });
    tab.show(false);
    await vi.advanceTimersByTimeAsync(UNSEEN);
    await tab.upgrade("new");
    await vi.advanceTimersByTimeAsync(3 * UNSEEN);
    expect(tab.reloads).toBe(0);
    await tab.upgrade("newer");
    expect(tab.reloads).toBe(1);
  });
});
