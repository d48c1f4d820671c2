import { describe, expect, it } from "vitest";
import { href, parse } from "./route";

describe("addresses", () => {
  it("name a chat, and a message in it", () => {
    expect(parse("#/chat/7")).toEqual({ chat: 7, n: null, invite: "" });
    expect(parse("#/chat/7/120")).toEqual({ chat: 7, n: 120, invite: "" });
    expect(parse(href(3, 4))).toEqual({ chat: 3, n: 4, invite: "" });
  });

  it("name somebody with whom nothing has been said yet", () => {
    expect(parse("#/user/5")).toEqual({ chat: -5, n: null, invite: "" });
    expect(href(-5)).toBe("#/user/5");
  });

  it("bring an invitation", () => {
    expect(parse("#/invite/aB3_-9").invite).toBe("aB3_-9");
    expect(parse("#/invite/a/b").invite).toBe("");
  });

  it("that say nothing show the list", () => {
    for (const hash of ["", "#", "#/", "#/chat/", "#/chat/0", "#/chat/x", "#/chat/1/2/3", "#/chat/-1", "#/chat/1e3", "#/user/0", "#/user/-5", "#/chat/-5"]) {
      expect(parse(hash)).toEqual({ chat: null, n: null, invite: "" });
    }
  });
});
