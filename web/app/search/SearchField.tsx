import { useLayoutEffect, useRef } from "preact/hooks";
import { onKeys } from "../keys/pressed-key";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { fieldAsked, searchText } from "../state/search";
import { Avatar, ChatAvatar } from "../text/Avatar";
import { t } from "../words";
import { useCompletions, type Completions } from "./completions";

/** Who comes back to the results is not put into the field again. */
let focusedFor = 0;

export function SearchField() {
  const input = useRef<HTMLInputElement>(null);
  const completions = useCompletions(input);
  const { offered, chosen, look } = completions;
  const asks = fieldAsked.value;
  useLayoutEffect(() => {
    if (asks === focusedFor) return;
    focusedFor = asks;
    input.current?.focus();
    input.current?.select();
  }, [asks]);
  const isOpen = offered.value.length > 0;
  return (
    <div class="search-field">
      <Icon name="search" />
      <input
        ref={input}
        id="search-field"
        type="text"
        inputMode="search"
        enterkeyhint="search"
        role="combobox"
        aria-expanded={isOpen}
        aria-controls="search-completion"
        aria-autocomplete="list"
        aria-activedescendant={isOpen ? `search-choice-${chosen.value}` : undefined}
        aria-label={t("search.title")}
        placeholder={t("search.placeholder")}
        autocomplete="off"
        spellcheck={false}
        dir="auto"
        maxLength={512}
        value={searchText.value}
        onInput={({ currentTarget }) => {
          searchText.value = currentTarget.value;
          look();
        }}
        onSelect={look}
        onClick={look}
        onBlur={completions.close}
        onKeyDown={onKeys((event) => {
          if (completions.key(event)) event.preventDefault();
          else if (event.key === "ArrowDown" && focusFirst()) event.preventDefault();
        })}
      />
      {searchText.value !== "" && (
        <IconButton
          icon="close"
          label={t("search.clear")}
          onClick={() => {
            searchText.value = "";
            input.current?.focus();
          }}
        />
      )}
      {isOpen && <Offered completions={completions} />}
    </div>
  );
}

function Offered({ completions: { offered, chosen, choose } }: { completions: Completions }) {
  return (
    <div id="search-completion" class="completion" role="listbox" aria-label={t("search.filters")}>
      {offered.value.map((choice, place) => (
        <div
          key={choice.key}
          id={`search-choice-${place}`}
          class="choice"
          role="option"
          aria-selected={place === chosen.value}
          // The field keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => choose(choice)}
        >
          {choice.person !== undefined && <Avatar id={choice.person.id} name={choice.label} small />}
          {choice.chat !== undefined && <ChatAvatar chat={choice.chat} small />}
          <span class="choice-label" dir="auto">{choice.label}</span>
          <span class="quiet">{choice.hint}</span>
        </div>
      ))}
    </div>
  );
}

/** Goes into the list of results. */
function focusFirst(): boolean {
  const first = document.querySelector<HTMLElement>(".result, .search-recent");
  first?.focus();
  return first !== null;
}
