/** What is open on top of the chats. */
import { computed, signal } from "@preact/signals";
import type { Attachment } from "@vestnik/client";
import { parse, route } from "./route";
import { fieldAsked, searchedChat, searchText, visited } from "./search";

export interface Question {
  title: string;
  body: string;
  action: string;
  run: () => void;
}

export type Overlay =
  | { kind: "switcher" }
  | { kind: "new" }
  | { kind: "add"; chat: number }
  | { kind: "handover"; chat: number }
  | { kind: "settings" }
  | { kind: "invite" }
  | { kind: "help" }
  | { kind: "viewer"; chat: number; file: Attachment }
  | { kind: "question"; question: Question };

export const overlay = signal<Overlay | null>(null);
export const panelOpen = signal(false);
/** What is in the panel, if it is open. */
export const panelTab = signal<"details" | "files" | "search">("details");

/** As the style sheet has it: the panel lies over the chat. */
const overlapping = matchMedia("(max-width: 1099px)");
export const isPanelBefore = () => panelOpen.value && overlapping.matches;

export function closePanel(): void {
  panelOpen.value = false;
  visited.value = null;
  focusComposer();
}

let isPanelAsked = false;

export function openPanel(): void {
  panelTab.value = "details";
  panelOpen.value = true;
  isPanelAsked = true;
}

/** The panel is the last thing in the page: once it is there, the focus is brought to it, if it was asked for. */
export function focusPanel(): void {
  if (isPanelAsked) document.querySelector<HTMLElement>(".panel button")?.focus();
  isPanelAsked = false;
}

/** The search among messages: of one chat, or of all. Its field takes the focus. */
export function openSearch(chat: number | null, text?: string): void {
  if (chat !== searchedChat.peek() || text !== undefined) visited.value = null;
  searchedChat.value = chat;
  if (text !== undefined) searchText.value = text;
  panelTab.value = "search";
  panelOpen.value = true;
  fieldAsked.value += 1;
}

/** So that one sees where one is going. */
export function uncover(): void {
  if (overlapping.matches) panelOpen.value = false;
}

/** As the style sheet has it: the list or a chat, not both. */
const narrow = matchMedia("(max-width: 700px)");
export const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", () => (isNarrow.value = narrow.matches));

export function ask(question: Question): void {
  overlay.value = { kind: "question", question };
}

/** Was one signed out by somebody or something else: on another device, by a new password, by time? */
export const wasTurnedOut = signal(false);

interface Toast {
  text: string;
  key: number;
  /** What it belongs to: the chat, and what was in front of it. */
  chat: number | null;
  front: Overlay["kind"] | undefined;
}

/** A short word about what has just been done; read aloud too. */
export const toast = signal<Toast | null>(null);
let hide: ReturnType<typeof setTimeout> | undefined;

export function showToast(text: string): void {
  // The address is where one is going, before the page is there.
  const { chat } = parse(location.hash);
  toast.value = { text, key: (toast.value?.key ?? 0) + 1, chat, front: overlay.value?.kind };
  clearTimeout(hide);
  hide = setTimeout(() => (toast.value = null), 4000);
}

/** The short word, as long as what it belongs to is on the screen. */
export const toastHere = computed(() => {
  const here = toast.value;
  return here !== null && here.chat === route.value.chat && here.front === overlay.value?.kind ? here : null;
});

/** Back to writing, or to the list, once what was in front is gone. Not on a touch screen: its keyboard would rise. */
export function focusComposer(): void {
  if (matchMedia("(pointer: coarse)").matches) return;
  requestAnimationFrame(() => {
    const place = document.getElementById("composer") ?? document.querySelector<HTMLElement>(".chat-row[tabindex='0']");
    place?.focus();
  });
}
