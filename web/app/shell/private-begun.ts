/** Where one is in a private chat that was to be, one goes on in it once it has begun. */
import { effect } from "@preact/signals";
import { isToBe, personIn } from "@vestnik/client";
import { client } from "../state/client";
import { renumbered, route } from "../state/route";

export function followBeginnings(): void {
  effect(() => {
    const { chat } = route.value;
    if (chat === null || !isToBe(chat)) return;
    const begun = client().chats.value.find((one) => !isToBe(one.id) && one.peer?.id === personIn(chat));
    if (begun !== undefined) renumbered(begun.id);
  });
}
