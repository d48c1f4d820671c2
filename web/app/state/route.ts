/** What is shown, as the address says: `#/`, `#/chat/7`, `#/chat/7/120`; and `#/invite/CODE` to who is not signed in. */
import { signal } from "@preact/signals";

export interface Route {
  chat: number | null;
  /** The message to go to, by its `n`. */
  n: number | null;
  /** The code of the invitation that led here, or "". */
  invite: string;
}

export function parse(hash: string): Route {
  const match = /^#\/chat\/([1-9]\d{0,15})(?:\/([1-9]\d{0,15}))?$/.exec(hash);
  const invite = /^#\/invite\/([\w-]+)$/.exec(hash)?.[1] ?? "";
  return { chat: number(match?.[1]), n: number(match?.[2]), invite };
}

function number(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

export function href(chat: number, n?: number): string {
  return n === undefined ? `#/chat/${chat}` : `#/chat/${chat}/${n}`;
}

export const route = signal<Route>({ chat: null, n: null, invite: "" });

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

/** The code is used up; neither the address nor the history need keep it. */
export function forgetInvite(): void {
  location.replace("#/");
}

/** The address of a message, to be copied. */
export function permalink(chat: number, n: number): string {
  return new URL(href(chat, n), location.href.split("#")[0]).href;
}
