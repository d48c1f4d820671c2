import { describe, expect, it } from "vitest";
import type { Core } from "./core.ts";
import { createEmitter } from "./emitter.ts";
import { createPeople } from "./people.ts";
import { createState } from "./state.ts";

/** A group of four, where the one numbered 2 is answered like that. */
async function group(code: string) {
  const asked: number[] = [];
  const rest = async (_: string, path: string, __: unknown, body: { user_id?: number }) => {
    if (path === "/api/chats/7") return { ok: false, code, error: "" };
    if (path === "/api/chats") return { ok: true, value: { id: 7 } };
    asked.push(body.user_id ?? 0);
    return body.user_id === 2 ? { ok: false, code, error: "" } : { ok: true, value: {} };
  };
  const core = { rest, state: createState(), news: createEmitter(), announce: () => undefined, files: { bytesOf: () => null } };
  const people = createPeople(core as unknown as Core);
  return { made: await people.createGroup("Lunch", [1, 2, 3, 4]), asked };
}

describe("a new group", () => {
  it("takes in all that it can, and names the others", async () => {
    expect(await group("user_not_found")).toEqual({ made: { ok: true, value: { id: 7, refused: [2] } }, asked: [1, 2, 3, 4] });
    expect(await group("already_member")).toMatchObject({ made: { value: { refused: [] } } });
  });

  it.each(["no_answer", "not_the_server"])("does not wait for each of its members in turn where nobody answers (%s)", async (code) => {
    expect(await group(code)).toEqual({ made: { ok: true, value: { id: 7, refused: [2, 3, 4] } }, asked: [1, 2] });
  });
});
