/** What the user likes, on this device. */
import { effect, signal, type Signal } from "@preact/signals";

export type Language = "en" | "ru";
export type Theme = "system" | "light" | "dark";
export type SendKey = "enter" | "ctrl";

export const language: Signal<Language> = signal("en");
export const theme: Signal<Theme> = signal("system");
export const sendKey: Signal<SendKey> = signal("enter");
export const notifications: Signal<"on" | "off"> = signal("off");

/** Takes what is stored, and from now on stores and shows what is set. */
export function keepSettings(): void {
  keep("language", language, ["en", "ru"], preferred(navigator.languages));
  keep("theme", theme, ["system", "light", "dark"], "system");
  keep("sendKey", sendKey, ["enter", "ctrl"], "enter");
  keep("notifications", notifications, ["on", "off"], "off");
  effect(() => {
    document.documentElement.lang = language.value;
  });
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme.value);
  });
}

/** The first language of the browser that we speak. */
export function preferred(languages: readonly string[]): Language {
  for (const tag of languages) {
    if (tag.startsWith("ru")) return "ru";
    if (tag.startsWith("en")) return "en";
  }
  return "en";
}

function keep<T extends string>(name: string, setting: Signal<T>, allowed: readonly T[], otherwise: T): void {
  const key = `vestnik.${name}`;
  const take = (value: string | null) => (setting.value = allowed.find((one) => one === value) ?? otherwise);
  take(read(key));
  // Set in another tab of this browser.
  addEventListener("storage", (event) => {
    if (event.key === key) take(event.newValue);
  });
  let isFirst = true;
  effect(() => {
    const value = setting.value;
    // What was only guessed is guessed anew next time.
    if (!isFirst) write(key, value);
    isFirst = false;
  });
}

/** A browser may forbid storage altogether; then nothing is remembered. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Set for this visit only.
  }
}
