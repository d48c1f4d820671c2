/**
 * The only way to a key that was pressed. While an input method composes a word, all keys belong to it: the arrows go
 * among its candidates, Enter takes one, Esc drops them. `isComposing` says so, and in Safari, where the last key comes
 * after the composition has ended, only the code 229 does.
 */
import { KEYS, modName, type Chord, type KeyName } from "./table";

/** A handler of keys that hears of none that belongs to an input method. */
export function onKeys<E extends KeyboardEvent>(act: (event: E) => void): (event: E) => void {
  return (event) => {
    if (!event.isComposing && event.keyCode !== 229) act(event);
  };
}

/** Hears the keys of the whole page, until what it answers is called. */
export function hearKeys(act: (event: KeyboardEvent) => void): () => void {
  const hear = onKeys(act);
  addEventListener("keydown", hear);
  return () => removeEventListener("keydown", hear);
}

/** What of a key decides; a `KeyboardEvent` has it all. */
export type Stroke = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey"> & Partial<Pick<KeyboardEvent, "getModifierState">>;

export const IS_MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** What is held for shortcuts, as it is printed on the key. */
export const MOD = modName(IS_MAC);

/** Is this one of the keys that the table has for it? */
export function isPressed(event: Stroke, name: KeyName, isMac = IS_MAC): boolean {
  return KEYS[name].chords.some((chord) => fits(event, chord, isMac));
}

export function fits(event: Stroke, chord: Chord, isMac: boolean): boolean {
  if (chord.typed === true) return false;
  // AltGr makes signs; some systems say that it is Ctrl and Alt.
  const isSigning = event.getModifierState?.("AltGraph") === true && isSign(chord.key);
  const [ctrl, alt] = [event.ctrlKey && !isSigning, event.altKey && !isSigning];
  return (
    hasMod(chord.mod, ctrl, event.metaKey, isMac) &&
    alt === (chord.alt ?? false) &&
    // Whether a sign takes Shift is the layout's to say.
    (isSign(chord.key) || event.shiftKey === (chord.shift ?? false)) &&
    isKey(event, chord)
  );
}

function hasMod(mod: Chord["mod"], ctrl: boolean, meta: boolean, isMac: boolean): boolean {
  if (mod === undefined) return !ctrl && !meta;
  if (mod === "either") return ctrl !== meta;
  // Ctrl with a letter edits the text on a Mac.
  return isMac ? meta && !ctrl : ctrl && !meta;
}

/**
 * What is printed on a key is meant, if it is something that Latin layouts have. In other layouts it is the place that
 * the key has on an English one. A sign may be elsewhere in a Latin layout too; but what makes the page larger and
 * smaller stays the browser's.
 */
function isKey(event: Stroke, { key, place }: Chord): boolean {
  if (event.key.toLowerCase() === key.toLowerCase()) return true;
  const printed = unnamed(event.key);
  return place !== undefined && event.code === place && !(isSign(key) ? /^[a-z0-9+=_-]$/i : /^[ -~]$/).test(printed) && printed.length < 2;
}

/** Of a key that only makes an accent, or that the system cannot name, the place is known all the same. */
function unnamed(key: string): string {
  return key === "Dead" || key === "Unidentified" ? "" : key;
}

/** What is one character and no letter. */
const isSign = (key: string) => key.length === 1 && !/[a-z]/i.test(key);
