/** What is shown, as the address says: `#/`, `#/chat/7`, `#/chat/7/120`. */
import { signal } from "@preact/signals";

export interface Route {
  chat: number | null;
  /** The message to go to, by its `n`. */
  n: number | null;
}

export function parse(hash: string): Route {
  const match = /^#\/chat\/([1-9]\d{0,15})(?:\/([1-9]\d{0,15}))?$/.exec(hash);
  return { chat: number(match?.[1]), n: number(match?.[2]) };
}

function number(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

export function href(chat: number, n?: number): string {
  return n === undefined ? `#/chat/${chat}` : `#/chat/${chat}/${n}`;
}

export const route = signal<Route>({ chat: null, n: null });

/** From now on `route` follows the address. */
export function followAddress(): void {
  const follow = () => (route.value = parse(location.hash));
  follow();
  addEventListener("hashchange", follow);
}

export function showChat(chat: number, n?: number): void {
  const next = href(chat, n);
  // The same place again: an address that does not change raises no event.
  if (location.hash === next) route.value = parse(next);
  else location.hash = next;
}

export function showList(): void {
  location.hash = "#/";
}

/** The address of a message, to be copied. */
export function permalink(chat: number, n: number): string {
  return new URL(href(chat, n), location.href.split("#")[0]).href;
}

/** The invite code that the page was opened with. */
export function inviteCode(): string {
  return new URLSearchParams(location.search).get("invite") ?? "";
}
