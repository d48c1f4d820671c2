/** A message's text as blocks: paragraphs, headings, code, quotes, lists, tables and rules. */
import type Token from "markdown-it/lib/token.mjs";
import type { Call } from "@vestnik/client";
import { prepare, type Atom } from "./placeholders";
import { tokens } from "./line-rules";
import { inline, type Inline } from "./inline";

export type Block =
  /** `gap`: how many empty lines more than one there are before it. */
  | { t: "p"; kids: Inline[]; gap: number }
  | { t: "heading"; kids: Inline[] }
  | { t: "pre"; s: string; info: string }
  | { t: "quote"; kids: Block[] }
  | { t: "list"; isOrdered: boolean; items: ListItem[] }
  | { t: "table"; head: Inline[][]; rows: Inline[][][] }
  | { t: "rule" };

export interface ListItem {
  /** Its number as it was typed, `4.` or `4)`; empty without one. */
  mark: string;
  /** Of a task, is it done? */
  done: boolean | null;
  kids: Block[];
}

/** More empty lines than these are not shown. */
const MOST_GAP = 8;

export function blocks(source: string, calls: readonly Call[] = []): Block[] {
  const { text, atoms } = prepare(source, calls);
  const builder = new Builder(text.split("\n"), atoms);
  for (const token of tokens(text)) builder.take(token);
  return builder.root;
}

class Builder {
  readonly root: Block[] = [];
  /** What is open, from the outside in. */
  private open: Block[][] = [this.root];
  private list: Extract<Block, { t: "list" }>[] = [];
  private table: Extract<Block, { t: "table" }> | null = null;
  private isHeading = false;
  /** Does the next paragraph begin with the box of a task? */
  private isTask = false;

  constructor(
    private readonly lines: readonly string[],
    private readonly atoms: readonly Atom[],
  ) {}

  private get into(): Block[] {
    return this.open.at(-1) ?? this.root;
  }

  take(token: Token): void {
    switch (token.type) {
      case "paragraph":
        return this.paragraph(token);
      case "fence":
        return this.code(token);
      case "hr":
        return void this.into.push({ t: "rule" });
      case "blockquote_open":
        return this.enter({ t: "quote", kids: [] });
      case "bullet_list_open":
      case "ordered_list_open":
        return this.begin(token);
      case "list_item_open":
        return this.item(token);
      case "blockquote_close":
      case "list_item_close":
        return void this.open.pop();
      case "bullet_list_close":
      case "ordered_list_close":
        return void this.list.pop();
      case "heading_open":
      case "heading_close":
        this.isHeading = token.nesting > 0;
        return;
      default:
        return this.cells(token);
    }
  }

  private enter(block: { t: "quote"; kids: Block[] }): void {
    this.into.push(block);
    this.open.push(block.kids);
  }

  private paragraph({ content, map }: Token): void {
    let before = map?.[0] ?? 0;
    while (before > 0 && this.lines[before - 1]?.trim() === "") before -= 1;
    const gap = before === 0 ? 0 : Math.min(MOST_GAP, Math.max(0, (map?.[0] ?? 0) - before - 1));
    const text = this.isTask ? content.replace(/^\[[ xX]\][ \t]+/, "") : content;
    this.isTask = false;
    this.into.push({ t: "p", kids: inline(text, this.atoms), gap });
  }

  private code({ info }: Token): void {
    const atom = this.atoms[Number(info)];
    if (atom?.t === "fence") this.into.push({ t: "pre", s: atom.s, info: atom.info });
  }

  private begin({ type }: Token): void {
    const list = { t: "list" as const, isOrdered: type === "ordered_list_open", items: [] };
    this.into.push(list);
    this.list.push(list);
  }

  private item({ info, markup, map }: Token): void {
    const list = this.list.at(-1);
    const task = /^[\s>]*(?:[-*]|\d+[.)])[ \t]+\[([ xX])\][ \t]+\S/.exec(this.lines[map?.[0] ?? 0] ?? "");
    const item: ListItem = { mark: list?.isOrdered ? info + markup : "", done: null, kids: [] };
    if (task) item.done = task[1] !== " ";
    this.isTask = task !== null;
    list?.items.push(item);
    this.open.push(item.kids);
  }

  private cells({ type, content }: Token): void {
    if (type === "table_open") {
      this.table = { t: "table", head: [], rows: [] };
      this.into.push(this.table);
    } else if (type === "table_close") {
      this.table = null;
    } else if (type === "tr_open" && this.table?.head.length) {
      this.table.rows.push([]);
    } else if (type === "inline") {
      const kids = inline(content, this.atoms);
      if (this.isHeading) this.into.push({ t: "heading", kids });
      else (this.table?.rows.at(-1) ?? this.table?.head)?.push(kids);
    }
  }
}
