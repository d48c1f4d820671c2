/** A search field over people, and those whom it finds as buttons or as boxes to tick. */
import { useSignal, type Signal } from "@preact/signals";
import type { Person } from "@vestnik/client";
import { me, nameOf, plainName } from "../state/client";
import { overlay } from "../state/overlays";
import { Avatar } from "../text/Avatar";
import { Icon } from "../shell/Icon";
import { t } from "../words";
import { usePeople } from "./usePeople";

interface Props {
  /** Ticked ones, if several may be picked; otherwise a click is the choice. */
  picked?: Signal<ReadonlyMap<number, Person>>;
  choose?: (person: Person) => void;
  without?: ReadonlySet<number>;
}

export function PeoplePicker({ picked, choose, without }: Props) {
  const text = useSignal("");
  const found = usePeople(text).value;
  const shown = (found?.people ?? []).filter((person) => without?.has(person.id) !== true);
  const isAllHere = shown.length === 0 && (found?.people.length ?? 0) > 0;
  const isAlone = found !== null && found.failure === "" && found.people.length === 0 && text.value.trim() === "";
  const toggle = (person: Person) => {
    if (picked === undefined) return choose?.(person);
    const next = new Map(picked.value);
    if (!next.delete(person.id)) next.set(person.id, person);
    picked.value = next;
  };
  return (
    <div class="picker">
      <input
        type="search"
        class="field-input"
        aria-label={t("new.search")}
        placeholder={t("new.search")}
        autocomplete="off"
        data-autofocus
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
      />
      {picked !== undefined && picked.value.size > 0 && (
        <ul class="chips">
          {[...picked.value.values()].map((person) => (
            <li key={person.id}>
              <button type="button" class="chip" onClick={() => toggle(person)} aria-label={t("new.unpick", { name: nameOf(person) })}>
                {nameOf(person)} <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <ul class="people" tabIndex={-1}>
        {shown.map((person) => (
          <li key={person.id}>
            <button type="button" class="person" aria-pressed={picked?.value.has(person.id)} onClick={() => toggle(person)}>
              <Avatar id={person.id} name={plainName(person)} small />
              <span class="person-name" dir="auto">{plainName(person)}</span>
              <span class="quiet">@{person.username}</span>
              {picked?.value.has(person.id) === true && <span class="person-tick" aria-hidden="true">✓</span>}
            </button>
          </li>
        ))}
      </ul>
      {found !== null && found.failure !== "" && <p class="failure" role="alert">{found.failure}</p>}
      {found !== null && found.failure === "" && found.text === text.value.trim() && shown.length === 0 && (
        <p class="quiet picker-none" role="status">{t(isAllHere ? "new.allHere" : text.value.trim() === "" ? "new.alone" : "new.nobody")}</p>
      )}
      {isAlone && me()?.isAdmin === true && (
        <button type="button" class="button" onClick={() => (overlay.value = { kind: "invite" })}>
          <Icon name="link" />
          {t("first.invite")}
        </button>
      )}
    </div>
  );
}
