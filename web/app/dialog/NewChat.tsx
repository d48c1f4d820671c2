import { useSignal } from "@preact/signals";
import type { Person } from "@vestnik/client";
import { client, nameOf } from "../state/client";
import { showChat } from "../state/route";
import { showToast } from "../state/overlays";
import { Icon } from "../shell/Icon";
import { errorText, t } from "../words";
import { closeDialog, Dialog } from "./Dialog";
import { PeoplePicker } from "./PeoplePicker";
import { writeTo } from "./Switcher";

/** A private chat by one click on a person, or a group of several. */
export function NewChat() {
  const isGroup = useSignal(false);
  if (isGroup.value) return <NewGroup />;
  return (
    <Dialog title={t("new.title")}>
      <button type="button" class="button button-wide" onClick={() => (isGroup.value = true)}>
        <Icon name="group" />
        {t("new.group")}
      </button>
      <PeoplePicker choose={writeTo} />
    </Dialog>
  );
}

function NewGroup() {
  const picked = useSignal<ReadonlyMap<number, Person>>(new Map());
  const name = useSignal("");
  const error = useSignal("");
  const isBusy = useSignal(false);
  const create = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    const made = await client().createGroup(name.value.trim(), [...picked.value.keys()]);
    isBusy.value = false;
    if (!made.ok) {
      error.value = errorText(made);
      return;
    }
    closeDialog();
    showChat(made.value.id);
    const left = made.value.refused.flatMap((id) => picked.value.get(id) ?? []);
    if (left.length > 0) showToast(t("new.notAdded", { names: left.map(nameOf).join(", ") }));
  };
  return (
    <Dialog title={t("new.group")}>
      <form onSubmit={(event) => void create(event)}>
        <label class="field">
          <span>{t("new.groupName")}</span>
          <input
            class="field-input"
            data-autofocus
            required
            maxLength={128}
            autocomplete="off"
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
        </label>
        <PeoplePicker picked={picked} />
        {error.value !== "" && <p class="failure" role="alert">{error.value}</p>}
        <div class="dialog-actions">
          <span class="quiet" role="status">{t("new.picked", { n: picked.value.size })}</span>
          <button type="submit" class="button button-main" disabled={isBusy.value || name.value.trim() === ""}>
            {t("new.create")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
