/**
 * The marks within a line: **strong**, *emphasis*, ~~struck~~ by markdown-it's rules; links, code and calls as they were
 * found before (`placeholders`); and bare addresses. What is no mark is text, and nothing is ever HTML.
 */
import balancePairs from "markdown-it/lib/rules_inline/balance_pairs.mjs";
import emphasis from "markdown-it/lib/rules_inline/emphasis.mjs";
import joinFragments from "markdown-it/lib/rules_inline/fragments_join.mjs";
import StateInline, { type Scanned } from "markdown-it/lib/rules_inline/state_inline.mjs";
import strikethrough from "markdown-it/lib/rules_inline/strikethrough.mjs";
import type Token from "markdown-it/lib/token.mjs";
import { addressesIn, safeHref, UNSPACED, type Address } from "./addresses";
import { BEGIN, CLOSE, END, OPEN_END, type Atom } from "./placeholders";

export type Inline =
  | { t: "text"; s: string }
  | { t: "break" }
  | { t: "code"; s: string }
  | { t: "strong" | "em" | "del"; kids: Inline[] }
  /** `isNamed` if its text is not its address. */
  | { t: "link"; href: string; isNamed: boolean; kids: Inline[] }
  /** The name in the form that is compared; null is everybody. */
  | { t: "mention"; s: string; name: string | null };

/** Marks in marks in marks: deeper than this they are text, so that the stack stays small. */
const DEPTH = 12;

export function inline(text: string, atoms: readonly Atom[]): Inline[] {
  // Its rules need no parser.
  const state = new Marks(text, null as never, null, []);
  read(state, atoms, starts(text));
  balancePairs(state);
  strikethrough.postProcess(state);
  emphasis.postProcess(state);
  joinFragments(state);
  return tree(state.tokens);
}

const SPECIAL = /[\\*_~\n\uFDD0-\uFDD5]/g;

/** Addresses by where they begin; an atom is in none. */
function starts(text: string): Address[] {
  const found: Address[] = [];
  for (const { 0: part, index } of text.matchAll(/[^\uFDD0-\uFDD5]+/gu)) {
    for (const { from, to, href } of addressesIn(part)) found.push({ from: from + index, to: to + index, href });
  }
  return found.reverse();
}

/** `addresses` has those that are still to come, the next one last. */
function read(state: StateInline, atoms: readonly Atom[], addresses: Address[]): void {
  const end = state.posMax;
  while (state.pos < end) {
    while ((addresses.at(-1)?.from ?? end) < state.pos) addresses.pop();
    SPECIAL.lastIndex = state.pos;
    const special = Math.min(SPECIAL.exec(state.src)?.index ?? end, end);
    const next = Math.min(special, addresses.at(-1)?.from ?? end);
    state.pending += state.src.slice(state.pos, next);
    state.pos = next;
    if (next >= end) break;
    if (next === addresses.at(-1)?.from) address(state, addresses.pop());
    else mark(state, atoms);
  }
  if (state.pending !== "") state.pushPending();
}

