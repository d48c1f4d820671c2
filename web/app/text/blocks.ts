/** The marks of whole lines: fenced code, quotes and lists; what is none of them is a paragraph. */
import { inline, type Inline } from "./inline";
import { unmarked } from "./mentions";

export type Block =
  | { t: "p"; kids: Inline[] }
  | { t: "pre"; s: string; lang: string }
  | { t: "quote"; kids: Block[] }
  | { t: "list"; start: number | null; items: Inline[][] };

const FENCE = /^```\s*([\w+#.-]*)\s*$/;
const QUOTE = /^>\s?/;
const BULLET = /^\s{0,3}[-*•]\s+(?=\S)/;
const NUMBER = /^\s{0,3}(\d{1,6})[.)]\s+(?=\S)/;
/** Quotes in quotes beyond this are text. */
const DEPTH = 4;

export function blocks(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const out: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const taken = fence(lines, at, out) || quote(lines, at, depth, out) || list(lines, at, out);
    at += taken || paragraph(lines, at, depth, out);
  }
  return out;
}

/** Each of these takes lines from `at`, adds what they are, and says how many they were. */
function fence(lines: string[], at: number, out: Block[]): number {
  const lang = FENCE.exec(lines[at] ?? "")?.[1];
  if (lang === undefined) return 0;
  const end = lines.findIndex((line, place) => place > at && line.trimEnd() === "```");
  // Without an end it goes to the end: it is being pasted, or was cut.
  const until = end === -1 ? lines.length : end;
  out.push({ t: "pre", s: unmarked(lines.slice(at + 1, until).join("\n")), lang });
  return until - at + 1;
}

function quote(lines: string[], at: number, depth: number, out: Block[]): number {
  if (depth >= DEPTH) return 0;
  const run = runOf(lines, at, (line) => QUOTE.test(line));
  if (run.length > 0) {
    out.push({ t: "quote", kids: blocks(run.map((line) => line.replace(QUOTE, "")).join("\n"), depth + 1) });
  }
  return run.length;
}

function list(lines: string[], at: number, out: Block[]): number {
  const start = NUMBER.exec(lines[at] ?? "")?.[1];
  const mark = start === undefined ? BULLET : NUMBER;
  const run = runOf(lines, at, (line) => mark.test(line));
  if (run.length > 0) {
    const items = run.map((line) => inline(line.replace(mark, "")));
    out.push({ t: "list", start: start === undefined ? null : Number(start), items });
  }
  return run.length;
}

function paragraph(lines: string[], at: number, depth: number, out: Block[]): number {
  const isOther = (line: string) =>
    FENCE.test(line) || (depth < DEPTH && QUOTE.test(line)) || BULLET.test(line) || NUMBER.test(line);
  // The first line is of it in any case, so that there is always a way on.
  const run = [lines[at] ?? "", ...runOf(lines, at + 1, (line) => !isOther(line))];
  const text = run.join("\n").replace(/^\n+|\s+$/g, "");
  if (text !== "") out.push({ t: "p", kids: inline(text) });
  return run.length;
}

function runOf(lines: string[], from: number, belongs: (line: string) => boolean): string[] {
  const end = lines.findIndex((line, place) => place >= from && !belongs(line));
  return lines.slice(from, end === -1 ? lines.length : end);
}

/** What it says without its marks, in one line: for previews and labels. */
export function plainText(text: string): string {
  return textOf(blocks(unmarked(text)));
}

export function textOf(all: readonly Block[]): string {
  return all.map(blockText).join(" ").replace(/\s+/g, " ").trim();
}

function blockText(block: Block): string {
  switch (block.t) {
    case "p":
      return inlineText(block.kids);
    case "pre":
      return block.s;
    case "quote":
      return block.kids.map(blockText).join(" ");
    case "list":
      return block.items.map(inlineText).join(" · ");
  }
}

function inlineText(nodes: Inline[]): string {
  return nodes
    .map((node) => {
      if (node.t === "break") return " ";
      if (node.t === "mention") return `@${node.name}`;
      return "s" in node ? node.s : inlineText(node.kids);
    })
    .join("");
}
