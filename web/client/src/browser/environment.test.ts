import { describe, expect, it } from "vitest";
import { addressOf, socketAddressOf } from "../address.ts";
import { nameIn } from "./environment.ts";

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
