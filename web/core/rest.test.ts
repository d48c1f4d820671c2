import { describe, expect, it } from "vitest";
import type { Answer } from "./environment.ts";
import { createRest } from "./rest.ts";
import { Clock } from "./testing/clock.ts";

async function asked(answer: Answer | null) {
  let signedOut = 0;
  const request = () => (answer === null ? Promise.reject(new TypeError("failed")) : Promise.resolve(answer));
  const rest = createRest({ request } as unknown as Parameters<typeof createRest>[0], () => (signedOut += 1));
  return { result: await rest<unknown>("GET", "/api/me"), signedOut };
}

describe("an answer", () => {
  it("is a value, or what the server said against it", async () => {
    expect((await asked({ status: 200, body: { id: 1 } })).result).toEqual({ ok: true, value: { id: 1 } });
    const body = { code: "last_owner", error: "somebody must stay" };
    expect((await asked({ status: 409, body })).result).toEqual({ ok: false, ...body });
  });

  it("that did not come, or came from a gateway, is told from a refusal", async () => {
    expect((await asked(null)).result).toMatchObject({ code: "no_answer" });
    for (const status of [502, 503, 504]) {
      expect((await asked({ status, body: undefined })).result).toMatchObject({ ok: false, code: "unavailable" });
    }
    expect((await asked({ status: 418, body: "short and stout" })).result).toMatchObject({ code: "http_418" });
  });

  it("that comes at a better time is waited for, if that is soon and does no harm", async () => {
    const clock = new Clock();
    const ask = async (method: string, body: Record<string, unknown>, status = 429) => {
      let count = 0;
      const request = () => Promise.resolve((count += 1) < 3 ? { status, body } : { status: 200, body: "done" });
      const rest = createRest({ request, after: clock.after } as unknown as Parameters<typeof createRest>[0], () => {});
      let result: unknown;
      void rest<unknown>(method, "/api/chats/7/members").then((answer) => (result = answer));
      for (let step = 0; step < 100; step += 1) await Promise.resolve(clock.advance(50));
      return [count, result];
    };
    const done = [3, { ok: true, value: "done" }];
    expect(await ask("POST", { code: "too_fast", error: "slower", retry_after_ms: 800 })).toEqual(done);
    expect(await ask("GET", { code: "busy", error: "later", retry_after_ms: 100 }, 503)).toEqual(done);
    const late = { code: "too_fast", error: "slower", retry_after_ms: 9_000 };
    expect(await ask("POST", late)).toEqual([1, { ok: false, code: "too_fast", error: "slower", retryAfter: 9_000 }]);
    // It may have been done.
    expect(await ask("POST", { code: "outcome_unknown", error: "", retry_after_ms: 100 }, 503)).toMatchObject([1, { ok: false }]);
    expect(await ask("POST", { code: "too_many_logins", error: "", retry_after_ms: 100 })).toMatchObject([1, { ok: false }]);
  });

  it("signs out only who is not known any more", async () => {
    expect((await asked({ status: 401, body: { code: "unauthenticated", error: "" } })).signedOut).toBe(1);
    expect((await asked({ status: 401, body: { code: "wrong_credentials", error: "" } })).signedOut).toBe(0);
  });
});
