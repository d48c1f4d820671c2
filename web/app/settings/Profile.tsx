import { useSignal } from "@preact/signals";
import type { Me } from "../../core/api";
import { client } from "../state/client";
import { say } from "../state/ui";
import { errorText, t } from "../words";

type Change = Parameters<ReturnType<typeof client>["updateMe"]>[0];

export function Profile({ me }: { me: Me }) {
  const error = useSignal("");
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const change = changeOf(new FormData(form), me);
    if (Object.keys(change).length === 0) return;
    const saved = await client().updateMe(change);
    error.value = saved.ok ? "" : errorText(saved);
    if (!saved.ok) return;
    say(t("app.saved"));
    const password = form.elements.namedItem("password");
    if (password instanceof HTMLInputElement) password.value = "";
  };
  return (
    <section class="settings-section">
      <h3>{t("settings.profile")}</h3>
      <form class="settings-form" onSubmit={(event) => void save(event)}>
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
        {error.value !== "" && <p class="failure" role="alert">{error.value}</p>}
        <button type="submit" class="button button-main">{t("app.save")}</button>
      </form>
    </section>
  );
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
