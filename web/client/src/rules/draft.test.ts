import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Draft, Edit, Message } from "../api.ts";
import * as rules from "./draft.ts";

const message = (id: number, text = `said ${id}`): Message => ({
  id, n: id, seq: id, userId: 1, username: "anna", text, createdAt: 0, editedAt: null, deleted: false, replyTo: null,
  mentions: [], mentionsAll: false, reactions: [], pinned: false, attachments: [],
});
const [one, two] = [message(1), message(2)];
const after = (...steps: ((draft: Draft) => Draft)[]) => steps.reduce((draft, step) => step(draft), rules.BLANK);
const type = (text: string) => (draft: Draft) => rules.typed(draft, text);
const edit = (of: Message) => (draft: Draft) => rules.editing(draft, of);
const reply = (to: Message) => (draft: Draft) => rules.replying(draft, to);
const submit = (draft: Draft) => rules.submitted(draft)[0];
const fail = (of: Message, wording: string) => (draft: Draft) => rules.failed(draft, draft.saving.find((it) => it.message.id === of.id) ?? { message: of, wording });
const reload = (draft: Draft) => rules.restored(structuredClone(rules.kept(draft)));

describe("what is half-written", () => {
  it("is in the field: what is to be said, or the change of what was said", () => {
    const draft = after(type("to be said"), edit(one));
    expect(rules.fieldOf(draft)).toBe("said 1");
    expect(rules.fieldOf(after(type("to be said"), edit(one), type("changed")))).toBe("changed");
    expect(rules.fieldOf(rules.cancelled(draft))).toBe("to be said");
  });

  it("is said with what it answers, or saved", () => {
    expect(rules.submitted(after(reply(two), type("  yes ")))).toEqual([rules.BLANK, { do: "say", text: "yes", replyTo: 2 }]);
    const [draft, act] = rules.submitted(after(type("later"), edit(one), type("better")));
    expect(act).toMatchObject({ do: "save", edit: { message: { id: 1 }, wording: "better" } });
    expect([rules.fieldOf(draft), draft.saving.length]).toEqual(["later", 1]);
    expect(rules.submitted(after(type("  ")))[1]).toBe(null);
    expect(rules.submitted(after(edit(one)))).toEqual([rules.BLANK, null]);
  });

  it("outlives the page, with what was on its way", () => {
    const change = after(type("to be said"), reply(two), edit(one), type("better"));
    expect(reload(change)).toEqual(change);
    expect(rules.fieldOf(rules.resumed(reload(after(edit(one), type("better"), submit))))).toBe("better");
    expect(reload(after(type("only a text")))).toEqual({ ...rules.BLANK, text: "only a text" });
    for (const none of [undefined, null, 7, [], {}, { text: 7 }, { text: "", edit: { wording: "x" }, aside: "y" }]) expect(rules.restored(none)).toEqual(rules.BLANK);
  });

  it("that could not be saved is there again, and disturbs nobody who types", () => {
    const lost = after(edit(one), type("better"), submit, fail(one, "better"));
    expect([rules.fieldOf(lost), lost.edit?.message.id]).toEqual(["better", 1]);
    const busy = after(edit(one), type("better"), submit, type("something els"), fail(one, "better"));
    expect(rules.fieldOf(busy)).toBe("something els");
    expect(rules.fieldOf(rules.editing(busy, one))).toBe("better");
    expect(rules.fieldOf(rules.resumed(submit(busy)))).toBe("better");
    const later = after(edit(one), type("better"), submit, edit(one), type("best"), reply(two), fail(one, "better"));
    expect(later.aside.map(({ wording }) => wording)).toEqual(["best"]);
    // Somebody else is here now: nothing of it was theirs.
    expect(fail(one, "better")(rules.BLANK)).toBe(rules.BLANK);
  });

  it("waits for another change, and for an answer", () => {
    const both = after(edit(one), type("better"), edit(two));
    expect(rules.fieldOf(both)).toBe("said 2");
    expect(rules.fieldOf(rules.cancelled(both))).toBe("better");
    const answer = after(edit(one), type("better"), reply(two), type("yes"));
    expect(rules.fieldOf(answer)).toBe("yes");
    expect(rules.fieldOf(rules.resumed(submit(answer)))).toBe("better");
    expect(after(edit(one), reply(two)).aside).toEqual([]);
  });

  it("is seen in the list", () => {
    expect(rules.previewOf(after(type("text"), edit(one)))).toBe("text");
    expect(rules.previewOf(after(type("text"), edit(one), type("better")))).toBe("better");
    expect(rules.previewOf(after(edit(one), type("better"), edit(two)))).toBe("better");
  });

  it("keeps its text in another history, and no message of the old one", () => {
    expect(rules.withoutHistory(after(type("text"), reply(two), edit(one)))).toEqual({ ...rules.BLANK, text: "text" });
  });

  it("is never lost without a word of the user's", () => {
    const id = fc.integer({ min: 1, max: 3 });
    const step = fc.oneof(
      fc.record({ do: fc.constant("type" as const) }), fc.record({ do: fc.constant("edit" as const), id }), fc.record({ do: fc.constant("reply" as const), id }),
      fc.record({ do: fc.constantFrom("submit" as const, "answer" as const, "refuse" as const, "reload" as const, "resume" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let draft = rules.BLANK;
        let count = 0;
        /** The last wording of each message, or of what is to be said (0), that nobody has yet. */
        const owed = new Map<number, string>();
        for (const one of steps) {
          if (one.do === "type") {
            draft = rules.typed(draft, `wording ${(count += 1)}`);
            owed.set(draft.edit?.message.id ?? 0, rules.fieldOf(draft));
          } else if (one.do === "edit") draft = rules.editing(draft, message(one.id));
          else if (one.do === "reply") draft = rules.replying(draft, message(one.id));
          else if (one.do === "reload") draft = reload(draft);
          else if (one.do === "resume") draft = rules.resumed(draft);
          else if (one.do === "submit") {
            const [next, act] = rules.submitted(draft);
            draft = next;
            if (act?.do === "say") owed.delete(0);
          } else {
            const [way] = draft.saving;
            if (way === undefined) continue;
            draft = (one.do === "answer" ? rules.saved : rules.failed)(draft, way);
            if (one.do === "answer" && owed.get(way.message.id) === way.wording) owed.delete(way.message.id);
          }
          const here: Edit[] = [...draft.aside, ...draft.saving, ...(draft.edit ? [draft.edit] : [])];
          for (const [id, wording] of owed) {
            if (id === 0) expect(draft.text).toBe(wording);
            else expect(here.filter((it) => it.message.id === id).map((it) => it.wording)).toContain(wording);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
