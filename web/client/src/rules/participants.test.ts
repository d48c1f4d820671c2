import { expect, it } from "vitest";
import { asked, changed, NOBODY, type Participants } from "./participants.ts";

it("neither counts nor offers those whose account has ended", () => {
  const anna = { user_id: 1, username: "anna", role: "member" as const };
  const gone = { user_id: 2, username: "deleted user", role: "owner" as const, deleted: true };
  expect(asked(NOBODY, [anna, gone]).members?.map(({ id }) => id)).toEqual([1]);
});

const bob = { type: "member" as const, chat_id: 2, seq: 5, user_id: 2, username: "bob", created_at: "2026-11-27T05:00:00Z" };
const named = ({ members }: Participants) => members?.map(({ username, displayName, role }) => [username, displayName, role]);

it("calls those who have just joined what they are called", () => {
  const alone = asked(NOBODY, [{ user_id: 1, username: "anna", role: "owner" }]);
  const joined = changed(alone, { ...bob, change: "joined", role: "guest", display_name: "Боб Яновский" });
  expect(named(joined)).toEqual([["anna", null, "owner"], ["bob", "Боб Яновский", "guest"]]);
  const raised = changed(joined, { ...bob, change: "role", role: "admin", display_name: "Bob" });
  expect(named(raised)?.[1]).toEqual(["bob", "Bob", "admin"]);
  // A server that does not say it takes nothing away.
  expect(named(changed(raised, { ...bob, change: "role", role: "member" }))?.[1]).toEqual(["bob", "Bob", "member"]);
});
