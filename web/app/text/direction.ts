/** Which way a piece of text runs: by its first letter, as browsers do for `dir="auto"`. That would look into code too, and
 * not into pieces that have a direction of their own. */
import type { Block } from "./blocks";
import type { Inline } from "./inline";

export type Direction = "ltr" | "rtl";

const STRONG = /[\p{L}\u200e\u200f\u061c]/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

export function directionOf(text: string): Direction | null {
  const first = STRONG.exec(text)?.[0];
  return first === undefined ? null : RIGHT_TO_LEFT.test(first) ? "rtl" : "ltr";
}

function inlineDirection(nodes: readonly Inline[]): Direction | null {
  for (const node of nodes) {
    const found = node.t === "text" ? directionOf(node.s) : "kids" in node ? inlineDirection(node.kids) : null;
    if (found !== null) return found;
  }
  return null;
}

export function blockDirection(block: Block): Direction | null {
  switch (block.t) {
    case "p":
    case "heading":
      return inlineDirection(block.kids);
    case "quote":
      return firstDirection(block.kids);
    case "list":
      return firstDirection(block.items.flatMap(({ kids }) => kids));
    case "table":
      return [...block.head, ...block.rows.flat()].map(inlineDirection).find((found) => found !== null) ?? null;
    default:
      return null;
  }
}

export function firstDirection(all: readonly Block[]): Direction | null {
  for (const block of all) {
    const found = blockDirection(block);
    if (found !== null) return found;
  }
  return null;
}
