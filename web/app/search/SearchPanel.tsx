import { useComputed } from "@preact/signals";
import { PanelFrame } from "../panel/PanelFrame";
import { Icon } from "../shell/Icon";
import { client, titleOf } from "../state/client";
import { forgetRecent, recentSearches, searchedChat, searchSort, searchText } from "../state/search";
import { t } from "../words";
import { FilterChips } from "./FilterChips";
import { ResultList } from "./ResultList";
import { found, search } from "./results";
import { SearchField } from "./SearchField";

export function SearchPanel() {
  return (
    <PanelFrame title={t("search.title")}>
      <form
        class="search-form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search(true);
        }}
      >
        <SearchField />
        <div class="search-choices">
          <Scope />
          <Order />
        </div>
        <FilterChips />
      </form>
      <div class="panel-scroll search-results">
        {found.value.state === "nothing" && found.value.problem === null ? <Recent /> : <ResultList />}
      </div>
    </PanelFrame>
  );
}

/** The chat from which one came to the search, or all. */
function Scope() {
  const chats = useComputed(() => client().chats.value.map((chat) => ({ id: chat.id, title: titleOf(chat) }))).value;
  return (
    <select
      class="select search-scope"
      aria-label={t("search.scope")}
      value={searchedChat.value ?? ""}
      onChange={({ currentTarget: { value } }) => (searchedChat.value = value === "" ? null : Number(value))}
    >
      <option value="">{t("search.everywhere")}</option>
      {chats.map(({ id, title }) => (
        <option key={id} value={id}>{title}</option>
      ))}
    </select>
  );
}

function Order() {
  return (
    <select
      class="select"
      aria-label={t("search.order")}
      value={searchSort.value}
      onChange={({ currentTarget: { value } }) => (searchSort.value = value === "best" ? "best" : "newest")}
    >
      <option value="newest">{t("search.newest")}</option>
      <option value="best">{t("search.best")}</option>
    </select>
  );
}

function Recent() {
  const texts = recentSearches.value;
  const take = (text: string) => {
    searchText.value = text;
    search(true);
    document.getElementById("search-field")?.focus();
  };
  return (
    <>
      <p class="quiet panel-text">{t("search.hint")}</p>
      {texts.length > 0 && (
        <section aria-label={t("search.recent")}>
          <h3 class="panel-section search-recent-head">
            {t("search.recent")}
            <button type="button" class="link-button" onClick={forgetRecent}>{t("search.forget")}</button>
          </h3>
          {texts.map((text) => (
            <button key={text} type="button" class="row-button search-recent" onClick={() => take(text)}>
              <Icon name="clock" />
              <span dir="auto">{text}</span>
            </button>
          ))}
        </section>
      )}
    </>
  );
}
