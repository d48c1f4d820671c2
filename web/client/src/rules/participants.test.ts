import { expect, it } from "vitest";
import { asked, NOBODY } from "./participants.ts";

it("neither counts nor offers those whose account has ended", () => {
  const anna = { user_id: 1, username: "anna", role: "member" as const };
  const gone = { user_id: 2, username: "deleted user", role: "owner" as const, deleted: true };
  expect(asked(NOBODY, [anna, gone]).members?.map(({ id }) => id)).toEqual([1]);
});
