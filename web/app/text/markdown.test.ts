import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scan } from "@vestnik/client";
import { addressesIn, safeHref } from "./addresses";
import { blocks, type Block } from "./blocks";
import { directionOf, firstDirection } from "./direction";
import type { Inline } from "./inline";
import { callsOf } from "./mentions";
import { inlineText, plainText, textOf } from "./plain-text";

/** Blocks in short: `p(a b(c) ⏎ d)`, as they nest. */
function shape(text: string): string {
  return blocks(text).map(blockShape).join(" ");
}

function blockShape(block: Block): string {
  switch (block.t) {
    case "p":
      return `p(${kidsShape(block.kids)})`;
    case "heading":
      return `h(${kidsShape(block.kids)})`;
    case "pre":
      return `pre[${block.info}](${block.s.replaceAll("\n", "⏎")})`;
    case "quote":
      return `q(${block.kids.map(blockShape).join(" ")})`;
    case "list":
      return `${block.isOrdered ? "ol" : "ul"}(${block.items
        .map(({ mark, done, kids }) => `${mark}${done === null ? "" : done ? "☑" : "☐"}{${kids.map(blockShape).join(" ")}}`)
        .join(" ")})`;
    case "table":
      return `table(${[block.head, ...block.rows].map((row) => row.map(kidsShape).join("|")).join(" / ")})`;
    case "rule":
      return "rule";
  }
}

const SHORT = { strong: "b", em: "i", del: "s" };

function kidsShape(kids: readonly Inline[]): string {
  return kids
    .map((kid) => {
      if (kid.t === "text") return kid.s;
      if (kid.t === "break") return "⏎";
      if (kid.t === "code") return `code(${kid.s.replaceAll("\n", "⏎")})`;
      if (kid.t === "mention") return `@(${kid.name ?? "*"})`;
      if (kid.t === "link") return `a<${kid.href}>(${kidsShape(kid.kids)})`;
      return `${SHORT[kid.t]}(${kidsShape(kid.kids)})`;
    })
    .join("");
}

