/** From a result to its message, and back. */
import type { FoundMessage } from "@vestnik/client";
import { uncover } from "../state/overlays";
import { showFromPanel } from "../state/route";
import { rememberSearch, searchText, visited } from "../state/search";

export function goTo(one: FoundMessage): void {
  rememberSearch(searchText.peek());
  showFromPanel(one.chatId, one.message.n);
  visited.value = one;
  uncover();
}
