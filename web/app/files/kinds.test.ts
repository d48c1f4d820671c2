import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admitted, boxOf, columnsOf, endingOf, kindOf, sizeText } from "./kinds";

describe("a file", () => {
  it.each([
    ["image/png", 10, 10, "picture"],
    ["image/png", null, null, "file"],
    ["image/svg+xml", 10, 10, "file"],
    ["text/html", null, null, "file"],
    ["audio/mpeg", null, null, "audio"],
    ["video/mp4", null, null, "video"],
    ["video/x-matroska", null, null, "file"],
  ])("of type %s (%s × %s) is shown as a %4$s", (type, width, height, kind) => {
    expect(kindOf({ type, width, height })).toBe(kind);
  });

  it("has a size and a sign that people read", () => {
    expect([0, 999, 48_213, 1_500_000, 104_857_600].map((bytes) => sizeText(bytes, "en"))).toEqual(["0 byte", "999 byte", "48 kB", "1.5 MB", "105 MB"]);
    expect(sizeText(1_500_000, "ru").replace(/\s/g, " ")).toBe("1,5 МБ");
    expect(["report.pdf", "a.tar.gz", "README", "отчёт.Документ", "x.вор", "a.b c"].map(endingOf)).toEqual(["PDF", "GZ", "", "", "ВОР", ""]);
  });
});

describe("the box of a picture", () => {
  it("is known before its bytes, and within 420 × 320 whatever the picture is", () => {
    expect([boxOf(4000, 3000), boxOf(100, 80), boxOf(3000, 4000)]).toEqual([{ width: 420, height: 315 }, { width: 100, height: 80 }, { width: 240, height: 320 }]);
    fc.assert(fc.property(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 30_000 }), (width, height) => {
      const box = boxOf(width, height);
      expect(box.width).toBeLessThanOrEqual(420);
      expect(box.height).toBeLessThanOrEqual(320);
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(64);
    }));
    expect([2, 3, 4, 5, 9].map(columnsOf)).toEqual([2, 3, 2, 3, 3]);
  });
});

describe("files that are put to a message", () => {
  const files = [{ name: "a", size: 5 }, { name: "big", size: 500 }, { name: "none", size: 0 }, { name: "c", size: 7 }];

  it("are those that fit, and of the others it is said why they do not", () => {
    expect(admitted(0, files, { files: 10, bytes: 100 })).toMatchObject({ taken: [{ name: "a" }, { name: "c" }], objection: { is: "empty", name: "none" } });
    expect(admitted(0, files.slice(0, 2), { files: 10, bytes: 100 })).toMatchObject({ objection: { is: "too large", name: "big", most: 100 } });
    expect(admitted(9, files, { files: 10, bytes: null })).toMatchObject({ taken: [{ name: "a" }], objection: { is: "too many", most: 10 } });
    expect(admitted(0, files.slice(0, 1), { files: 10, bytes: null })).toEqual({ taken: [files[0]], objection: null });
  });
});
