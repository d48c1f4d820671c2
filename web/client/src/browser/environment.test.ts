import { afterEach, describe, expect, it, vi } from "vitest";
import { addressOf, socketAddressOf } from "../address.ts";
import { nameIn, onPutAway } from "./environment.ts";

describe("a page that is not at the root of its host", () => {
  it.each(["https://example.com/chat/", "https://example.com/chat/index.html", "https://example.com/chat/?q#/chat/7"])(
    "finds the server beside itself (%s)",
    (base) => {
      expect(addressOf("/api/chats/7?limit=50", base).href).toBe("https://example.com/chat/api/chats/7?limit=50");
      expect(socketAddressOf(base).href).toBe("wss://example.com/chat/ws");
    },
  );

  it("shares nothing with a page of another server on its host", () => {
    const names = ["/", "/chat/", "/chat/index.html", "/talk/"].map((path) => nameIn("vestnik", `https://example.com${path}`));
    expect(names).toEqual(["vestnik", "vestnik /chat/", "vestnik /chat/", "vestnik /talk/"]);
  });
});

describe("a page that stands still", () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ["frozen", ["freeze", "resume"]],
    ["put away whole", ["pagehide", "pageshow"]],
    ["put away and frozen, as some browsers tell it", ["pagehide", "freeze", "resume", "pageshow"]],
    ["put away and frozen, and told of its way back the other way round", ["pagehide", "freeze", "pageshow", "resume"]],
  ])("says so once, and once that it is back: %s", (_, events) => {
    const [page, document] = [new EventTarget(), new EventTarget()];
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    vi.stubGlobal("document", document);
    const told: string[] = [];
    const end = onPutAway(() => told.push("away"), () => told.push("back"));
    const tell = (name: string) => {
      const event = Object.assign(new Event(name), { persisted: true });
      (name.startsWith("page") ? page : document).dispatchEvent(event);
    };
    // The first look at a page is no way back.
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
    for (let times = 1; times <= 2; times += 1) {
      events.forEach(tell);
      expect(told).toEqual(Array.from({ length: times }, () => ["away", "back"]).flat());
    }
    end();
    events.forEach(tell);
    expect(told.length).toBe(4);
  });
});
