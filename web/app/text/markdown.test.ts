import { describe, expect, it } from "vitest";
import { blocks, plainText, textOf } from "./blocks";
import { inline, safeHref } from "./inline";
import { marked } from "./mentions";

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

  it("go around whom the text calls", () => {
    const member = (id: number, username: string) => ({ id, username, displayName: null, role: "member" as const });
    const team = [member(1, "anna"), member(2, "мария.п"), member(3, "प्रिया"), member(4, "an_na_")];
    const shown = (text: string, mentions: number[], mentionsAll = false, members = team) =>
      Array.from(
        JSON.stringify(blocks(marked({ text, mentions, mentionsAll }, members))).matchAll(/"t":"mention","name":"([^"]*)"/g),
        ([, name]) => name,
      );
    expect(shown("@anna, @мария.п. a@b.example @all!", [1, 2], true)).toEqual(["anna", "мария.п", "all"]);
    expect(shown("**@anna** *@प्रिया* > @nobody @Anna.", [1, 3])).toEqual(["anna", "प्रिया", "Anna"]);
    expect(shown("_so @an_na_ is here_ @an_na_", [4])).toEqual(["an_na_", "an_na_"]);
    for (const none of ["`@anna`", "```\n@anna\n```", "\\@anna", "https://x.example/@anna", "[a](https://x.example/@anna)", "a@anna", "@nobody"]) {
      expect([none, shown(none, [1])]).toEqual([none, []]);
    }
    expect([shown("@anna @all", []), shown("@anna @all", [], true), shown("@anna", [2])]).toEqual([[], ["all"], []]);
    // Before it is known who is here.
    expect(shown("Hi @anna.", [1], false, [])).toEqual(["anna"]);
  });

  it("lose nothing of a text, and show nothing of what marks calls", () => {
    const members = [{ id: 1, username: "anna", displayName: null, role: "member" as const }];
    for (const text of ["@anna", "_@anna", "**@anna*", "`@anna", "[@anna](x", "\u{fdd0}@anna\u{fdd1}", "~~@anna~", "http:@anna @anna"]) {
      const there = textOf(blocks(marked({ text, mentions: [1], mentionsAll: false }, members)));
      expect([text, there]).toEqual([text, plainText(text.replace(/[\u{fdd0}\u{fdd1}]/gu, "\u{fffd}"))]);
    }
    expect(plainText("\u{fdd0}-anna\u{fdd1}")).toBe("-anna");
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
