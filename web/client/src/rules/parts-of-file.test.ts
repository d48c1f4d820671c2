import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base64, FIRST_PART, isSmallest, metadataOf, nextPart, smallerPart, uploadIn } from "./parts-of-file.ts";

describe("the parts of a file", () => {
  it("grow as long as they are soon there, and shrink when they are not", () => {
    expect(nextPart(FIRST_PART, 100)).toBe(FIRST_PART * 2);
    expect(nextPart(FIRST_PART, 2_000)).toBe(FIRST_PART);
    expect(nextPart(FIRST_PART, 20_000)).toBe(FIRST_PART / 2);
    let size = FIRST_PART;
    for (let count = 0; count < 20; count += 1) size = nextPart(size, 0);
    expect(size).toBe(8 * 1024 * 1024);
    for (let count = 0; count < 20; count += 1) size = smallerPart(size);
    expect([size, isSmallest(size), isSmallest(size + 1)]).toEqual([64 * 1024, true, false]);
  });
});

describe("what the server is told of a file", () => {
  it("is base64 of its UTF-8, whatever its name is", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(base64(name.toWellFormed())).toBe(Buffer.from(name.toWellFormed(), "utf8").toString("base64"));
    }));
    expect(metadataOf("отчёт.pdf", "application/pdf")).toBe(`filename ${Buffer.from("отчёт.pdf").toString("base64")},filetype YXBwbGljYXRpb24vcGRm`);
    expect(metadataOf("a", "")).toBe("filename YQ==");
  });

  it("is known again by the end of its address, wherever the page is", () => {
    expect(uploadIn("/api/uploads/a1-B_2")).toBe("a1-B_2");
    expect(uploadIn("https://host.example/below/api/uploads/x")).toBe("x");
    for (const other of [null, undefined, "", "/api/uploads/", "/api/uploads/a/b", "/elsewhere/a"]) expect(uploadIn(other)).toBeNull();
  });
});
