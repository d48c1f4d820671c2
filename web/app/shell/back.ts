/** The browser's Back takes away what stands before the page: a dialog, and on small screens the panel and menus. */
import { computed, effect } from "@preact/signals";
import { closeDialog } from "../dialog/Dialog";
import { cover, onUncovered, room } from "../state/route";
import { closePanel, isNarrow, isPanelBefore, overlay } from "../state/ui";
import { closePopover, popover } from "./popover";

const isCovered = computed(() => overlay.value !== null || isPanelBefore() || (isNarrow.value && popover.value !== null));

export function followBack(): void {
  room.isNarrow = () => isNarrow.peek();
  effect(() => {
    void isCovered.value;
    // One thing gives way to another, or to another place, at one stroke.
    setTimeout(() => cover(isCovered.peek()));
  });
  onUncovered.add(() => {
    if (popover.peek() !== null) closePopover();
    else if (overlay.peek() !== null) closeDialog();
    else if (isPanelBefore()) closePanel();
    setTimeout(() => cover(isCovered.peek()));
  });
}