/** The text, and what a reader sees. Where CommonMark would say something else, the reason stands beside it. */
const SHAPES: Record<string, [string, string][]> = {
  "marks within a line": [
    ["a **b** *c* _d_ __e__ ~~f~~ `g*`", "p(a b(b) i(c) i(d) b(e) s(f) code(g*))"],
    ["**a *b* c**", "p(b(a i(b) c))"],
    ["*a **b** c*", "p(i(a b(b) c))"],
    ["***a***", "p(i(b(a)))"],
    ["**a\nb**", "p(b(a⏎b))"],
    ["(**a**) «*b*» “_c_”, *d*: ~~e~~!", "p((b(a)) «i(b)» “i(c)”, i(d): s(e)!)"],
    ["**Note:** this", "p(b(Note:) this)"],
    ["これは**重要**です", "p(これはb(重要)です)"],
    ["**중요**는 **그것**", "p(b(중요)는 b(그것))"],
    ["👍*yes*👍", "p(👍i(yes)👍)"],
    ["``a ` b`` ` c `", "p(code(a ` b) code(c))"],
    ["`a\nb` `c\n\nd`", "p(code(a⏎b) `c) p(d`)"],
  ],
  // CommonMark makes emphasis of some of these. In a chat they are sums, names, paths, patterns and faces.
  "signs that mark nothing": [
    "2 * 3 * 4", "2*3*4 = 24", "5*4*3", "snake_case_name", "x**2 + y**2", "__init__.py", "a*b*c", "** a **", "a ~~ b", "`", "``", "*", "**",
    "SELECT t.*, u.* FROM t", "f(*args, **kwargs)", "f(*a,*b)", "(*) and (*)", "/*x*/ y", "*.txt and *.rs", "~/a ~/b", "10 ~ 20", "5 @ noon",
    "\\\\server\\share\\x", "C:\\Users\\n", "\\d+\\.\\d+", "¯\\_(ツ)_/¯", ">:(", ">.<", ">_>", ">>", ">", "-", "+", "1.", "#", "#channel", "+ 1", "-5",
    "1.5", "3)", "a\n=====", "<b>&amp;</b> &copy; <!-- x -->", "[ref][1]", "[1]: text", "| a | b |", "1234567890. too long", "•", "[a](b)", "[x](/y)",
  ].map((text) => [text, `p(${text.replaceAll("\n", "⏎")})`]),
  "a backslash": [
    ["\\*a\\* \\_b\\_ \\`c\\` \\~~d~~", "p(*a* _b_ `c` ~~d~~)"],
    ["\\@anna \\[a\\](https://x.example)", "p(@anna [a](a<https://x.example/>(https://x.example)))"],
    ["1\\. a\n\\- b\n\\# c\n\\> d", "p(1. a⏎- b⏎# c⏎> d)"],
    ["\\\\*a*", "p(\\*a*)"],
  ],
  "lists": [
    ["1. one\n2. two\n4. four\n5. five", "ol(1.{p(one)} 2.{p(two)} 4.{p(four)} 5.{p(five)})"],
    ["7) seven\n8) eight", "ol(7){p(seven)} 8){p(eight)})"],
    ["2026. Whatever it brings", "ol(2026.{p(Whatever it brings)})"],
    ["007. Bond", "ol(007.{p(Bond)})"],
    ["- a\n  - b\n    - c\n- d", "ul({p(a) ul({p(b) ul({p(c)})})} {p(d)})"],
    ["1. a\n   - b\n2. c", "ol(1.{p(a) ul({p(b)})} 2.{p(c)})"],
    ["- a\n\t- b", "ul({p(a) ul({p(b)})})"],
    ["* a\n* b", "ul({p(a)} {p(b)})"],
    ["- a\n\n- b", "ul({p(a)} {p(b)})"],
    ["- a\n\n  b\n- c", "ul({p(a) p(b)} {p(c)})"],
    ["- [ ] a\n- [x] b\n1. [X] c", "ul(☐{p(a)} ☑{p(b)}) ol(1.☑{p(c)})"],
    ["- > q\n- # h\n- ```\n  x\n   y\n  ```", "ul({q(p(q))} {h(h)} {pre[](x⏎ y)})"],
    // Who writes a line below a list without indenting it has done with the list.
    ["- a\nb", "ul({p(a)}) p(b)"],
    ["Agenda:\n1. a\n2. b\nbye", "p(Agenda:) ol(1.{p(a)} 2.{p(b)}) p(bye)"],
    ["In\n1986. b", "p(In⏎1986. b)"],
  ],
  "quotes": [
    ["> a\n> *b*\n>c", "q(p(a⏎i(b)⏎c))"],
    ["> a\n> > b\n> c", "q(p(a) q(p(b)) p(c))"],
    ["> a\n\n> b", "q(p(a)) q(p(b))"],
    ["> - a\n> - b\n>\n> c", "q(ul({p(a)} {p(b)}) p(c))"],
    // The answer below a quote is not of it.
    ["> a\nb", "q(p(a)) p(b)"],
    ["a\n> b\nc", "p(a) q(p(b)) p(c)"],
  ],
  "code": [
    ["```rust\nlet *a*;\n```", "pre[rust](let *a*;)"],
    ["```\nlet a = 1;\nlet b = 2;```\nand **this**", "pre[](let a = 1;⏎let b = 2;) p(and b(this))"],
    ["try this: ```\nls -l\n```\nand tell **me**", "p(try this:) pre[](ls -l) p(and tell b(me))"],
    ["```git status``` says so", "p(code(git status) says so)"],
    ["```js title=\"a.js\"\nlet a;\n```\nafter **it**", "pre[js title=\"a.js\"](let a;) p(after b(it))"],
    ["```js {1,3}\na\n```", "pre[js {1,3}](a)"],
    ["```let a = 1;\nlet b;```", "pre[](let a = 1;⏎let b;)"],
    ["```\na\n> b", "pre[](a⏎> b)"],
    ["```\n```", "pre[]()"],
    ["```a`````  \nb", "pre[](a) p(b)"],
    ["```\n\n  a\n\n```", "pre[](⏎  a⏎)"],
    ["~~~\na\n```\nb\n~~~\nc", "pre[](a⏎```⏎b) p(c)"],
    ["````\n```\na\n```\n````", "pre[](```⏎a⏎```)"],
    ["> ```\n> a\n>   b\n> ```\n> c", "q(pre[](a⏎  b) p(c))"],
    ["1. do: ```\n   a\n   ```\n2. then", "ol(1.{p(do:) pre[](a)} 2.{p(then)})"],
    ["1. do:\n```\na\n```\n2. then", "ol(1.{p(do:)}) pre[](a) ol(2.{p(then)})"],
    ["a\r\n```\r\nb\r\n```\r\nc", "p(a) pre[](b) p(c)"],
    // Indentation makes no code.
    ["    a\n    b", "p(    a⏎    b)"],
  ],
  "headings, rules and tables": [
    ["# a\n###### *b*\ntext", "h(a) h(i(b)) p(text)"],
    ["####### a", "p(####### a)"],
    ["a\n---\nb", "p(a) rule p(b)"],
    ["* * *", "rule"],
    ["| a | b |\n|---|:-:|\n| **1** | `x` |\nafter", "table(a|b / b(1)|code(x) / after|)"],
    ["a|b\n-|-\n1|2|3|4\n\nc", "table(a|b / 1|2 | 3|4) p(c)"],
    ["| a | b |\n|---|\n", "p(| a | b |⏎|---|)"],
  ],
  "paragraphs": [
    ["one\ntwo\n\nthree", "p(one⏎two) p(three)"],
    ["\n\na\n\n", "p(a)"],
    ["   \n", ""],
    ["Name\tQ1\nIvanov\t10\n  Petrov\t9", "p(Name\tQ1⏎Ivanov\t10⏎  Petrov\t9)"],
    ["a  \nb", "p(a  ⏎b)"],
  ],
  "links": [
    ["[a](https://x.example/y)", "p(a<https://x.example/y>(a))"],
    ["[**a** `b`](<https://x.example/y z> \"title\")", "p(a<https://x.example/y%20z>(b(a) code(b)))"],
    ["[https://wiki.example/page](https://wiki.example/page)", "p(a<https://wiki.example/page>(https://wiki.example/page))"],
    ["see [the page https://wiki.example](https://wiki.example)", "p(see a<https://wiki.example/>(the page https://wiki.example))"],
    ["[](https://x.example)", "p(a<https://x.example/>(https://x.example/))"],
    ["[a](mailto:b@c.example)", "p(a<mailto:b@c.example>(a))"],
    ["[a [b](https://x.example) c](https://y.example)", "p([a a<https://x.example/>(b) c](a<https://y.example/>(https://y.example)))"],
    ["![a](https://x.example)", "p(!a<https://x.example/>(a))"],
    ["[a\n- b](https://x.example)", "p([a) ul({p(b](https://x.example))})"],
    ["<https://x.example>", "p(<a<https://x.example/>(https://x.example)>)"],
    ["**https://x.example/a_b_** _https://y.example_", "p(b(a<https://x.example/a_b_>(https://x.example/a_b_)) i(a<https://y.example/>(https://y.example)))"],
    ["**a** [**b**](https://x.example)**c**", "p(b(a) a<https://x.example/>(b(b))**c**)"],
    ["In\n9) ```\na\n```", "p(In⏎9) code(a))"],
    ["`https://x.example`", "p(code(https://x.example))"],
  ],
};

