/** The filters, to be put in and taken away by a touch. */
import { searchText } from "../state/search";
import { t, type Key } from "../words";
import { valueOf, withFilter, withoutFilter, type Filter } from "./query";

const CHIPS: readonly { filter: Filter; value?: string; label: Key }[] = [
  { filter: "from", label: "search.from" },
  { filter: "in", label: "search.in" },
  { filter: "after", label: "search.after" },
  { filter: "before", label: "search.before" },
  { filter: "has", value: "link", label: "search.link" },
  { filter: "has", value: "file", label: "search.file" },
  { filter: "is", value: "pinned", label: "search.pinned" },
  { filter: "mentions", value: "me", label: "search.mentionsMe" },
];

export function FilterChips() {
  const text = searchText.value;
  return (
    <div class="chips" role="group" aria-label={t("search.filters")}>
      {CHIPS.map(({ filter, value, label }) => {
        const is = valueOf(text, filter);
        const isOn = value === undefined ? is !== null && is !== "" : is?.toLowerCase() === value;
        const isNamed = isOn && value === undefined;
        return (
          <button
            key={label}
            type="button"
            class={isOn ? "chip search-chip is-on" : "chip search-chip"}
            aria-pressed={isOn}
            onClick={() => {
              searchText.value = isOn ? withoutFilter(searchText.peek(), filter, value) : withFilter(searchText.peek(), filter, value ?? "");
              focusEnd();
            }}
          >
            <span dir="auto">{isNamed ? `${t(label)} ${is}` : t(label)}</span>
            {isOn && <span aria-hidden="true"> ×</span>}
          </button>
        );
      })}
    </div>
  );
}

/** The caret behind what has been put in, where a value is to be typed. */
function focusEnd(): void {
  requestAnimationFrame(() => {
    const field = document.getElementById("search-field");
    if (!(field instanceof HTMLInputElement)) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    field.dispatchEvent(new Event("select"));
  });
}
