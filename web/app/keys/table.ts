/**
 * All keys that the help names, in the order in which it shows them. What arrows, Home, End, Enter, Tab and Esc do within
 * a list or a menu is where that list is.
 */
import type { Key } from "../words";

export interface Chord {
  /** As `KeyboardEvent.key` has it: a letter or sign, or a name such as `ArrowUp`. */
  key: string;
  /** Where an English layout has it, for layouts that do not have it at all. */
  place?: string;
  /** Ctrl, or ⌘ on a Mac; `either` takes both everywhere. */
  mod?: true | "either";
  alt?: true;
  shift?: true;
  /** Works, and is not worth a line in the help. */
  quiet?: true;
  /** It is only written down: whoever types it gets help with what follows. */
  typed?: true;
}

interface KeyBinding {
  help: Key;
  chords: readonly Chord[];
  /** With which choice of the key that sends. */
  when?: "enter" | "ctrl";
}

const letter = (key: string): Chord => ({ key, place: `Key${key}` });

const TABLE = {
  switcher: { help: "help.switcher", chords: [{ ...letter("K"), mod: true }] },
  searchHere: { help: "help.searchHere", chords: [{ ...letter("F"), mod: true }] },
  next: { help: "help.next", chords: [{ key: "ArrowDown", alt: true }] },
  previous: { help: "help.next", chords: [{ key: "ArrowUp", alt: true }] },
  nextUnread: { help: "help.nextUnread", chords: [{ key: "ArrowDown", alt: true, shift: true }] },
  previousUnread: { help: "help.nextUnread", chords: [{ key: "ArrowUp", alt: true, shift: true }] },
  sendByEnter: { help: "help.send", when: "enter", chords: [{ key: "Enter" }, { key: "Enter", mod: "either", quiet: true }] },
  sendByCtrl: { help: "help.send", when: "ctrl", chords: [{ key: "Enter", mod: "either" }] },
  newLineByShift: { help: "help.newLine", when: "enter", chords: [{ key: "Enter", shift: true }] },
  newLineByEnter: { help: "help.newLine", when: "ctrl", chords: [{ key: "Enter" }] },
  editLast: { help: "help.editLast", chords: [{ key: "ArrowUp" }] },
  mention: { help: "help.mention", chords: [{ key: "@", typed: true }] },
  emoji: { help: "help.emoji", chords: [{ key: ":", typed: true }] },
  toMessages: { help: "help.messages", chords: [{ key: "Tab", shift: true, typed: true }] },
  messageAbove: { help: "help.messages", chords: [{ key: "ArrowUp" }] },
  messageBelow: { help: "help.messages", chords: [{ key: "ArrowDown" }] },
  menu: { help: "help.menu", chords: [{ key: "Enter" }, { key: "ContextMenu", quiet: true }, { key: "F10", shift: true, quiet: true }] },
  reply: { help: "help.reply", chords: [letter("R")] },
  edit: { help: "help.edit", chords: [letter("E")] },
  react: { help: "help.react", chords: [{ key: "+" }, { key: "=", quiet: true }] },
  remove: { help: "help.remove", chords: [{ key: "Delete" }, { key: "Backspace", quiet: true }] },
  cancel: { help: "help.escape", chords: [{ key: "Escape" }] },
  help: { help: "help.help", chords: [{ key: "/", place: "Slash", mod: true }, { key: "?" }] },
} as const satisfies Record<string, KeyBinding>;

export type KeyName = keyof typeof TABLE;
export const KEYS: Readonly<Record<KeyName, KeyBinding>> = TABLE;

/** What the help shows: what keys do, and the keys, each as what is pressed together. */
export function rowsOfHelp(sendKey: "enter" | "ctrl", isMac: boolean): { what: Key; keys: string[][] }[] {
  const rows = new Map<Key, string[][]>();
  for (const { help, chords, when } of Object.values(KEYS)) {
    if (when !== undefined && when !== sendKey) continue;
    const shown = chords.filter((chord) => chord.quiet !== true).map((chord) => named(chord, isMac));
    rows.set(help, [...(rows.get(help) ?? []), ...shown]);
  }
  return Array.from(rows, ([what, keys]) => ({ what, keys }));
}

const NAMES: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", Delete: "Del" };

/** What is printed on the keys. */
export function named({ key, mod, alt, shift }: Chord, isMac: boolean): string[] {
  return [mod && modName(isMac), alt && (isMac ? "⌥" : "Alt"), shift && "Shift", NAMES[key] ?? key].filter((name) => typeof name === "string");
}

export const modName = (isMac: boolean) => (isMac ? "⌘" : "Ctrl");
