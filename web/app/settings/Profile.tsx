import { useSignal } from "@preact/signals";
import type { Me } from "@vestnik/client";
import { client } from "../state/client";
import { showToast } from "../state/overlays";
import { errorText, t } from "../words";

type Change = Parameters<ReturnType<typeof client>["updateMe"]>[0];

export function Profile({ me }: { me: Me }) {
  const error = useSignal("");
  /** What is wrong with the current password. */
  const doubt = useSignal("");
  const isProven = useSignal(false);
  const look = (form: HTMLFormElement) => (isProven.value = takesProof(changeOf(new FormData(form), me)));
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const change = changeOf(new FormData(form), me);
    if (Object.keys(change).length === 0) return;
    const currentPassword = fieldOf(form, "currentPassword")?.value ?? "";
    const saved = await client().updateMe(currentPassword === "" ? change : { ...change, currentPassword });
    const isDoubted = !saved.ok && OF_PROOF.includes(saved.code);
    error.value = saved.ok || isDoubted ? "" : errorText(saved);
    doubt.value = isDoubted ? errorText(saved) : "";
    if (isDoubted) {
      isProven.value = true;
      requestAnimationFrame(() => fieldOf(form, "currentPassword")?.select());
    }
    if (!saved.ok) return;
    showToast(t("app.saved"));
    form.querySelectorAll<HTMLInputElement>("input[type=password]").forEach((field) => (field.value = ""));
    isProven.value = false;
  };
  return (
    <section class="settings-section">
      <h3>{t("settings.profile")}</h3>
      <form class="settings-form" onInput={(event) => look(event.currentTarget)} onSubmit={(event) => void save(event)}>
        <label class="field">
          <span>{t("settings.displayName")}</span>
          <input class="field-input" name="displayName" maxLength={64} autocomplete="name" defaultValue={me.displayName ?? ""} placeholder={me.username} aria-describedby="display-name-hint" />
          <small id="display-name-hint">{t("settings.displayNameHint")}</small>
        </label>
        <label class="field">
          <span>{t("settings.username")}</span>
          <input class="field-input" name="username" required minLength={3} maxLength={32} autocomplete="username" autocapitalize="none" spellcheck={false} defaultValue={me.username} />
        </label>
        <label class="field">
          <span>{t("settings.email")}</span>
          <input class="field-input" name="email" type="email" required maxLength={254} autocomplete="email" defaultValue={me.email} />
        </label>
        <label class="field">
          <span>{t("settings.password")}</span>
          <input class="field-input" name="password" type="password" minLength={6} autocomplete="new-password" aria-describedby="new-password-hint" />
          <small id="new-password-hint">{t("settings.passwordHint")}</small>
        </label>
        {isProven.value && <CurrentPassword doubt={doubt.value} />}
        {error.value !== "" && <p class="failure" role="alert">{error.value}</p>}
        <button type="submit" class="button button-main">{t("app.save")}</button>
      </form>
    </section>
  );
}

/** `doubt` is what is wrong with it. */
function CurrentPassword({ doubt }: { doubt: string }) {
  return (
    <label class="field">
      <span>{t("settings.currentPassword")}</span>
      <input class="field-input" name="currentPassword" type="password" required autocomplete="current-password" aria-invalid={doubt !== ""}
        aria-describedby="current-password-hint" />
      {doubt === "" ? (
        <small id="current-password-hint">{t("settings.currentPasswordHint")}</small>
      ) : (
        <small id="current-password-hint" class="failure" role="alert">{doubt}</small>
      )}
    </label>
  );
}

/** Failures that are about the current password. */
const OF_PROOF = ["current_password_required", "wrong_password", "too_many_logins"];

/** Does this change take the current password? */
function takesProof(change: Change): boolean {
  return change.email !== undefined || change.password !== undefined;
}

function fieldOf(form: HTMLFormElement, name: string): HTMLInputElement | null {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement ? field : null;
}

/** Only what is another now. */
function changeOf(form: FormData, me: Me): Change {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const password = String(form.get("password") ?? "");
  return {
    ...(text("displayName") === (me.displayName ?? "") ? {} : { displayName: text("displayName") }),
    ...(text("username") === me.username ? {} : { username: text("username") }),
    ...(text("email") === me.email ? {} : { email: text("email") }),
    ...(password === "" ? {} : { password }),
  };
}
