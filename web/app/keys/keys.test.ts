import { describe, expect, it } from "vitest";
import { fits, isPressed, onKeys, type Stroke } from "./pressed-key";
import { KEYS, rowsOfHelp, type KeyName } from "./table";

const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const stroke = (key: string, code: string, held: Partial<typeof none> = {}): Stroke => ({ ...none, key, code, ...held });
const CTRL = { ctrlKey: true };

/** What a key prints, where it is, and which keys of the table it is. */
const STROKES: [string, Stroke, KeyName[]][] = [
  ["English", stroke("k", "KeyK", CTRL), ["switcher"]],
  ["English, Caps Lock", stroke("K", "KeyK", CTRL), ["switcher"]],
  ["English, with Shift too", stroke("K", "KeyK", { ...CTRL, shiftKey: true }), []],
  ["Russian", stroke("л", "KeyK", CTRL), ["switcher"]],
  ["Greek", stroke("κ", "KeyK", CTRL), ["switcher"]],
  ["Hebrew", stroke("ל", "KeyK", CTRL), ["switcher"]],
  ["Dvorak: the printed K", stroke("k", "KeyV", CTRL), ["switcher"]],
  ["Dvorak: where an English K is", stroke("t", "KeyK", CTRL), []],
  ["no name for it", stroke("Unidentified", "KeyK", CTRL), ["switcher"]],
  ["English", stroke("r", "KeyR"), ["reply"]],
  ["Russian", stroke("к", "KeyR"), ["reply"]],
  ["Dvorak", stroke("r", "KeyO"), ["reply"]],
  ["Dvorak: where an English R is", stroke("p", "KeyR"), []],
  ["Dvorak: where an English E is", stroke(".", "KeyE"), []],
  ["English", stroke("r", "KeyR", CTRL), []],
  ["English", stroke("/", "Slash", CTRL), ["help"]],
  ["Russian", stroke(".", "Slash", CTRL), ["help"]],
  ["German", stroke("/", "Digit7", { ...CTRL, shiftKey: true }), ["help"]],
  ["German: this makes the page smaller", stroke("-", "Slash", CTRL), []],
  ["English", stroke("?", "Slash", { shiftKey: true }), ["help"]],
  ["Russian", stroke("?", "Digit7", { shiftKey: true }), ["help"]],
  ["English", stroke("+", "Equal", { shiftKey: true }), ["react"]],
  ["English, without Shift", stroke("=", "Equal"), ["react"]],
  ["German", stroke("+", "BracketRight"), ["react"]],
  ["this makes the page larger", stroke("+", "Equal", { ...CTRL, shiftKey: true }), []],
  ["", stroke("ArrowDown", "ArrowDown", { altKey: true }), ["next"]],
  ["", stroke("ArrowUp", "ArrowUp", { altKey: true, shiftKey: true }), ["previousUnread"]],
  ["", stroke("Enter", "Enter", { shiftKey: true }), ["newLineByShift"]],
  ["", stroke("Enter", "NumpadEnter", CTRL), ["sendByEnter", "sendByCtrl"]],
  ["", stroke("Enter", "Enter", { altKey: true }), []],
];

describe("keys", () => {
  it.each(STROKES)("are known by what is printed on them, else by their place: %s %o", (_, event, names) => {
    const found = (Object.keys(KEYS) as KeyName[]).filter((name) => isPressed(event, name, false));
    expect(found).toEqual(names);
  });

  it("of a Mac leave Ctrl and a letter to the text", () => {
    const ways = [{ metaKey: true }, CTRL, { ...CTRL, metaKey: true }];
    expect(ways.map((held) => isPressed(stroke("k", "KeyK", held), "switcher", true))).toEqual([true, false, false]);
    expect(ways.map((held) => isPressed(stroke("Enter", "Enter", held), "sendByCtrl", true))).toEqual([true, true, false]);
  });

  it("with AltGr are the signs that they make", () => {
    const altGr = { ...stroke("/", "KeyQ", { ctrlKey: true, altKey: true }), getModifierState: (name: string) => name === "AltGraph" };
    expect(fits(altGr, { key: "/" }, false)).toBe(true);
    expect(fits({ ...altGr, key: "k", code: "KeyK" }, { key: "K", mod: true }, false)).toBe(false);
  });

  it("of an input method are nobody else's", () => {
    const heard: string[] = [];
    const hear = onKeys((event) => heard.push(event.key));
    const press = (key: string, isComposing: boolean, keyCode: number) => hear({ ...stroke(key, key), isComposing, keyCode } as KeyboardEvent);
    for (const key of ["Enter", "Escape", "ArrowUp", "ArrowDown", "Tab", "k"]) {
      press(key, true, 229);
      press(key, true, 13);
      press(key, false, 229);
    }
    press("Enter", false, 13);
    expect(heard).toEqual(["Enter"]);
  });

  it("are all in the help, each where it works", () => {
    for (const sendKey of ["enter", "ctrl"] as const) {
      const rows = rowsOfHelp(sendKey, false);
      const wanted = Object.values(KEYS).filter(({ when }) => when === undefined || when === sendKey);
      expect(rows.map(({ what }) => what)).toEqual([...new Set(wanted.map(({ help }) => help))]);
      expect(rows.every(({ keys }) => keys.length > 0)).toBe(true);
    }
    const shown = (what: string, isMac: boolean) => rowsOfHelp("enter", isMac).find((row) => row.what === what)?.keys;
    expect(shown("help.help", false)).toEqual([["Ctrl", "/"], ["?"]]);
    expect(shown("help.switcher", true)).toEqual([["⌘", "K"]]);
    expect(shown("help.nextUnread", false)).toEqual([["Alt", "Shift", "↓"], ["Alt", "Shift", "↑"]]);
  });
});