for (const [name, examples] of Object.entries(SHAPES)) {
  describe(name, () => {
    it.each(examples)("%j", (text, expected) => expect(shape(text)).toBe(expected));
  });
}

describe("an address in a sentence", () => {
  it.each([
    ["See https://a.example/b_(c), (https://d.example/e). HTTPS://F.example!", "https://a.example/b_(c) https://d.example/e HTTPS://F.example"],
    ["(More at https://wiki.example/page.)", "https://wiki.example/page"],
    ["(More at https://wiki.example/page).", "https://wiki.example/page"],
    ["[see https://wiki.example/page] {https://a.example}", "https://wiki.example/page https://a.example"],
    ["«https://a.example/б», “https://b.example”. ‘https://c.example’ „https://d.example“", "https://a.example/б https://b.example https://c.example https://d.example"],
    ["见https://a.example/路径。然后（https://b.example/x）、https://c.example！", "https://a.example/路径 https://b.example/x https://c.example"],
    ["https://zh.example/水星（行星） https://ru.example/«Зенит»", "https://zh.example/水星（行星） https://ru.example/«Зенит»"],
    ["https://пример.рф/путь?а=б#в; www.пример.рф, www.a.example/x!", "https://пример.рф/путь?а=б#в www.пример.рф www.a.example/x"],
    ["mail anna@a.example, <bob@b.example>: info@пример.рф; почта@пример.рф.", "anna@a.example bob@b.example info@пример.рф почта@пример.рф"],
    ["Mail:a@b.example,c@d.example ftp://e:f@g.example ssh://git@h.example", "a@b.example c@d.example"],
    ["mailto:anna@a.example? a.b+c@d-e.example", "mailto:anna@a.example a.b+c@d-e.example"],
    ["http://localhost:8080/a http://[::1]/ http://192.168.0.1:3000", "http://localhost:8080/a http://192.168.0.1:3000"],
    ["https://a.example/?q=1&r=[2]#x-y… https://b.example/a...b https://c.example/a,b,", "https://a.example/?q=1&r=[2]#x-y https://b.example/a...b https://c.example/a,b"],
    ["*https://a.example* ~~https://b.example~~ **https://c.example** _https://d.example/e_f_, https://g.example/_", "https://a.example https://b.example https://c.example https://d.example/e_f https://g.example/_"],
    ["main.rs a.md example.com xhttps://a.example a@b @anna git@host:x www. www.a wwwx.a.example http:// https://", ""],
    ["ftp://a.example //a.example javascript:alert(1) file:///etc", ""],
  ])("%s", (text, expected) => {
    expect(addressesIn(text).map(({ from, to }) => text.slice(from, to)).join(" ")).toBe(expected);
  });

  it("leads where it says", () => {
    expect(addressesIn("www.a.example a@пример.рф").map(({ href }) => href)).toEqual(["http://www.a.example/", "mailto:a@xn--e1afmkfd.xn--p1ai"]);
    const long = `https://a.example/${"a".repeat(5_000)}_(b)`;
    expect(addressesIn(`${long}, ${long}`).map(({ to, from }) => to - from)).toEqual([long.length, long.length]);
  });

  it("opens pages and letters only", () => {
    for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc", "//x", "/x", "java\nscript:x", "ftp://x"]) {
      expect(safeHref(bad)).toBeNull();
      expect(shape(`[x](${bad})`)).not.toContain("a<");
      expect(shape(`[x](<${bad}>)`)).not.toContain("a<");
    }
  });
});

