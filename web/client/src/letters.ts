/** What the tabs of one browser say to each other. */
import type { Command, News } from "./news.ts";

/** What goes over the channel. */
export type Letter =
  | { to: "leader"; tab: string; command: Command }
  | { to: "leader"; tab: string; asks: true }
  | { to: "tab"; tab: string; leads: true }
  | { to: "tabs"; news: News }
  | { to: "tab"; tab: string; news: News };