function mark(state: StateInline, atoms: readonly Atom[]): void {
  const { src, pos } = state;
  const sign = src[pos];
  if (sign === "\n") {
    state.push("break", "", 0);
    state.pos += 1;
  } else if (sign === "\\") {
    const next = src[pos + 1] ?? "";
    const isPair = /[!-/:-@[-`{-~]/.test(next);
    state.pending += isPair ? escaped(src, pos) : sign;
    state.pos += isPair ? 2 : 1;
  } else if (/[\uFDD0-\uFDD5]/.test(sign ?? "")) {
    atom(state, atoms);
  } else if (!(sign === "~" ? strikethrough : emphasis).tokenize(state, false)) {
    state.pending += sign;
    state.pos += 1;
  }
}

/** A backslash takes the meaning from what would be a mark. Any other is one of those of a path, and stays. */
function escaped(text: string, at: number): string {
  const next = text.charAt(at + 1);
  // Before the line's first word, or behind its number.
  const line = /(?:^|\n)([ \t]*)(\d{0,9})$/.exec(text.slice(Math.max(0, at - 32), at));
  const isMark =
    next === "\\"
      ? /[*_~`[\]@]/.test(text[at + 2] ?? "")
      : /[*_~`[\]@]/.test(next) || (line !== null && (line[2] === "" ? /[#>+-]/ : /[.)]/).test(next));
  // ¯\_(ツ)_/¯ keeps its arm.
  return isMark && text[at - 1] !== "¯" ? next : `\\${next}`;
}

const ATOM_END = new RegExp(`[${END}${OPEN_END}]`, "g");

function atom(state: StateInline, atoms: readonly Atom[]): void {
  ATOM_END.lastIndex = state.pos;
  const end = (ATOM_END.exec(state.src)?.index ?? state.pos) + 1;
  const found = atoms[Number(state.src.slice(state.pos + 1, end - 1))];
  const close = found?.t === "open" ? state.src.indexOf(`${CLOSE}${found.close.number}${END}`, end) : -1;
  if (found?.t === "open" && close >= 0 && close < state.posMax) {
    return link(state, atoms, found.href, end, close);
  }
  if (found?.t === "code" || found?.t === "call" || found?.t === "fence") state.push("atom", "", 0).meta = found;
  else state.pending += found?.s ?? "";
  state.pos = end;
}

function link(state: StateInline, atoms: readonly Atom[], href: string, from: number, to: number): void {
  const { posMax } = state;
  const text = state.src.slice(from, to);
  [state.pos, state.posMax] = [from, to];
  state.push("link", "a", 1).meta = { href, isNamed: safeHref(text.trim()) !== href };
  // Who gives a link no text means its address.
  if (text.trim() === "") state.pending += href;
  // An address in its text is text.
  else read(state, atoms, []);
  state.push("link", "a", -1);
  [state.pos, state.posMax] = [state.src.indexOf(END, to) + 1, posMax];
}

function address(state: StateInline, found: Address | undefined): void {
  if (found === undefined) return;
  state.push("link", "a", 1).meta = { href: found.href, isNamed: false };
  state.pending += state.src.slice(found.from, found.to);
  state.push("link", "a", -1);
  state.pos = found.to;
}

/** Marks as people use them: none within a word, nor at a bracket that they do not go around. */
class Marks extends StateInline {
  override scanDelims(start: number): Scanned {
    const { src, posMax } = this;
    const marker = src[start];
    let end = start;
    while (end < posMax && src[end] === marker) end += 1;
    const before = [...src.slice(Math.max(0, start - 2), start)].at(-1) ?? "\n";
    const after = end < posMax ? String.fromCodePoint(src.codePointAt(end) ?? 0x20) : "\n";
    const isFile = after === "." && /[\p{L}\p{N}]/u.test(src[end + 1] ?? "");
    return {
      can_open: !/[\s\p{Pe}\p{Pf},;]/u.test(after) && !INNER_BEFORE.test(before),
      can_close: !/[\s\p{Ps}\p{Pi}]/u.test(before) && !INNER_AFTER.test(after) && !isFile,
      length: end - start,
    };
  }
}
const WORDS = "\\p{L}\\p{M}\\p{N}";
const LOOSE = UNSPACED.source.slice(1, -1);
/** Behind these nothing begins: words, paths, sums, brackets, code. */
const INNER_BEFORE = new RegExp(`(?![${LOOSE}])[${WORDS}./\\\\)\\]}=+$%#@&^${END}]`, "u");
const INNER_AFTER = new RegExp(`(?![${LOOSE}\\p{Script=Hangul}])[${WORDS}${BEGIN}]`, "u");

function tree(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = [];
  const open = [root];
  /** How many are open that are too deep to be shown. */
  let deeper = 0;
  for (const token of tokens) {
    const into = open.at(-1) ?? root;
    if (token.nesting !== 0 && (deeper > 0 || (token.nesting > 0 && open.length > DEPTH))) {
      deeper += token.nesting;
      addText(into, token.markup);
    } else if (token.nesting < 0) {
      open.pop();
    } else if (token.nesting > 0) {
      const node = opened(token);
      into.push(node);
      open.push(node.kids);
    } else if (token.type === "break") {
      into.push({ t: "break" });
    } else if (token.type === "atom") {
      into.push(leaf(token.meta as Atom));
    } else {
      addText(into, token.content);
    }
  }
  return root;
}

function opened(token: Token): Exclude<Inline, { t: "text" | "break" | "code" | "mention" }> {
  switch (token.type) {
    case "link":
      return { t: "link", ...(token.meta as { href: string; isNamed: boolean }), kids: [] };
    case "s_open":
      return { t: "del", kids: [] };
    default:
      return { t: token.type === "strong_open" ? "strong" : "em", kids: [] };
  }
}

function leaf(of: Atom): Inline {
  if (of.t === "call") return { t: "mention", s: of.s, name: of.call.name };
  // A fence where no block may begin.
  return { t: "code", s: of.t === "fence" && of.info !== "" ? `${of.info}\n${of.s}` : of.s };
}

function addText(into: Inline[], s: string): void {
  const last = into.at(-1);
  if (s === "") return;
  if (last?.t === "text") last.s += s;
  else into.push({ t: "text", s });
}
