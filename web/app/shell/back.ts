/** The browser's Back takes away what stands before the page: a dialog, and on small screens the panel and menus. */
import { computed, effect } from "@preact/signals";
import { closeDialog } from "../dialog/Dialog";
import { cover, onBackAtPanel, onUncovered, room } from "../state/route";
import { closePanel, isNarrow, isPanelBefore, overlay, panelOpen } from "../state/overlays";
import { closePopover, popover } from "./popover";

const isCovered = computed(() => overlay.value !== null || isPanelBefore() || (isNarrow.value && popover.value !== null));

export function followBack(): void {
  room.isNarrow = () => isNarrow.peek();
  effect(() => cover(isCovered.value));
  onBackAtPanel.add(() => {
    panelOpen.value = true;
    // In a window that has become wider meanwhile it stands beside the page.
    cover(isCovered.peek());
  });
  onUncovered.add(() => {
    if (popover.peek() !== null) closePopover();
    else if (overlay.peek() !== null) closeDialog();
    else if (isPanelBefore()) closePanel();
    // What still stands before the page has its entry again.
    cover(isCovered.peek());
  });
}
