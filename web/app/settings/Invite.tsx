import { useSignal } from "@preact/signals";
import { copy } from "../chat/actions";
import { Dialog } from "../dialog/Dialog";
import { client } from "../state/client";
import { errorText, t } from "../words";

const HOURS = [24, 72, 168, 720];
const USES = [1, 5, 25, 100];

export function InviteSection() {
  return (
    <section class="settings-section">
      <h3>{t("settings.invite")}</h3>
      <Invite />
    </section>
  );
}

export function InviteDialog() {
  return (
    <Dialog title={t("settings.invite")}>
      <Invite />
    </Dialog>
  );
}

/** A link by which others make their accounts. */
function Invite() {
  const hours = useSignal(72);
  const uses = useSignal(5);
  const link = useSignal("");
  const error = useSignal("");
  const make = async (event: Event) => {
    event.preventDefault();
    const made = await client().createInvite({ hours: hours.value, uses: uses.value });
    error.value = made.ok ? "" : errorText(made);
    if (made.ok) link.value = made.value.link;
  };
  return (
    <>
      <p class="quiet">{t("settings.inviteHint")}</p>
      <form class="invite" onSubmit={(event) => void make(event)}>
        <label class="inline-field">
          <span>{t("settings.inviteHours")}</span>
          <select class="select" value={hours.value} onChange={(event) => (hours.value = Number(event.currentTarget.value))}>
            {HOURS.map((n) => (
              <option value={n}>{n < 72 ? t("settings.hours", { n }) : t("settings.days", { n: n / 24 })}</option>
            ))}
          </select>
        </label>
        <label class="inline-field">
          <span>{t("settings.inviteUses")}</span>
          <select class="select" value={uses.value} onChange={(event) => (uses.value = Number(event.currentTarget.value))}>
            {USES.map((n) => (
              <option value={n}>{n}</option>
            ))}
          </select>
        </label>
        <button type="submit" class="button">{t("settings.inviteMake")}</button>
      </form>
      {error.value !== "" && <p class="failure" role="alert">{error.value}</p>}
      {link.value !== "" && (
        <div class="invite-link">
          <input class="field-input" readOnly aria-label={t("settings.inviteLink")} value={link.value} onFocus={(event) => event.currentTarget.select()} />
          <button type="button" class="button button-main" onClick={() => void copy(link.value)}>{t("settings.copy")}</button>
        </div>
      )}
    </>
  );
}
