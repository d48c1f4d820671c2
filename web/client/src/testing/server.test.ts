import { describe, expect, it } from "vitest";
import { findBinary } from "./server.ts";

describe("the server that whole clients are tested with", () => {
  it("is an error where it is named or needed, and is not there", () => {
    expect(() => findBinary("/nowhere/vestnik", false)).toThrow("/nowhere/vestnik");
    expect(() => findBinary("/nowhere/vestnik", true)).toThrow("VESTNIK_BIN");
  });

  it("is the one that is named", () => {
    expect(findBinary(process.execPath, true)).toBe(process.execPath);
  });
});
