/** What a search has found so far, in this tab. */
import { batch, computed, effect, signal } from "@preact/signals";
import { NO_ANSWER, type FoundMessage, type Result } from "@vestnik/client";
import { client } from "../state/client";
import { isDisconnected } from "../state/disconnected";
import { rememberSearch, searchedChat, searchSort, searchText, visited } from "../state/search";
import { asked, valueOf, type Asked } from "./query";

/** So long after the last key it is asked. */
const PAUSE = 250;

type SearchFailure = Extract<Result<never>, { ok: false }>;

interface Results {
  state: "nothing" | "loading" | "loading more" | "found" | "failed";
  /** What of the text cannot be asked. */
  problem: Exclude<Asked, { is: "nothing" } | { is: "query" }> | null;
  failure: SearchFailure | null;
  list: readonly FoundMessage[];
  next: string | null;
  isIndexing: boolean;
}

const NOTHING: Results = { state: "nothing", problem: null, failure: null, list: [], next: null, isIndexing: false };

const results = signal<Results>(NOTHING);
/** What the results are of. */
let current = "";
let serial = 0;

/** Without those of chats that are not the user's any more. */
export const found = computed<Results>(() => {
  const own = new Set(client().chats.value.map(({ id }) => id));
  return { ...results.value, list: results.value.list.filter(({ chatId }) => own.has(chatId)) };
});

/** Looks for what the field says; `isDone` once the user has said that it is all. */
export function search(isDone: boolean): void {
  const wanted = asked(searchText.peek(), isDone);
  if (wanted.is === "nothing") {
    stop();
    results.value = NOTHING;
  } else if (wanted.is !== "query") {
    stop();
    results.value = { ...NOTHING, problem: wanted };
  } else {
    if (isDone) rememberSearch(searchText.peek());
    const key = JSON.stringify([wanted.text, searchedChat.peek(), searchSort.peek()]);
    const { state } = results.peek();
    if (key === current && state !== "failed") return;
    current = key;
    void ask(wanted.text);
  }
}

function stop(): void {
  serial += 1;
  current = "";
}

/** So many pages on end may have nothing in them. */
const EMPTY_PAGES = 20;

async function ask(text: string, after?: string, pages = EMPTY_PAGES): Promise<void> {
  const own = (serial += 1);
  const before = results.peek();
  results.value = { ...before, state: after === undefined ? "loading" : "loading more", problem: null, failure: null };
  if (after === undefined) visited.value = null;
  // What is typed says more than what was chosen before.
  const chat = valueOf(text, "in") === null ? searchedChat.peek() : null;
  const answer = await client().search({ text, sort: searchSort.peek(), ...(chat === null ? {} : { chat }), ...(after === undefined ? {} : { after }) });
  if (own !== serial) return;
  const earlier = after === undefined ? [] : before.list;
  // A page may have nothing, and go on.
  if (answer.ok && answer.value.results.length === 0 && answer.value.next !== null && pages > 0) {
    results.value = { ...results.peek(), list: earlier };
    return ask(text, answer.value.next, pages - 1);
  }
  results.value = answer.ok
    ? { ...NOTHING, state: "found", list: joined(earlier, answer.value.results), next: answer.value.next, isIndexing: answer.value.isIndexing }
    : { ...NOTHING, state: "failed", failure: answer, list: earlier, next: after ?? null };
}

/** A message that came to stand on two pages is one result. */
function joined(earlier: readonly FoundMessage[], later: readonly FoundMessage[]): FoundMessage[] {
  const known = new Set(earlier.map(({ message }) => message.id));
  return [...earlier, ...later.filter(({ message }) => !known.has(message.id))];
}

export function searchMore(): void {
  const { state, next } = results.peek();
  const wanted = asked(searchText.peek(), true);
  if (wanted.is === "query" && next !== null && state !== "loading" && state !== "loading more") void ask(wanted.text, next);
}

/** Once more what has failed. */
export function searchAgain(): void {
  if (results.peek().list.length > 0) searchMore();
  else search(true);
}

effect(() => {
  void [searchText.value, searchedChat.value, searchSort.value];
  const timer = setTimeout(() => search(false), PAUSE);
  return () => clearTimeout(timer);
});

effect(() => {
  const { failure } = results.peek();
  if (!isDisconnected.value && failure?.code === NO_ANSWER) batch(searchAgain);
});
