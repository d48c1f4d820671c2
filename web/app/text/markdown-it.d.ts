/** Single rules of markdown-it, which its types leave out. */
declare module "markdown-it/lib/rules_block/*.mjs" {
  import type StateBlock from "markdown-it/lib/rules_block/state_block.mjs";
  const rule: (state: StateBlock, line: number, end: number, silent: boolean) => boolean;
  export default rule;
}
declare module "markdown-it/lib/rules_inline/emphasis.mjs" {
  import type StateInline from "markdown-it/lib/rules_inline/state_inline.mjs";
  const pair: { tokenize(state: StateInline, silent: boolean): boolean; postProcess(state: StateInline): void };
  export default pair;
}
declare module "markdown-it/lib/rules_inline/strikethrough.mjs" {
  export { default } from "markdown-it/lib/rules_inline/emphasis.mjs";
}
declare module "markdown-it/lib/rules_inline/balance_pairs.mjs" {
  import type StateInline from "markdown-it/lib/rules_inline/state_inline.mjs";
  const rule: (state: StateInline) => void;
  export default rule;
}
declare module "markdown-it/lib/rules_inline/fragments_join.mjs" {
  export { default } from "markdown-it/lib/rules_inline/balance_pairs.mjs";
}
