/** The keyboard among messages: up and down, and what may be done with the one that has the focus. */
import type { ChatView, Message } from "@vestnik/client";
import { isPressed } from "../keys/pressed-key";
import { focusComposer } from "../state/overlays";
import { editMessage, openMenu, openReactions, removeMessage, replyTo } from "./actions";
import type { Scroller } from "./scroller";

export function keysOfTimeline(event: KeyboardEvent, view: ChatView, scroller: Scroller): void {
  const box = event.currentTarget as HTMLElement;
  const target = event.target as HTMLElement;
  if (isPressed(event, "cancel")) {
    event.preventDefault();
    focusComposer();
    return;
  }
  const isUp = isPressed(event, "messageAbove");
  if (isUp || isPressed(event, "messageBelow")) {
    if (target !== box && !target.classList.contains("message")) return;
    event.preventDefault();
    move(box, target, isUp ? -1 : 1);
    return;
  }
  const message = messageOf(target, view);
  if (message !== null && act(event, view, message, target, scroller)) event.preventDefault();
}

function act(event: KeyboardEvent, view: ChatView, message: Message, row: HTMLElement, scroller: Scroller): boolean {
  if (isPressed(event, "menu")) openMenu(view, message, row.getBoundingClientRect(), scroller);
  else if (isPressed(event, "reply")) replyTo(view, message);
  else if (isPressed(event, "edit")) editMessage(view, message);
  else if (isPressed(event, "react")) openReactions(view, message, row.getBoundingClientRect());
  else if (isPressed(event, "remove")) removeMessage(view, message);
  else return false;
  return true;
}

function messageOf(row: HTMLElement, view: ChatView): Message | null {
  const n = row.classList.contains("message") ? Number(row.dataset["n"]) : NaN;
  return view.timeline.peek().messages.find((message) => message.n === n) ?? null;
}

function move(box: HTMLElement, from: HTMLElement, step: 1 | -1): void {
  const rows = [...box.querySelectorAll<HTMLElement>(".message")];
  const at = rows.indexOf(from);
  const next = at === -1 ? lastInView(box, rows) : at + step;
  if (next >= rows.length) focusComposer();
  else rows[Math.max(0, next)]?.focus();
}

function lastInView(box: HTMLElement, rows: HTMLElement[]): number {
  const edge = box.getBoundingClientRect().bottom;
  const hidden = rows.findIndex((row) => row.getBoundingClientRect().bottom > edge + 1);
  return hidden === -1 ? rows.length - 1 : Math.max(0, hidden - 1);
}
