/**
 * Code, links and calls as the core's scanner finds them, each put into the text as one sign that no rule of markdown
 * looks into. So the page and the server agree on what is code, and marks go around what is called.
 */
import { scan, type Call, type CodeSpan, type LinkSpan } from "@vestnik/client";
import { safeHref } from "./addresses";

export type Atom =
  | { t: "code"; s: string }
  | { t: "fence"; s: string; info: string }
  | { t: "call"; call: Call; s: string }
  | { t: "open"; s: string; href: string; close: Close }
  | Close;

interface Close {
  t: "close";
  s: string;
  /** Which atom it is. */
  number: number;
}

/** Around the number of an atom. No text has them: they are no characters. */
export const BEGIN = "\uFDD0";
export const FENCE = "\uFDD1";
export const OPEN = "\uFDD2";
export const CLOSE = "\uFDD3";
export const END = "\uFDD4";
/** The end of what opens a link, since marks may follow it. */
export const OPEN_END = "\uFDD5";
const OWN = /[\uFDD0-\uFDD5]/g;
const SIGNS = { code: BEGIN, call: BEGIN, fence: FENCE, open: OPEN, close: CLOSE };

export interface Prepared {
  /** The text with atoms in it, in lines that end with `\n`. */
  text: string;
  atoms: Atom[];
}

/** A text, and whom it calls: places in it. */
export function prepare(source: string, calls: readonly Call[]): Prepared {
  const text = source.replace(OWN, "\uFFFD");
  const { code, links } = scan(text);
  const pieces = [...codePieces(text, code), ...calls.map(callPiece(text)), ...links.flatMap(linkPieces(text))];
  const atoms: Atom[] = [];
  let [out, at] = ["", 0];
  for (const { from, to, atom, before = "" } of pieces.sort((one, other) => one.from - other.from)) {
    if (from < at) continue;
    if (atom.t === "close") atom.number = atoms.length;
    out += `${text.slice(at, from)}${before}${SIGNS[atom.t]}${atoms.push(atom) - 1}${atom.t === "open" ? OPEN_END : END}`;
    at = to;
  }
  return { text: lines(out + text.slice(at)), atoms };
}

interface Piece {
  from: number;
  to: number;
  atom: Atom;
  /** Put in before it. */
  before?: string;
}

const lines = (text: string) => text.replace(/\r\n?/g, "\n");

const callPiece = (text: string) => (call: Call): Piece => {
  return { from: call.from, to: call.to, atom: { t: "call", call, s: text.slice(call.from, call.to) } };
};

const linkPieces = (text: string) => ({ open, close, end, destination }: LinkSpan): Piece[] => {
  const href = safeHref(text.slice(destination.from, destination.to).replace(/\\([!-/:-@[-`{-~])/g, "$1"));
  if (href === null) return [];
  const last: Close = { t: "close", s: text.slice(close, end), number: -1 };
  return [
    { from: open, to: open + 1, atom: { t: "open", s: "[", href, close: last } },
    { from: close, to: end, atom: last },
  ];
};

/** The marks of quotes and lists that a line begins with. */
const MARGIN = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))*[ \t]*/;

function codePieces(text: string, code: readonly CodeSpan[]): Piece[] {
  // Each line is looked for once.
  let [line, next] = [0, text.indexOf("\n")];
  return code.map((span) => {
    while (next >= 0 && next < span.from) [line, next] = [next + 1, text.indexOf("\n", next + 1)];
    return codePiece(text, text.slice(line, span.from), span);
  });
}

/** `line` is what stands before it on its own. */
function codePiece(text: string, line: string, { from, inner, end, isFence }: CodeSpan): Piece {
  const margin = MARGIN.exec(line)?.[0] ?? "";
  const written = withoutMargin(lines(text.slice(...inner)), margin);
  if (!isFence) return { from, to: end, atom: { t: "code", s: unpadded(written) } };
  // Behind a word it goes on a line of its own, within the same quote or item.
  const before = margin.length < line.length ? `\n${margin.replace(/[^>\t]/g, " ")}` : "";
  return { from, to: end, atom: { t: "fence", ...opened(written) }, before };
}

/** Lines of code within a quote or an item begin behind its marks. */
function withoutMargin(code: string, margin: string): string {
  const quotes = margin.split(">").length - 1;
  const indent = margin.slice(margin.lastIndexOf(">") + 1).length - (quotes > 0 && /> /.test(margin) ? 1 : 0);
  if (quotes === 0 && indent <= 0) return code;
  const marks = new RegExp(`^(?:[ \\t]{0,3}>){0,${quotes}}${quotes > 0 ? " ?" : ""}[ ]{0,${Math.max(0, indent)}}`);
  return code.split("\n").map((line, at) => (at === 0 ? line : line.replace(marks, ""))).join("\n");
}

/** A space at both ends keeps a back-tick away from the marks. */
function unpadded(code: string): string {
  return /^ .*[^ ].* $/s.test(code) || /^ `|` $/.test(code) ? code.replace(/^ | $/g, "") : code;
}

/** A language, perhaps with more about it. What is anything else is the first line of the code. */
const INFO = /^[ \t]*([\w+#./-]*(?:[ \t]*(?:\{[^}\n]*\}|[\w-]+=(?:"[^"\n]*"|'[^'\n]*'|\S+)))*)[ \t]*$/;

function opened(code: string): { s: string; info: string } {
  const end = code.indexOf("\n");
  const info = end < 0 ? null : INFO.exec(code.slice(0, end))?.[1];
  const s = info === null || info === undefined ? code : code.slice(end + 1);
  return { s: s.replace(/\n[ \t]*$/, ""), info: info ?? "" };
}
