/**
 * The marks within a line: `code`, **strong**, *emphasis*, ~~struck~~, [links](https://…), bare
 * addresses, and @mentions where `mentions` has marked them. What is no mark is text; nothing is ever HTML.
 */
import { BEGIN, END, unmarked } from "./mentions";

export type Inline =
  | { t: "text"; s: string }
  | { t: "break" }
  | { t: "code"; s: string }
  | { t: "strong" | "em" | "del"; kids: Inline[] }
  | { t: "link"; href: string; kids: Inline[] }
  | { t: "mention"; name: string };

/** Marks in marks in marks: deeper than this they are text, so that the stack stays small. */
const DEPTH = 8;

const PAIRS = [
  { mark: "**", t: "strong", inWords: true },
  { mark: "~~", t: "del", inWords: true },
  { mark: "*", t: "em", inWords: true },
  { mark: "_", t: "em", inWords: false },
] as const;

const NAME = /[\p{L}\p{N}._-]/u;
const ADDRESS = /https?:\/\/[^\s<>"`]+/iy;
const LINK = /\[([^[\]\n]{1,1000})\]\(([^\s()]{1,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?)\)/y;
const SPECIAL = /[\\`*_~[\uFDD0\nhH]/g;

export function inline(text: string, depth = 0): Inline[] {
  const out: Inline[] = [];
  /** Marks without an end behind here: searched once, not again for each beginning. */
  const endless = new Set<string>();
  let plain = 0;
  let at = 0;
  const push = (node: Inline, end: number) => {
    if (at > plain) out.push({ t: "text", s: unmarked(text.slice(plain, at)) });
    out.push(node);
    at = end;
    plain = end;
  };
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text);
    if (next === null) break;
    at = next.index;
    const found = nodeAt(text, at, depth, endless);
    if (found === null) at += 1;
    else push(found.node, found.end);
  }
  if (text.length > plain) out.push({ t: "text", s: unmarked(text.slice(plain)) });
  return out;
}

interface Found {
  node: Inline;
  end: number;
}

function nodeAt(text: string, at: number, depth: number, endless: Set<string>): Found | null {
  switch (text[at]) {
    case "\n":
      return { node: { t: "break" }, end: at + 1 };
    case "\\": {
      const next = text[at + 1];
      return next !== undefined && /[\\`*_~[\]@]/.test(next) ? { node: { t: "text", s: next }, end: at + 2 } : null;
    }
    case "`":
      return code(text, at, endless);
    case BEGIN:
      return mention(text, at);
    case "[":
      return link(text, at, depth);
    case "h":
    case "H":
      return address(text, at);
    default:
      return depth < DEPTH ? pair(text, at, depth, endless) : null;
  }
}

function code(text: string, at: number, endless: Set<string>): Found | null {
  if (endless.has("`")) return null;
  const end = text.indexOf("`", at + 1);
  if (end === -1) endless.add("`");
  if (end <= at + 1) return null;
  return { node: { t: "code", s: unmarked(text.slice(at + 1, end)) }, end: end + 1 };
}

function pair(text: string, at: number, depth: number, endless: Set<string>): Found | null {
  const kind = PAIRS.find(({ mark }) => text.startsWith(mark, at));
  if (kind === undefined || endless.has(kind.mark)) return null;
  const { mark } = kind;
  const start = at + mark.length;
  if (isSpace(text[start]) || (!kind.inWords && isName(text[at - 1]))) return null;
  for (let end = text.indexOf(mark, start + 1); end !== -1; end = text.indexOf(mark, end + mark.length)) {
    const after = end + mark.length;
    // `**` within `*…*` is the beginning or end of something stronger.
    if (mark === "*" && text[after] === "*") {
      end = after;
      continue;
    }
    // What ends a name belongs to it.
    if (isSpace(text[end - 1]) || (!kind.inWords && (isName(text[after]) || text[after] === END))) continue;
    return { node: { t: kind.t, kids: inline(text.slice(start, end), depth + 1) }, end: after };
  }
  endless.add(mark);
  return null;
}

function mention(text: string, at: number): Found | null {
  const end = text.indexOf(END, at);
  return end === -1 ? null : { node: { t: "mention", name: text.slice(at + 2, end) }, end: end + 1 };
}

function link(text: string, at: number, depth: number): Found | null {
  LINK.lastIndex = at;
  const match = LINK.exec(text);
  const href = safeHref(unmarked(match?.[2] ?? ""));
  if (match?.[1] === undefined || href === null || depth >= DEPTH) return null;
  const kids = inline(match[1], depth + 1).filter((kid) => kid.t !== "link");
  return { node: { t: "link", href, kids }, end: LINK.lastIndex };
}

function address(text: string, at: number): Found | null {
  if (isName(text[at - 1])) return null;
  ADDRESS.lastIndex = at;
  const match = ADDRESS.exec(text)?.[0];
  if (match === undefined) return null;
  const s = withoutTail(match);
  const href = safeHref(unmarked(s));
  return href === null ? null : { node: { t: "link", href, kids: [{ t: "text", s: unmarked(s) }] }, end: at + s.length };
}

/** The full stop that ends a sentence, and the bracket that the address stands in, are not of it. */
function withoutTail(address: string): string {
  let s = address.replace(/[.,;:!?'»”*_~]+$/u, "");
  while (s.endsWith(")") && count(s, ")") > count(s, "(")) s = s.slice(0, -1);
  return s;
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

/** Only what opens a page or a letter; never a script. */
export function safeHref(address: string): string | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}

function isName(char: string | undefined): boolean {
  return char !== undefined && NAME.test(char);
}

function isSpace(char: string | undefined): boolean {
  return char === undefined || /\s/.test(char);
}
