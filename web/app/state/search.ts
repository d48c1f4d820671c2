/** What is searched for among messages. The search itself is loaded when it is first used: `app/search`. */
import { signal } from "@preact/signals";
import type { FoundMessage } from "@vestnik/client";

export const searchText = signal("");
/** The chat that is searched, or all of them. */
export const searchedChat = signal<number | null>(null);
export const searchSort = signal<"newest" | "best">("newest");
/** Counts the times that the user has asked for the field. */
export const fieldAsked = signal(0);
/** The result that was gone to last, of those that are listed. */
export const visited = signal<FoundMessage | null>(null);

/** What one user looked for is not for the next one. */
export function forgetSearch(): void {
  searchText.value = "";
  searchedChat.value = null;
  searchSort.value = "newest";
  visited.value = null;
  forgetRecent();
}

const RECENT = "vestnik.searches";
const MOST_RECENT = 8;

/** The last searches on this device, the latest first. */
export const recentSearches = signal<readonly string[]>(stored());

function stored(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string").slice(0, MOST_RECENT) : [];
  } catch {
    return [];
  }
}

export function rememberSearch(text: string): void {
  const wanted = text.trim();
  if (wanted !== "") keepRecent([wanted, ...recentSearches.peek().filter((one) => one !== wanted)].slice(0, MOST_RECENT));
}

export const forgetRecent = () => keepRecent([]);

function keepRecent(texts: readonly string[]): void {
  recentSearches.value = texts;
  try {
    if (texts.length === 0) localStorage.removeItem(RECENT);
    else localStorage.setItem(RECENT, JSON.stringify(texts));
  } catch {
    // A browser may forbid storage altogether: they are remembered for this visit only.
  }
}
