import { expect, it } from "vitest";
import { countText } from "./title-count";

it.each([[0, 0, ""], [24, 0, "(24) "], [24, 1, "(24, @1) "]])("%i unread and %i mentions are %j", (unread, mentions, expected) => {
  expect(countText(unread, mentions)).toBe(expected);
});
