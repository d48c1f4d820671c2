/** Measures what of a timeline is on the screen, and says how far it has been read. The rule is in `displayed`. */
import { effect } from "@preact/signals";
import { overlay, panelOpen } from "../state/overlays";
import { popover } from "../shell/popover";
import { firstInView } from "./row-positions";
import { GLANCE, NOTHING, watched, type Measured, type Sight, type DisplayedSince } from "./displayed";

export interface DisplayWatch {
  /** Something may have changed of what is displayed. */
  look(): void;
  close(): void;
}

interface Options {
  hasLanded: () => boolean;
  readN: () => number;
  /** Is there anything that has not been read? */
  isUnread: () => boolean;
  read: (n: number) => void;
}

/** What is told of what stands in front of a timeline, and of whether anybody is there. */
const EVENTS = ["focus", "blur", "pageshow", "pagehide", "resize"];

export function watchDisplayed(box: HTMLElement, list: HTMLElement, { hasLanded, readN, isUnread, read }: Options): DisplayWatch {
  let since: DisplayedSince = NOTHING;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function look(): void {
    clearTimeout(timer);
    const sight = measured(box, list, hasLanded(), readN());
    const seen = watched(since, sight, performance.now(), readN());
    since = seen.since;
    if (seen.read !== null) read(seen.read);
    const isWaiting = Math.max(0, ...since.keys()) > readN();
    // Whatever was before it may go without a word; nobody who is elsewhere needs to be looked for.
    if (isWaiting || (sight.isVisible && sight.hasFocus && isUnread())) timer = setTimeout(look, isWaiting ? GLANCE : GLANCE * 4);
  }

  for (const name of EVENTS) addEventListener(name, look);
  document.addEventListener("visibilitychange", look);
  const stop = effect(() => {
    void [overlay.value, panelOpen.value, popover.value];
    look();
  });
  return {
    look,
    close() {
      clearTimeout(timer);
      for (const name of EVENTS) removeEventListener(name, look);
      document.removeEventListener("visibilitychange", look);
      stop();
    },
  };
}

function measured(box: HTMLElement, list: HTMLElement, hasLanded: boolean, readN: number): Sight {
  const sight = {
    isConnected: box.isConnected && box.clientHeight > 0,
    isVisible: document.visibilityState === "visible",
    hasFocus: document.hasFocus(),
    isBehindDialog: overlay.peek() !== null || document.querySelector("dialog[open]") !== null,
    hasLanded,
  };
  if (!Object.values(sight).every((is, at) => is === (at !== 3))) return { ...sight, top: 0, bottom: 0, rows: [] };
  const edge = box.getBoundingClientRect();
  // A keyboard on the screen takes its part of the window.
  const { offsetTop, height } = visualViewport ?? { offsetTop: 0, height: innerHeight };
  const top = Math.max(edge.top, offsetTop);
  const bottom = Math.min(edge.top + box.clientHeight, offsetTop + height);
  return { ...sight, top, bottom, rows: rowsIn(box, list, top, bottom, readN) };
}

/** What has been read already is not looked for again. */
function rowsIn(box: HTMLElement, list: HTMLElement, top: number, bottom: number, readN: number): Measured[] {
  const rows: Measured[] = [];
  for (let at = firstInView(box, list); at < list.children.length; at += 1) {
    const row = list.children[at] as HTMLElement;
    const rect = row.getBoundingClientRect();
    if (rect.top >= bottom) break;
    const n = Number(row.dataset["n"] ?? 0);
    if (n > readN) rows.push({ n, top: rect.top, bottom: rect.bottom, isCovered: isCovered(row, top, bottom) });
  }
  return rows;
}

/** Is something else drawn over the end of a row: a menu, the panel, the veil of a dialog? */
function isCovered(row: HTMLElement, top: number, bottom: number): boolean {
  const rect = (row.querySelector(".bubble") ?? row).getBoundingClientRect();
  const y = Math.min(Math.max(rect.bottom - 6, top + 1), bottom - 1);
  const places = [rect.left + 12, (rect.left + rect.right) / 2, rect.right - 12];
  return !places.some((x) => row.contains(document.elementFromPoint(x, y)));
}
