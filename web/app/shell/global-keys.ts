/** The keys that work everywhere. */
import { isToBe } from "@vestnik/client";
import { hearKeys, isPressed } from "../keys/pressed-key";
import { neighbour } from "../list/order";
import { client } from "../state/client";
import { route, showChat } from "../state/route";
import { openSearch, overlay } from "../state/overlays";
import { closePopover } from "./popover";

export function listenToKeys(): void {
  hearKeys(act);
}

function act(event: KeyboardEvent): void {
  if (client().session.peek().state !== "signed-out" && isTaken(event)) event.preventDefault();
}

function isTaken(event: KeyboardEvent): boolean {
  if (isPressed(event, "switcher")) return toggle("switcher");
  if (isPressed(event, "searchHere")) return searchHere(event.target);
  if (isPressed(event, "help")) return help(event);
  if (isPressed(event, "next")) return walk(1, false);
  if (isPressed(event, "previous")) return walk(-1, false);
  if (isPressed(event, "nextUnread")) return walk(1, true);
  if (isPressed(event, "previousUnread")) return walk(-1, true);
  return false;
}

function toggle(kind: "switcher" | "help"): true {
  closePopover(false);
  overlay.value = overlay.peek()?.kind === kind ? null : { kind };
  return true;
}

/** In the chat that is shown, or in all. Pressed again in the field it is the browser's: it finds what is on the page. */
function searchHere(target: EventTarget | null): boolean {
  if (overlay.peek() !== null || (target instanceof Element && target.closest(".search-form") !== null)) return false;
  closePopover(false);
  const { chat } = route.peek();
  openSearch(chat === null || isToBe(chat) ? null : chat);
  return true;
}

/** A sign that is typed is a sign; and what is open is not put away for the help. */
function help(event: KeyboardEvent): boolean {
  const isSign = !event.ctrlKey && !event.metaKey;
  if (isSign && isWriting(event.target)) return false;
  const front = overlay.peek()?.kind;
  return front === undefined || front === "help" ? toggle("help") : !isSign;
}

function walk(step: 1 | -1, onlyUnread: boolean): true {
  const next = neighbour(client().chats.peek(), route.peek().chat, step, onlyUnread);
  if (next !== null) {
    overlay.value = null;
    showChat(next.id);
  }
  return true;
}

/** Where letters are letters. */
function isWriting(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type);
}
