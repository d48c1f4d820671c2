/** What one does with what is in the field. */
import { fieldOf, type ChatView } from "@vestnik/client";
import { reportFailure } from "../chat/actions";
import type { Scroller } from "../chat/scroller";
import { me } from "../state/client";
import { setTray, trayOf } from "../state/tray";
import { mayEdit } from "../state/rights";
import { bytesOf, MOST_BYTES, typeIn } from "./textarea";
import { shorthandAt } from "./emoji-shorthand";

/** A key may come before what was typed is drawn. */
const inField = (view: ChatView) => fieldOf(view.writing.peek());

/** Is nothing written, and nothing meant? */
export function isFree(view: ChatView): boolean {
  const { edit, reply } = view.writing.peek();
  return inField(view) === "" && edit === null && reply === null;
}

export function send(view: ChatView, scroller: Scroller): void {
  if (bytesOf(inField(view)) > MOST_BYTES) return;
  const isNew = view.writing.peek().edit === null;
  const files = isNew ? trayOf(view.id) : [];
  const isSaid = isNew && (inField(view).trim() !== "" || files.length > 0);
  void reportFailure(view.submit(files));
  if (files.length > 0) setTray(view.id, []);
  if (isSaid) void scroller.toLatest();
}

/** False if there is nothing of one's own that can be edited. */
export function editLast(view: ChatView): boolean {
  const chat = view.chat.peek();
  const self = me()?.id ?? 0;
  const last = view.timeline.peek().messages.findLast((one) => chat !== null && mayEdit(chat, one, self));
  if (last !== undefined) view.change(last);
  return last !== undefined;
}

/** Puts in the emoji that the sign just typed has completed; one undoes it to have the signs. */
export function abbreviated(event: Event, element: HTMLTextAreaElement): boolean {
  if (!(event instanceof InputEvent) || event.inputType !== "insertText" || event.data?.length !== 1) return false;
  const found = element.selectionStart === element.selectionEnd ? shorthandAt(element.value, element.selectionEnd) : null;
  if (found !== null) typeIn(found.insert, found.from, found.to);
  return found !== null;
}
