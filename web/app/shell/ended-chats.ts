/** That a chat has ended for the user is said, wherever they are: otherwise it would just not be there any more. */
import type { Ended } from "@vestnik/client";
import { client } from "../state/client";
import { route } from "../state/route";
import { showToast } from "../state/overlays";
import { t } from "../words";

export function tellOfEndings(): void {
  client().onEnded((ended) => {
    // Who looks at it is told in its place.
    if (route.peek().chat !== ended.id) showToast(endingOf(ended));
  });
}

export function endingOf({ title, how }: Ended): string {
  return t(how === "deleted" ? "chat.deleted" : "chat.left", { title });
}
