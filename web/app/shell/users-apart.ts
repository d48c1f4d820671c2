/** What one user had open, and was about to say, is not for the next one in the same tab. */
import { effect, untracked } from "@preact/signals";
import { client, me } from "../state/client";
import { showList } from "../state/route";
import { overlay, panelOpen, toast, wasTurnedOut } from "../state/overlays";
import { forgetRecent, forgetSearch } from "../state/search";
import { emptyTrays } from "../state/tray";
import { closePopover } from "./popover";

export function keepUsersApart(): void {
  let before: number | null = null;
  let last: number | null = null;
  effect(() => {
    const id = me()?.id ?? null;
    untracked(() => changed(before, last, id));
    before = id;
    last = id ?? last;
  });
}

/** `last` is who was here the last time that anybody was. */
function changed(before: number | null, last: number | null, now: number | null): void {
  if (before !== null && now !== before) clear();
  if (before !== null && now === null) wasTurnedOut.value = true;
  if (client().session.peek().state === "signed-out") forgetRecent();
  if (now === null) return;
  wasTurnedOut.value = false;
  // Who comes back finds the chat where they were; another one does not.
  if (last !== null && now !== last) showList();
}

function clear(): void {
  closePopover(false);
  overlay.value = null;
  panelOpen.value = false;
  forgetSearch();
  emptyTrays();
  toast.value = null;
}
