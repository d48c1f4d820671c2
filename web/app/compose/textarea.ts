/** The field in which one writes. */
import type { ChatView } from "@vestnik/client";
import { focusComposer } from "../state/overlays";

const encoder = new TextEncoder();
/** The server's bound on a message. */
export const MOST_BYTES = 16_384;
/** From here on it is said how much is left. */
export const NEARLY = MOST_BYTES - 1000;

export function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

export function field(): HTMLTextAreaElement | null {
  return document.getElementById("composer") as HTMLTextAreaElement | null;
}

/** Most browsers can do it themselves, and need not lay out the page twice for it. */
const fitsItself = CSS.supports("field-sizing", "content");

/** As high as what is in it; the style sheet says where that ends. */
export function fit(element: HTMLTextAreaElement): void {
  if (fitsItself) return;
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight}px`;
}

/** Puts it where the caret is, as if it had been typed: it can be undone. */
export function typeIn(text: string, from?: number, to?: number): void {
  const element = field();
  if (element === null) return;
  element.focus();
  element.setSelectionRange(from ?? element.selectionStart, to ?? element.selectionEnd);
  // The only way that leaves something to undo; a browser may have done away with it one day.
  if (document.execCommand("insertText", false, text)) return;
  element.setRangeText(text, element.selectionStart, element.selectionEnd, "end");
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What could not be sent, to be changed; before what has been typed since. */
export function putIntoComposer(view: ChatView, text: string): void {
  const typed = view.draft.peek();
  view.setDraft(typed === "" ? text : `${text}\n${typed}`);
  focusComposer();
}
