import { expect, it } from "vitest";
import { keyOf } from "./message-keys.ts";

it("a key is a UUID of version 7, and sorts by its time", () => {
  const [none, all] = [new Uint8Array(16), new Uint8Array(16).fill(255)];
  expect(keyOf(0x0123456789ab, all)).toBe("01234567-89ab-7fff-bfff-ffffffffffff");
  expect(keyOf(0, none)).toBe("00000000-0000-7000-8000-000000000000");
  expect(keyOf(1_700_000_000_001, none) > keyOf(1_700_000_000_000, all)).toBe(true);
});
