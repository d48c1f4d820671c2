/** Private chats that begin with what is said first in them. */
import type { Person } from "./api.ts";
import type { TabContext } from "./tab-context.ts";
import type { Listing } from "./rules/chats.ts";
import { isBlank } from "./rules/draft.ts";
import { chatWith, toBe, withThoseToBe } from "./rules/chat-to-be.ts";
import { setDraft, type State } from "./state.ts";

/** Somebody is to be written to. */
export function meet(state: State, person: Person, now: number) {
  if (chatWith(state.listing.peek(), person.id)) return;
  const chat = toBe(person, now);
  state.listing.value = new Map(state.listing.peek()).set(chat.id, chat);
}

/** The list is another one now. What is half-written in a chat that has begun goes along. */
export function relist(tab: TabContext, next: Listing) {
  const { state } = tab;
  const isWritten = (id: number) => state.drafts.peek().has(id) || state.outbox.peek().some((item) => item.chatId === id);
  const { listing, begun } = withThoseToBe(next, state.listing.peek(), isWritten);
  state.listing.value = listing;
  for (const [from, to] of begun) {
    const draft = state.drafts.peek().get(from);
    if (!draft) continue;
    setDraft(state, from, null);
    const there = state.drafts.peek().get(to);
    if (!there || isBlank(there)) setDraft(state, to, draft);
    else if (draft.text !== "") setDraft(state, to, { ...there, text: [there.text, draft.text].filter((text) => text !== "").join("\n") });
  }
}
