import type { Signal } from "@preact/signals";
import { language, sendKey, theme } from "../state/settings";
import { t } from "../words";

export function Appearance() {
  return (
    <section class="settings-section">
      <h3>{t("settings.look")}</h3>
      <Choice name="language" label={t("settings.language")} setting={language} choices={[["en", "English"], ["ru", "Русский"]]} />
      <Choice
        name="theme"
        label={t("settings.theme")}
        setting={theme}
        choices={[["system", t("settings.themeSystem")], ["light", t("settings.themeLight")], ["dark", t("settings.themeDark")]]}
      />
      <Choice name="sendKey" label={t("settings.sendKey")} setting={sendKey} choices={[["enter", t("settings.sendEnter")], ["ctrl", t("settings.sendCtrl")]]} />
    </section>
  );
}

interface ChoiceProps<T extends string> {
  name: string;
  label: string;
  setting: Signal<T>;
  choices: [T, string][];
}

function Choice<T extends string>({ name, label, setting, choices }: ChoiceProps<T>) {
  return (
    <fieldset class="choice-row">
      <legend>{label}</legend>
      <div class="segments">
        {choices.map(([value, text]) => (
          <label class="segment">
            <input type="radio" name={name} value={value} checked={setting.value === value} onChange={() => (setting.value = value)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