describe("calls", () => {
  const member = (id: number, username: string) => ({ id, username, displayName: null, role: "member" as const });
  const team = [member(1, "anna"), member(2, "мария.п"), member(3, "प्रिया"), member(4, "an_na_")];
  const shown = (text: string, mentions: number[], mentionsAll = false, members = team) =>
    Array.from(
      JSON.stringify(blocks(text, callsOf({ text, mentions, mentionsAll }, members))).matchAll(/"t":"mention","s":"@([^"]*)"/g),
      ([, name]) => name,
    );

  it("are shown where the text calls", () => {
    expect(shown("@anna, @мария.п. a@b.example @all!", [1, 2], true)).toEqual(["anna", "мария.п", "all"]);
    expect(shown("**@anna** *@प्रिया* > @nobody @Anna.", [1, 3])).toEqual(["anna", "प्रिया", "Anna"]);
    expect(shown("_so @an_na_ is here_ @an_na_", [4])).toEqual(["an_na_", "an_na_"]);
    expect(shown("| @anna | b |\n|-|-|\n| # @anna | [@anna](https://x.example) |\n- [ ] @anna\n# @anna", [1])).toHaveLength(5);
    for (const none of ["`@anna`", "```\n@anna\n```", "\\@anna", "https://x.example/@anna", "[a](https://x.example/@anna)", "a@anna", "@nobody", "x ```\n@anna```"]) {
      expect([none, shown(none, [1])]).toEqual([none, []]);
    }
    expect([shown("@anna @all", []), shown("@anna @all", [], true), shown("@anna", [2])]).toEqual([[], ["all"], []]);
    // Before it is known who is here.
    expect(shown("Hi @anna.", [1], false, [])).toEqual(["anna"]);
  });

  it("keep the signs of their own out of what people write", () => {
    expect(plainText("\u{fdd0}0\u{fdd3}-anna\u{fdd1}")).toBe("\u{fffd}0\u{fffd}-anna\u{fffd}");
  });
});

