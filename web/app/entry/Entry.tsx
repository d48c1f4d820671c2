/** The door: signing in, and making an account if this server lets one. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { client } from "../state/client";
import { forgetInvite, route } from "../state/route";
import { language } from "../state/settings";
import { wasTurnedOut } from "../state/overlays";
import { errorText, t } from "../words";
import { NotTheServer } from "../shell/NotTheServer";
import { Logo } from "../shell/Logo";

export function Entry() {
  const { invite } = route.value;
  return <Door key={invite} invite={invite} />;
}

function Door({ invite }: { invite: string }) {
  /** What the user wants; until they say it, the first one here can only make an account. */
  const wants = useSignal<boolean | null>(invite !== "" ? true : null);
  const isFirst = client().about.value?.is_empty === true;
  const isNew = wants.value ?? isFirst;
  const registration = client().about.value?.registration ?? "open";
  return (
    <main class="entry">
      <div class="entry-card">
        <Logo />
        <h1>{t(isNew ? "entry.welcomeNew" : "entry.welcome")}</h1>
        <p class="quiet">{t("entry.tagline")}</p>
        {client().isForeign.value && <p class="notice"><NotTheServer /></p>}
        {isNew && registration === "closed" ? (
          <p class="notice" role="status">{t("entry.closed")}</p>
        ) : (
          <EntryForm key={String(isNew)} isNew={isNew} isFirst={isFirst} needsInvite={registration === "invite"} invite={invite} />
        )}
        <p class="entry-other">
          {t(isNew ? "entry.toSignIn" : "entry.toSignUp")}{" "}
          {/* Another one each time: what is clicked just as the first form changes does what it said. */}
          <button key={String(isNew)} type="button" class="link-button" onClick={() => (wants.value = !isNew)}>
            {t(isNew ? "entry.signIn" : "entry.signUp")}
          </button>
        </p>
      </div>
      <p class="entry-language">
        <button type="button" class="link-button" lang="en" aria-pressed={language.value === "en"} onClick={() => (language.value = "en")}>
          English
        </button>
        <button type="button" class="link-button" lang="ru" aria-pressed={language.value === "ru"} onClick={() => (language.value = "ru")}>
          Русский
        </button>
      </p>
    </main>
  );
}

interface FormProps {
  isNew: boolean;
  /** Is there no account yet? */
  isFirst: boolean;
  needsInvite: boolean;
  invite: string;
}

function EntryForm({ isNew, isFirst, needsInvite, invite }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  // Also where the other form was before: the button that led here has the focus otherwise.
  useLayoutEffect(() => form.current?.querySelector<HTMLInputElement>("input[name=username]")?.focus(), []);
  const error = useSignal("");
  const isBusy = useSignal(false);
  const enter = async (event: SubmitEvent) => {
    event.preventDefault();
    const entered = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(entered.get(name) ?? "").trim();
    // A password is taken as it is typed, spaces and all.
    const password = String(entered.get("password") ?? "");
    isBusy.value = true;
    error.value = "";
    const result = isNew ? await signUp(text, password) : await client().signIn(text("username"), password);
    isBusy.value = false;
    const isAddress = !isNew && text("username").includes("@");
    if (!result.ok) error.value = isAddress && result.code === "wrong_credentials" ? t("entry.notEmail") : errorText(result);
    // The code is used up; the address bar need not keep it.
    else if (invite !== "") forgetInvite();
  };
  return (
    <form ref={form} class="entry-form" onSubmit={(event) => void enter(event)}>
      {!isNew && wasTurnedOut.value && <p class="notice" role="status">{t("error.unauthenticated")}</p>}
      {isNew && isFirst && <p class="notice" role="status">{t("entry.first")}</p>}
      {isNew && invite !== "" && <p class="notice">{t("entry.invited")}</p>}
      {isNew && invite === "" && needsInvite && <p class="notice">{t("entry.needInvite")}</p>}
      <label class="field">
        <span>{t("entry.username")}</span>
        <input class="field-input" name="username" required autocomplete="username" autocapitalize="none" spellcheck={false}
          minLength={isNew ? 3 : undefined} maxLength={32} aria-describedby={isNew ? "username-hint" : undefined} />
        {isNew && <small id="username-hint">{t("entry.usernameHint")}</small>}
      </label>
      {isNew && (
        <label class="field">
          <span>{t("entry.email")}</span>
          <input class="field-input" name="email" type="email" required autocomplete="email" maxLength={254} />
        </label>
      )}
      <label class="field">
        <span>{t("entry.password")}</span>
        <input class="field-input" name="password" type="password" required autocomplete={isNew ? "new-password" : "current-password"}
          minLength={isNew ? 6 : undefined} aria-describedby={isNew ? "password-hint" : undefined} />
        {isNew ? <small id="password-hint">{t("entry.passwordHint")}</small> : <small>{t("entry.forgot")}</small>}
      </label>
      {isNew && (needsInvite || invite !== "") && (
        <label class="field">
          <span>{t("entry.invite")}</span>
          <input class="field-input" name="invite" required={needsInvite} defaultValue={invite} autocomplete="off" spellcheck={false} />
        </label>
      )}
      {error.value !== "" && <p class="failure" role="alert">{error.value}</p>}
      <button type="submit" class="button button-main button-wide" disabled={isBusy.value}>
        {isBusy.value ? t("entry.busy") : t(isNew ? "entry.signUp" : "entry.signIn")}
      </button>
    </form>
  );
}

async function signUp(text: (name: string) => string, password: string) {
  const username = text("username");
  const invite = text("invite");
  const made = await client().signUp({ username, email: text("email"), password, ...(invite === "" ? {} : { invite }) });
  if (!made.ok || client().session.value.state === "signed-in") return made;
  return client().signIn(username, password);
}
