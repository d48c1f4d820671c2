import { useEffect } from "preact/hooks";
import { Avatar } from "../text/Avatar";
import { t } from "../words";
import type { Choice } from "./completion-matches";

export function Completion({ offered, chosen, choose }: { offered: Choice[]; chosen: number; choose: (choice: Choice) => void }) {
  useEffect(() => document.getElementById(`choice-${chosen}`)?.scrollIntoView({ block: "nearest" }), [chosen]);
  return (
    <div id="completion" class="completion" role="listbox" aria-label={offered[0]?.person === undefined ? t("compose.emoji") : t("compose.people")}>
      {offered.map((choice, place) => (
        <div
          key={choice.key}
          id={`choice-${place}`}
          class="choice"
          role="option"
          aria-selected={place === chosen}
          // The field keeps the focus, and with it the caret.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => choose(choice)}
        >
          {choice.person !== undefined && <Avatar id={choice.person} name={choice.label} small />}
          <span class="choice-label" dir="auto">{choice.label}</span>
          <span class="quiet">{choice.hint}</span>
        </div>
      ))}
    </div>
  );
}
