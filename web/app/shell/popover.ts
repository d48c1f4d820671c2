/** The one menu or emoji sheet that may be open, next to what opened it. */
import { signal } from "@preact/signals";
import type { IconName } from "./Icon";

export interface MenuItem {
  label: string;
  icon: IconName;
  run: () => void;
  danger?: boolean;
}

export type Popover =
  | { kind: "menu"; at: DOMRect; label: string; items: MenuItem[] }
  | { kind: "emoji"; at: DOMRect; pick: (emoji: string) => void };

export const popover = signal<Popover | null>(null);
let opener: Element | null = null;

export function openPopover(next: Popover): void {
  opener = document.activeElement;
  popover.value = next;
}

/** Closes it; the focus goes back to where it came from unless it is needed elsewhere. */
export function closePopover(refocus = true): void {
  popover.value = null;
  if (refocus && opener instanceof HTMLElement && opener.isConnected) opener.focus();
  opener = null;
}

const hovers = matchMedia("(hover: hover)");

/** A mouse; not a finger, nor what a touch screen makes of one for pages that know mice only. */
export function isHovering(event: PointerEvent): boolean {
  return event.pointerType === "mouse" && hovers.matches;
}

/** The place of a pointer, as something to stand next to. */
export function pointOf(event: MouseEvent): DOMRect {
  return new DOMRect(event.clientX, event.clientY, 0, 0);
}

/** Below what opened it, or above; always within the window. */
export function placed(at: DOMRect, width: number, height: number): { left: number; top: number } {
  const margin = 8;
  // To the side on which there is more room.
  const isLeft = at.left + at.right < innerWidth;
  const left = Math.min(Math.max(margin, isLeft ? at.left : at.right - width), innerWidth - width - margin);
  const below = at.bottom + 4;
  const above = at.top - height - 4;
  const top = below + height <= innerHeight - margin ? below : Math.max(margin, above);
  return { left: Math.max(margin, left), top };
}
