/** What is shown, as the address says: `#/`, `#/chat/7`, `#/chat/7/120`, `#/user/5` for the chat with somebody that is still to begin; and `#/invite/CODE` to who is not signed in. */
import { signal } from "@preact/signals";
import { isToBe, numberWith, personIn } from "../../core/rules/meeting";

export interface Route {
  chat: number | null;
  /** The message to go to, by its `n`. */
  n: number | null;
  /** The code of the invitation that led here, or "". */
  invite: string;
}

export function parse(hash: string): Route {
  const match = /^#\/chat\/([1-9]\d{0,15})(?:\/([1-9]\d{0,15}))?$/.exec(hash);
  const user = /^#\/user\/([1-9]\d{0,15})$/.exec(hash)?.[1];
  if (user !== undefined) return { chat: numberWith(Number(user)), n: null, invite: "" };
  const invite = /^#\/invite\/([\w-]+)$/.exec(hash)?.[1] ?? "";
  return { chat: number(match?.[1]), n: number(match?.[2]), invite };
}

function number(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

export function href(chat: number, n?: number): string {
  if (isToBe(chat)) return `#/user/${personIn(chat)}`;
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

/** What is shown has another number now; the way back does not lead to the old one. */
export function renumbered(chat: number): void {
  location.replace(href(chat));
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
