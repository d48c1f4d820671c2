/** What waits, in the tab's title and sign. */
import { effect } from "@preact/signals";
import { client, shown, titleOf } from "../state/client";
import { countText } from "./title-count";

export function keepTitle(): void {
  effect(() => {
    const isIn = client().session.value.state !== "signed-out";
    const { unread, mentions } = client().totals.value;
    const chat = shown.value?.chat.value ?? null;
    document.title = `${isIn ? countText(unread, mentions) : ""}${isIn && chat !== null ? `${titleOf(chat)} · ` : ""}Vestnik`;
    badge(isIn ? unread : 0);
  });
}

function badge(unread: number): void {
  const link = document.getElementById("favicon");
  const name = unread === 0 ? "./icon.svg" : `./badges/${unread > 9 ? "many" : unread}.svg`;
  if (link?.getAttribute("href") !== name) link?.setAttribute("href", name);
  if (!("setAppBadge" in navigator)) return;
  // On the sign of an installed page; it is refused in an ordinary tab.
  const set = unread === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(unread);
  set.catch(() => undefined);
}
