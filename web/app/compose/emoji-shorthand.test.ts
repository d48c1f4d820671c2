import { describe, expect, it } from "vitest";
import { shorthandAt } from "./emoji-shorthand";

/** As the text is once its last sign has been typed. */
function typed(text: string): string {
  const found = shorthandAt(text, text.length);
  return found === null ? text : text.slice(0, found.from) + found.insert + text.slice(found.to);
}

describe("what becomes an emoji as it is typed", () => {
  it.each([
    [":tada:", "🎉"], ["done :Tada:", "done 🎉"], ["(:tada:", "(🎉"], ["a\n:+1:", "a\n👍"], [":100:", "💯"],
    ["thanks :)", "thanks 🙂"], [":-)", "🙂"], ["well ;)", "well 😉"], [":(", "🙁"], ["`a` :)", "`a` 🙂"],
  ])("%s", (text, expected) => expect(typed(text)).toBe(expected));

  it.each([
    ":nothing:", "10:30:", "a:tada:", "http://x:80:", "::", ":", ")", "a:)", "(see 1:)", "`:tada:", "`a :)", "```\n:tada:", "```\nx :)", "~~~\n:)", "`x :)`",
    ":D", "<3", "std::", "a) b :", ":tada",
  ])("is not %s", (text) => expect(typed(text)).toBe(text));

  it("stands before the caret, wherever that is", () => {
    expect(shorthandAt("a :) b", 4)).toEqual({ from: 2, to: 4, insert: "🙂" });
    expect(shorthandAt("`a :) b`", 5)).toBeNull();
    expect(shorthandAt("a :) b", 5)).toBeNull();
  });
});
