/** What a text says without its marks, in one line: for previews, labels and notifications. */
import { blocks, type Block, type ListItem } from "./blocks";
import type { Inline } from "./inline";

export function plainText(text: string): string {
  // What is nothing but marks is said as it is.
  return textOf(blocks(text)) || inOneLine(text);
}

const inOneLine = (text: string) => text.replace(/\s+/g, " ").trim();

export function textOf(all: readonly Block[]): string {
  return inOneLine(all.map(blockText).join(" "));
}

function blockText(block: Block): string {
  switch (block.t) {
    case "p":
    case "heading":
      return inlineText(block.kids);
    case "pre":
      return block.s;
    case "quote":
      return block.kids.map(blockText).join(" ");
    case "list":
      return block.items.map(itemText).join(block.isOrdered ? " " : " · ");
    case "table":
      return [block.head, ...block.rows].map((row) => row.map(inlineText).join(" · ")).join(" ");
    case "rule":
      return "—";
  }
}

function itemText({ mark, done, kids }: ListItem): string {
  const box = done === null ? "" : done ? "☑" : "☐";
  return [mark, box, ...kids.map(blockText)].filter((part) => part !== "").join(" ");
}

export function inlineText(nodes: readonly Inline[]): string {
  return nodes.map((node) => (node.t === "break" ? " " : "s" in node ? node.s : inlineText(node.kids))).join("");
}
