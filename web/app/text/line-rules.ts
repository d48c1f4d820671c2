/**
 * The marks of whole lines, by markdown-it's rules with those of a chat: what a line does not mark is not of the quote or
 * the item above it, indentation makes no code, and a sign alone is a sign.
 */
import blockquote from "markdown-it/lib/rules_block/blockquote.mjs";
import heading from "markdown-it/lib/rules_block/heading.mjs";
import hr from "markdown-it/lib/rules_block/hr.mjs";
import list from "markdown-it/lib/rules_block/list.mjs";
import StateBlock from "markdown-it/lib/rules_block/state_block.mjs";
import table from "markdown-it/lib/rules_block/table.mjs";
import type Token from "markdown-it/lib/token.mjs";
import { END, FENCE } from "./placeholders";

type Rule = (state: StateBlock, line: number, end: number, silent: boolean) => boolean;

/** Quotes and lists in one another beyond this are text. */
const DEPTH = 12;

export function tokens(text: string): Token[] {
  const found: Token[] = [];
  const state = new StateBlock(text, parser as never, {}, found);
  tokenize(state, state.line, state.lineMax);
  return found;
}

const lineOf = (state: StateBlock, line: number) =>
  state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);

const fence: Rule = (state, line, _end, silent) => {
  const found = lineOf(state, line);
  if (!found.startsWith(FENCE)) return false;
  if (silent) return true;
  const token = state.push("fence", "", 0);
  token.info = found.slice(1, found.indexOf(END));
  token.map = [line, line + 1];
  state.line = line + 1;
  return true;
};

/** `>:(` is a face, and `>` alone what it is. */
const FACE = /^>(?:[:;=.^_-]{0,2}[()[\]<>|_.3DPOo]?|[\s>]*)$/;

const quote: Rule = (state, line, end, silent) => {
  const isAlone = FACE.test(lineOf(state, line).trimEnd()) && !lineOf(state, line + 1).startsWith(">");
  return state.level < DEPTH && !isAlone && blockquote(state, line, end, silent);
};

/** What begins a list has something behind its sign. A `+` says more than a dot would. */
const ITEM = /^(?:[-*]|\d{1,9}[.)])[ \t]+\S/;

const items: Rule = (state, line, end, silent) =>
  state.level < DEPTH && ITEM.test(lineOf(state, line)) && list(state, line, end, silent);

const title: Rule = (state, line, end, silent) =>
  /^#{1,6}[ \t]+[^\s#]/.test(lineOf(state, line)) && heading(state, line, end, silent);

/** The line below a quote is not of it. */
const below: Rule = (state, _line, _end, silent) => silent && (state.parentType as string) === "blockquote";

const paragraph: Rule = (state, line, end) => {
  const parent = state.parentType;
  state.parentType = "paragraph";
  let next = line + 1;
  while (next < end && !state.isEmpty(next) && (state.sCount[next] ?? 0) >= state.blkIndent) {
    const at = next;
    if (parser.block.ruler.getRules("paragraph").some((rule) => rule(state, at, end, true))) break;
    next += 1;
  }
  const token = state.push("paragraph", "p", 0);
  token.content = state.getLines(line, next, state.blkIndent, false).trimEnd();
  token.map = [line, next];
  state.line = next;
  state.parentType = parent;
  return true;
};

/** By what they may end; the first name is of those that may begin. */
const RULES: Record<string, Rule[]> = {
  "": [wholeTable, fence, quote, hr, items, title, paragraph],
  paragraph: [wholeTable, fence, quote, hr, items, title],
  blockquote: [fence, quote, hr, items, title, below],
  list: [fence, quote, hr],
};

const parser = {
  block: { ruler: { getRules: (name: string) => RULES[name] ?? [] }, tokenize },
  options: { maxNesting: 100 },
};

function tokenize(state: StateBlock, from: number, end: number): void {
  let hasGap = false;
  for (let line = from; line < end; ) {
    state.line = line = state.skipEmptyLines(line);
    if (line >= end || (state.sCount[line] ?? 0) < state.blkIndent) break;
    const at = line;
    parser.block.ruler.getRules("").some((rule) => rule(state, at, end, false));
    state.tight = !hasGap;
    if (state.isEmpty(state.line - 1)) hasGap = true;
    line = state.line;
    if (line < end && state.isEmpty(line)) {
      hasGap = true;
      line += 1;
      state.line = line;
    }
  }
}

/** Cells beyond those of the head are kept in the last one. */
function wholeTable(state: StateBlock, line: number, end: number, silent: boolean): boolean {
  const first = state.tokens.length;
  if (!table(state, line, end, silent)) return false;
  if (silent) return true;
  const added = state.tokens.slice(first);
  const columns = added.filter(({ type }) => type === "th_open").length;
  for (const [at, token] of added.entries()) {
    if (token.type !== "tr_open" || token.map === null) continue;
    const cells = lineOf(state, token.map[0]).trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/);
    const last = added[at + 3 * columns - 1];
    if (cells.length > columns && last?.type === "inline") last.content += ` | ${cells.slice(columns).join("|").trim()}`;
  }
  return true;
}
