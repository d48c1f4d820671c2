/** The keys that work everywhere. */
import { neighbour } from "../list/order";
import { client } from "../state/client";
import { route, showChat } from "../state/route";
import { overlay } from "../state/ui";
import { closePopover } from "./popover";

export function listenToKeys(): void {
  addEventListener("keydown", onKeyDown);
}

function onKeyDown(event: KeyboardEvent): void {
  if (client().session.peek().state === "signed-out" || event.isComposing) return;
  const withCtrl = event.ctrlKey || event.metaKey;
  if (withCtrl && !event.shiftKey && !event.altKey && event.code === "KeyK") {
    event.preventDefault();
    closePopover(false);
    overlay.value = overlay.peek()?.kind === "switcher" ? null : { kind: "switcher" };
  } else if (event.altKey && !withCtrl && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    walk(event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
  } else if (event.key === "?" && !withCtrl && !isWriting(event.target) && overlay.peek() === null) {
    event.preventDefault();
    overlay.value = { kind: "help" };
  }
}

function walk(step: 1 | -1, onlyUnread: boolean): void {
  const next = neighbour(client().chats.peek(), route.peek().chat, step, onlyUnread);
  if (next === null) return;
  overlay.value = null;
  showChat(next.id);
}

/** Where letters are letters. */
function isWriting(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type);
}
