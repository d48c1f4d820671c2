/** Times as people say them, in the language that is set. */
import { signal } from "@preact/signals";
import { language } from "../state/settings";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, name: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${language.value} ${name}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(language.value === "en" ? regional("en") : "ru", options);
    formats.set(key, made);
  }
  return made.format(at);
}

/** English as it is written where the user lives, if their browser says so: 14:05 or 2:05 PM. */
function regional(lang: string): string {
  return navigator.languages.find((tag) => tag.startsWith(lang)) ?? lang;
}

/** 14:05 */
export const clock = (at: number) => format(at, "clock", { hour: "2-digit", minute: "2-digit" });

/** All of it, for a tooltip. */
export const fullTime = (at: number) => format(at, "full", { dateStyle: "full", timeStyle: "medium" });

/** Local midnight before a time: equal for times of one day. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Whole days from `at` to `now`, by the calendar. */
export function daysBetween(at: number, now: number): number {
  return Math.round((dayOf(now) - dayOf(at)) / DAY);
}

/** When the present day began; what reads it is drawn anew at midnight. */
const today = signal(dayOf(Date.now()));

/** From now on days change. A timer sleeps with the machine, so it is looked again when somebody looks. */
export function keepDay(): void {
  const look = () => (today.value = dayOf(Date.now()));
  setInterval(look, MINUTE);
  document.addEventListener("visibilitychange", look);
}

/** Today, yesterday, Monday, 3 November, 3 November 2025. */
export function dayName(at: number, now = today.value): string {
  const days = daysBetween(at, now);
  if (days === 0 || days === 1) {
    return capitalised(daysAgo(days));
  }
  if (days > 1 && days < 7) return capitalised(format(at, "weekday", { weekday: "long" }));
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return sameYear
    ? format(at, "date", { day: "numeric", month: "long" })
    : format(at, "dateYear", { day: "numeric", month: "long", year: "numeric" });
}

/** today, yesterday, 7 days ago */
export const daysAgo = (days: number) => new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(-days, "day");

/** Yesterday, 14:05 */
export const dayAndClock = (at: number) => `${dayName(at)}, ${clock(at)}`;

/** As short as a list needs it: the clock today, then the weekday, then the date. */
export function shortTime(at: number, now = today.value): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clock(at);
  if (days < 7) return format(at, "short", { weekday: "short" });
  return format(at, "numeric", { day: "2-digit", month: "2-digit", year: "2-digit" });
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