describe("in one line", () => {
  it.each([
    ["**a**\n> b\n- c\n- d\n```\ne\n```", "a b c · d e"],
    ["7. August is fine", "7. August is fine"],
    ["1. a\n2. b", "1. a 2. b"],
    ["[https://wiki.example/page](https://wiki.example/page)", "https://wiki.example/page"],
    ["- [x] done\n- [ ] not", "☑ done · ☐ not"],
    ["***", "—"],
    ["```\n```", "``` ```"],
    ["| a |\n|---|\n| b |", "a b"],
  ])("%j is %j", (text, expected) => expect(plainText(text)).toBe(expected));
});

describe("empty lines", () => {
  it("are kept between paragraphs", () => {
    expect(blocks("a\n\n\n\nb").map((block) => (block.t === "p" ? block.gap : null))).toEqual([0, 2]);
    expect(blocks("\n\n\na\n\nb").map((block) => (block.t === "p" ? block.gap : null))).toEqual([0, 0]);
  });
});

describe("the direction of a text", () => {
  it.each([
    ["hello", "ltr"], ["مرحبا 123 world!", "rtl"], ["123 שלום", "rtl"], ["123", null], ["«привет»", "ltr"], ["你好", "ltr"], ["\u{10d00}", "rtl"],
  ])("%s is %s", (text, expected) => expect(directionOf(text)).toBe(expected));

  it("is that of its first letter outside of code", () => {
    expect(firstDirection(blocks("`x` مرحبا"))).toBe("rtl");
    expect(firstDirection(blocks("- 1\n- **שתיים**"))).toBe("rtl");
    expect(firstDirection(blocks("```\na\n```"))).toBeNull();
  });
});

/** Everything that is shown, labels included. */
function allOf(all: readonly Block[]): string {
  return all
    .map((block): string => {
      if (block.t === "pre") return block.info + block.s;
      if (block.t === "quote") return allOf(block.kids);
      if (block.t === "list") return block.items.map(({ mark, kids }) => mark + allOf(kids)).join("");
      if (block.t === "table") return [block.head, ...block.rows].flat().map(inlineText).join("");
      return block.t === "rule" ? "" : inlineText(block.kids);
    })
    .join("");
}

const lettersOf = (text: string) => [...text.replace(/[^\p{L}\p{N}]/gu, "")];

function isWithin(part: string[], whole: string[]): boolean {
  let at = 0;
  for (const letter of whole) if (letter === part[at]) at += 1;
  return at === part.length;
}

