/** What is shown, as the address says: `#/`, `#/chat/7`, `#/chat/7/120`, `#/user/5` for the chat with somebody that is still to begin; and `#/invite/CODE` to who is not signed in. */
import { signal } from "@preact/signals";
import { isToBe, numberWith, personIn } from "@vestnik/client";
import { backAtPanel, LIST, stepFromPanel, stepOf, stepTo, type Place, type Step } from "./navigation";

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

/** Is there room for one thing only, the list or a chat? Whoever measures it says so. */
export const room = { isNarrow: () => false };

export const route = signal<Route>({ chat: null, n: null, invite: "" });

const follow = () => (route.value = parse(location.hash));

/** From now on `route` follows the address. */
export function followAddress(): void {
  // What stood before the page did not survive it.
  if (now().mark.front) history.replaceState({ ...now().mark, front: false }, "");
  follow();
  addEventListener("hashchange", follow);
  addEventListener("popstate", arrived);
}

export function showChat(chat: number, n?: number): void {
  go(href(chat, n));
}

/** To a message that the panel names: where the panel stands before the page, going back leads to it again. */
export function showFromPanel(chat: number, n: number): void {
  const hash = href(chat, n);
  const here = now();
  if (isReturning || here.mark.front !== true) {
    go(hash);
    return;
  }
  const { here: left, next: there } = stepFromPanel(hash, here);
  history.replaceState(left, "");
  history.pushState(there.mark, "", there.hash);
  follow();
}

/** What is shown has another number now; the way back does not lead to the old one. */
export function renumbered(chat: number): void {
  history.replaceState(history.state, "", href(chat));
  follow();
}

export function showList(): void {
  go(LIST);
}

/** Something stands before the page, or nothing does: going back takes it away. */
export function cover(covered: boolean): void {
  isCovered = covered;
  // At once: whoever goes back the moment it is there takes it away, and does not leave the page.
  if (covered) settle();
  // One thing gives way to another, or to another place, at one stroke.
  else setTimeout(settle);
}

function settle(): void {
  if (!isReturning) take(stepOf(isCovered, now()));
}

/** Is what was open before the page to be closed, since its entry is left? Whoever has it open says so. */
export const onUncovered = new Set<() => void>();

/** The entry of a panel was come back to: whoever has one opens it. */
export const onBackAtPanel = new Set<() => void>();

/** Where one goes once one is back. */
let next: string | null = null;
let isReturning = false;
let isCovered = false;
/** A browser that does not go back is not waited for. */
const BACK_WITHIN = 500;
let late: ReturnType<typeof setTimeout> | undefined;

function now(): Place {
  const mark: unknown = history.state;
  return { hash: location.hash, mark: typeof mark === "object" && mark !== null ? mark : {} };
}

function go(hash: string): void {
  if (isReturning) next = hash;
  else take(stepTo(hash, now(), room.isNarrow()));
}

function take(step: Step): void {
  if (step.do === "back") {
    [next, isReturning] = [step.then, true];
    late = setTimeout(arrived, BACK_WITHIN);
    history.back();
    return;
  }
  if (step.do === "push") history.pushState(step.to.mark, "", step.to.hash || LIST);
  else if (step.do === "replace") history.replaceState(step.to.mark, "", step.to.hash);
  // The same place again is gone to again.
  follow();
}

function arrived(): void {
  clearTimeout(late);
  const [wasReturning, then] = [isReturning, next];
  [isReturning, next] = [false, null];
  const atPanel = wasReturning ? null : backAtPanel(now().mark);
  if (atPanel !== null) {
    history.replaceState(atPanel, "");
    follow();
    for (const reopen of onBackAtPanel) reopen();
    return;
  }
  if (then === null) follow();
  else go(then);
  // What came to stand before the page meanwhile has its entry too.
  if (wasReturning) settle();
  if (!wasReturning && !now().mark.front) for (const uncovered of onUncovered) uncovered();
}

/** The code is used up; neither the address nor the history need keep it. */
export function forgetInvite(): void {
  location.replace("#/");
}

/** The address of a message, to be copied. */
export function permalink(chat: number, n: number): string {
  return new URL(href(chat, n), location.href.split("#")[0]).href;
}
