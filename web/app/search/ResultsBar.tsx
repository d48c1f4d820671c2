/** Where the results are not beside the chat: the way back to them, and to the next one of them. */
import { useComputed } from "@preact/signals";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { panelOpen, panelTab } from "../state/overlays";
import { searchText, visited } from "../state/search";
import { t } from "../words";
import { goTo } from "./go";
import { found } from "./results";

export function ResultsBar() {
  const place = useComputed(() => found.value.list.findIndex(({ message }) => message.id === visited.value?.message.id)).value;
  const { list } = found.value;
  const step = (by: number) => {
    const one = list[place + by];
    if (one !== undefined) goTo(one);
  };
  const back = () => {
    panelTab.value = "search";
    panelOpen.value = true;
  };
  return (
    <div class="results-bar" role="group" aria-label={t("search.results")}>
      <button type="button" class="results-bar-back" onClick={back}>
        <Icon name="back" />
        <span dir="auto">{t("search.toResults", { text: searchText.value })}</span>
      </button>
      <span class="quiet" role="status">{place < 0 ? "" : t("search.place", { n: place + 1, all: list.length })}</span>
      <IconButton icon="up" label={t("search.previous")} disabled={place <= 0} onClick={() => step(-1)} />
      <IconButton icon="down" label={t("search.next")} disabled={place < 0 || place + 1 >= list.length} onClick={() => step(1)} />
      <IconButton icon="close" label={t("app.close")} onClick={() => (visited.value = null)} />
    </div>
  );
}
