/** The words of the language that is set are there before the page, and when another one is chosen. */
import { effect } from "@preact/signals";
import { language, type Language } from "../state/settings";
import { loadWords } from "./index";

const AGAIN = 1_000;
const OTHER: Record<Language, Language> = { en: "ru", ru: "en" };

/** They are part of the page: without any there is nothing to show. */
export async function followLanguage(): Promise<void> {
  const wanted = language.peek();
  while (!(await isLoaded(wanted)) && !(await isLoaded(OTHER[wanted]))) await new Promise((resolve) => setTimeout(resolve, AGAIN));
  effect(() => void isLoaded(language.value));
}

const isLoaded = (lang: Language) => loadWords(lang).then(() => true, () => false);
