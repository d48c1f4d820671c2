import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draw } from "./thumbhash";

describe("what stands for a picture", () => {
  it("is a small picture of our own", () => {
    expect(draw("3OcRJYB4d3h/iIeHeEh3eIhw+j3A")).toMatch(/^data:image\/png;base64,[\w+/=]+$/);
  });

  it("is nothing where the server says nothing that can be drawn, and never anything else", () => {
    expect([draw("%%"), draw("AAAA"), draw("A".repeat(400))]).toEqual(["", "", ""]);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(draw(Buffer.from(bytes).toString("base64"))).toMatch(/^(data:image\/png;base64,[\w+/=]+)?$/);
    }));
  });
});
