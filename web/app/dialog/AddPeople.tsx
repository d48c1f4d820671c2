import { useSignal } from "@preact/signals";
import type { Person, Role } from "@vestnik/client";
import { client } from "../state/client";
import { grantable } from "../state/rights";
import { errorText, t } from "../words";
import { closeDialog, Dialog } from "./Dialog";
import { PeoplePicker } from "./PeoplePicker";

/** More people for a group, all in one role. */
export function AddPeople({ chat: id }: { chat: number }) {
  const view = client().chat(id);
  const picked = useSignal<ReadonlyMap<number, Person>>(new Map());
  const role = useSignal<Role>("member");
  const error = useSignal("");
  const chat = view.chat.value;
  if (chat === null) return null;
  const add = async () => {
    for (const person of picked.value.values()) {
      const added = await view.addMember(person.id, role.value);
      if (!added.ok && added.code !== "already_member") {
        error.value = errorText(added);
        return;
      }
      const left = new Map(picked.value);
      left.delete(person.id);
      picked.value = left;
    }
    closeDialog();
  };
  return (
    <Dialog title={t("new.addTitle", { title: chat.title })}>
      <PeoplePicker picked={picked} without={new Set(view.members.value.map((member) => member.id))} />
      {error.value !== "" && <p class="failure" role="alert">{error.value}</p>}
      <div class="dialog-actions">
        <label class="inline-field">
          <span>{t("new.addRole")}</span>
          <select class="select" value={role.value} onChange={(event) => (role.value = event.currentTarget.value as Role)}>
            {grantable(chat.role).map((one) => (
              <option key={one} value={one}>{t(`role.${one}`)}</option>
            ))}
          </select>
        </label>
        <button type="button" class="button button-main" disabled={picked.value.size === 0} onClick={() => void add()}>
          {picked.value.size === 0 ? t("new.addNobody") : t("new.add", { n: picked.value.size })}
        </button>
      </div>
    </Dialog>
  );
}
