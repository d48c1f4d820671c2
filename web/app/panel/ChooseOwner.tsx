/** The only owner leaves: who is to be the owner then? */
import { useSignal } from "@preact/signals";
import type { Member } from "@vestnik/client";
import { goneBy, reportFailure } from "../chat/actions";
import { closeDialog, Dialog } from "../dialog/Dialog";
import { client, me, nameOf, plainName, titleOf } from "../state/client";
import { ROLES } from "../state/rights";
import { Avatar } from "../text/Avatar";
import { t } from "../words";

/** Those whom an owner who is the last one leaves behind; nobody, if the chat does not need another owner. */
export function leftBehind(members: readonly Member[], self: number): Member[] {
  const others = members.filter(({ id }) => id !== self);
  const isOwner = members.some(({ id, role }) => id === self && role === "owner");
  if (!isOwner || others.some(({ role }) => role === "owner")) return [];
  return others.sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || plainName(a).localeCompare(plainName(b)));
}

export function ChooseOwner({ chat }: { chat: number }) {
  const view = client().chat(chat);
  const chosen = useSignal<number | null>(null);
  const isBusy = useSignal(false);
  const title = view.chat.value === null ? "" : titleOf(view.chat.value);
  const leave = async (event: Event) => {
    event.preventDefault();
    if (chosen.value === null) return;
    isBusy.value = true;
    if (await reportFailure(view.setRole(chosen.value, "owner"))) await goneBy(view.leave(), closeDialog);
    isBusy.value = false;
  };
  return (
    <Dialog title={t("panel.leaveTitle", { title })} kind="dialog-small">
      <form onSubmit={(event) => void leave(event)}>
        <p>{t("panel.handover")}</p>
        <fieldset class="handover">
          <legend class="off-screen">{t("panel.handoverTo")}</legend>
          {leftBehind(view.members.value, me()?.id ?? 0).map((member) => (
            <label key={member.id} class="handover-choice">
              <input type="radio" name="owner" required checked={chosen.value === member.id} onChange={() => (chosen.value = member.id)} />
              <Avatar id={member.id} name={plainName(member)} small />
              <span dir="auto">{nameOf(member)}</span>
            </label>
          ))}
        </fieldset>
        <div class="dialog-actions">
          <button type="button" class="button" data-autofocus onClick={closeDialog}>{t("app.cancel")}</button>
          <button type="submit" class="button button-danger" disabled={chosen.value === null || isBusy.value}>{t("panel.handoverDo")}</button>
        </div>
      </form>
    </Dialog>
  );
}
