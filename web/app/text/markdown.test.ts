import { describe, expect, it } from "vitest";
import { blocks, plainText } from "./blocks";
import { inline, safeHref } from "./inline";

const text = (s: string) => ({ t: "text", s });

describe("marks within a line", () => {
  it("are strong, emphasis, struck and code", () => {
    expect(inline("a **b** *c* _d_ ~~e~~ `f*`")).toEqual([
      text("a "), { t: "strong", kids: [text("b")] }, text(" "), { t: "em", kids: [text("c")] }, text(" "),
      { t: "em", kids: [text("d")] }, text(" "), { t: "del", kids: [text("e")] }, text(" "), { t: "code", s: "f*" },
    ]);
  });

  it("nest", () => {
    expect(inline("**a *b* c**")).toEqual([
      { t: "strong", kids: [text("a "), { t: "em", kids: [text("b")] }, text(" c")] },
    ]);
    expect(inline("*a **b** c*")).toEqual([
      { t: "em", kids: [text("a "), { t: "strong", kids: [text("b")] }, text(" c")] },
    ]);
  });

  it("are text where they mean nothing", () => {
    for (const s of ["2 * 3 * 4", "snake_case_name", "** a **", "a ~~ b", "`", "``", "*", "[a](b)", "**", "5 @ noon"]) {
      expect(plainText(s)).toBe(s);
      expect(inline(s).every((node) => node.t === "text")).toBe(true);
    }
  });

  it("can be escaped", () => {
    expect(plainText("\\*a\\* \\@anna")).toBe("*a* @anna");
    expect(inline("\\*a\\*").every((node) => node.t === "text")).toBe(true);
  });

  it("end an address before the sentence does", () => {
    const hrefs = inline("See https://a.example/b_(c), (https://d.example/e). HTTPS://F.example!").flatMap((node) =>
      node.t === "link" ? [node.href] : [],
    );
    expect(hrefs).toEqual(["https://a.example/b_(c)", "https://d.example/e", "https://f.example/"]);
  });

  it("name people as the server does", () => {
    const names = (s: string) => inline(s).flatMap((node) => (node.t === "mention" ? [node.name] : []));
    expect(names("@anna, @мария.п. a@b.example @all!")).toEqual(["anna", "мария.п", "all"]);
  });

  it("do not take long for hostile texts", () => {
    const start = performance.now();
    for (const piece of ["*a ", "**a", "~~", "`a", "_a ", "[a](", "[", "***", "@", "**a*_~~`", "\\", "> ", "- "]) {
      blocks(piece.repeat(16_384 / piece.length));
    }
    expect(performance.now() - start).toBeLessThan(1500);
  });
});

describe("links", () => {
  it("open pages and letters only", () => {
    for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc", "//x", "/x", "java\nscript:x"]) {
      expect(safeHref(bad)).toBeNull();
      expect(inline(`[x](${bad})`).some((node) => node.t === "link")).toBe(false);
    }
    expect(safeHref("mailto:a@b.example")).toBe("mailto:a@b.example");
  });
});

describe("blocks", () => {
  it("are paragraphs, code, quotes and lists", () => {
    const source = "one\ntwo\n\n```rust\nlet *a*;\n```\n> said\n> *so*\n- x\n- y\n3. three\n4. four";
    expect(blocks(source)).toEqual([
      { t: "p", kids: [text("one"), { t: "break" }, text("two")] },
      { t: "pre", s: "let *a*;", lang: "rust" },
      { t: "quote", kids: [{ t: "p", kids: [text("said"), { t: "break" }, { t: "em", kids: [text("so")] }] }] },
      { t: "list", start: null, items: [[text("x")], [text("y")]] },
      { t: "list", start: 3, items: [[text("three")], [text("four")]] },
    ]);
  });

  it("take code without an end to the end", () => {
    expect(blocks("```\na\n> b")).toEqual([{ t: "pre", s: "a\n> b", lang: "" }]);
  });

  it("keep no empty lines at the edges", () => {
    expect(blocks("\n\na\n\n")).toEqual([{ t: "p", kids: [text("a")] }]);
    expect(blocks("   \n")).toEqual([]);
  });

  it("become one line for a preview", () => {
    expect(plainText("**a**\n> b\n- c\n- d\n```\ne\n```")).toBe("a b c · d e");
  });
});