const UNITS = [
  "a", "b c", "é", "7", "ツ", "😀", " ", "  ", "\t", "\n", "\n\n", "\n> ", "\n- ", "\n1. ", "\n9) ", "\n# ", "\n---\n", "\n```\n", "```", "~~~", "\n~~~\n", "`", "``", "*",
  "**", "_", "__", "~~", "\\", "[", "]", "](", "](https://x.example/y)", "(", ")", "<", ">", "@anna", "@", "https://x.example/z", "www.x.example", "m@x.example",
  "|", "\n|-|-|\n", "\n| q | r | s |", "- [ ] t", "&amp;", "\ufdd0", "\ufdd3", "js x=\"1\"", "\r\n", "»", "。", "٣", "\u0301", "#", "!",
];

describe("any text", () => {
  it("loses no letter but those of its links, and gets none", () => {
    const text = fc.array(fc.constantFrom(...UNITS), { maxLength: 30 }).map((units) => units.join(""));
    fc.assert(
      fc.property(text, (source) => {
        const there = lettersOf(allOf(blocks(source)));
        let [bare, end] = ["", 0];
        for (const { close, end: last, destination } of scan(source).links.sort((one, other) => one.close - other.close)) {
          if (safeHref(source.slice(destination.from, destination.to)) === null) continue;
          bare += source.slice(end, close);
          end = last;
        }
        bare += source.slice(end);
        return isWithin(lettersOf(bare), there) && isWithin(there, lettersOf(source));
      }),
      { numRuns: 10_000 },
    );
  });

  it("shows something if there is something to be seen", () => {
    const text = fc.array(fc.constantFrom(...UNITS), { maxLength: 6 }).map((units) => units.join(""));
    fc.assert(fc.property(text, (source) => (plainText(source) === "") === (source.trim() === "")), { numRuns: 2_000 });
  });
});

describe("hostile texts", () => {
  const units = [
    "*a ", "**a", "~~", "`a", "_a ", "[a](", "[", "***", "@", "**a*_~~`", "\\", "> ", "- ", "a*b* ", "_*a_*b ", "[](()", "https://x/(", "www.a.b/[", "a@b.c ", "mailto:",
    "http://a.b/'", "1. a\n", "  - a\n", "> > a\n", "- - a\n", "|a|b\n|-|-\n", "```\n", "~~~\n", "# a\n", "\n", "[a\n- b](http://x) ", "`` ` ` ", "[[a](http://x)](http://x)", "http://user:",
  ];
  const deep = (size: number) => [
    "*a ".repeat(size / 6) + "a* ".repeat(size / 6),
    ">".repeat(size),
    Array.from({ length: Math.floor(Math.sqrt(size)) }, (_, level) => `${"  ".repeat(level)}- a`).join("\n"),
    Array.from({ length: Math.floor(Math.sqrt(2 * size)) }, (_, many) => "`".repeat(many)).join(" "),
    `${"[".repeat(size / 2)}${"](http://x)".repeat(size / 22)}`,
    `https://x/${"(a".repeat(size / 2)}`,
  ];
  const depthOf = (value: unknown): number =>
    typeof value !== "object" || value === null ? 0 : 1 + Object.values(value).reduce((most: number, one) => Math.max(most, depthOf(one)), 0);
  const texts = (size: number) => [...units.map((unit) => unit.repeat(size / unit.length)), ...deep(size)];

  it("are not nested deeper than a page bears", () => {
    for (const text of texts(10_000)) expect(depthOf(blocks(text))).toBeLessThan(150);
  });

  it("take time in proportion to their length", () => {
    const took = (text: string) => {
      const start = process.cpuUsage().user;
      textOf(blocks(text));
      return process.cpuUsage(undefined).user - start;
    };
    const [short, long] = [texts(2_000), texts(32_000)];
    // 16 times the text takes some 16 times the time; a square would take 256 times. A machine that does other things is asked
    // again.
    const isSquare = (at: number) =>
      [1, 2, 3, 4, 5, 6].every(() => {
        const one = Math.max(500, Math.min(took(short[at] ?? ""), took(short[at] ?? "")));
        return took(long[at] ?? "") > 64 * one;
      });
    expect(long.filter((_, at) => isSquare(at)).map((text) => text.slice(0, 24))).toEqual([]);
  });
});
