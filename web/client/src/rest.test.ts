import { describe, expect, it } from "vitest";
import * as bodies from "./bodies.ts";
import { ELSEWHERE, NOT_JSON, type Answer } from "./environment.ts";
import { bodyOf, createRest } from "./rest.ts";
import { integer, shape, text } from "./value-checks.ts";
import { Clock } from "./testing/clock.ts";

const me = shape<{ id: number }>({ id: integer });

async function asked(answer: Answer | null, is = me) {
  let signedOut = 0;
  const answered: boolean[] = [];
  const request = () => (answer === null ? Promise.reject(new TypeError("failed")) : Promise.resolve(answer));
  const callbacks = { signedOut: () => (signedOut += 1), answered: (isServer: boolean) => answered.push(isServer) };
  const rest = createRest({ request } as unknown as Parameters<typeof createRest>[0], callbacks);
  return { result: await rest("GET", "/api/me", is), signedOut, answered };
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
  });

  it("that comes at a better time is waited for, if that is soon and does no harm", async () => {
    const clock = new Clock();
    const ask = async (method: string, body: Record<string, unknown>, status = 429) => {
      let count = 0;
      const request = () => Promise.resolve((count += 1) < 3 ? { status, body } : { status: 200, body: { id: 1 } });
      const rest = createRest({ request, after: clock.after } as unknown as Parameters<typeof createRest>[0], { signedOut: () => {}, answered: () => {} });
      let result: unknown;
      void rest(method, "/api/chats/7/members", me).then((answer) => (result = answer));
      for (let step = 0; step < 100; step += 1) await Promise.resolve(clock.advance(50));
      return [count, result];
    };
    const done = [3, { ok: true, value: { id: 1 } }];
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

const HTML = "<!doctype html><title>Hotel WiFi</title><h1>Please accept our terms</h1>";

describe("what answers in the server's place", () => {
  it.each<[string, Answer]>([
    ["a page of the network", { status: 200, body: bodyOf(HTML, "text/html") }],
    ["JSON that says it is a page", { status: 200, body: bodyOf('{"id":1}', "text/html") }],
    ["a page that says it is JSON", { status: 200, body: bodyOf(HTML, "application/json") }],
    ["half an answer", { status: 200, body: bodyOf('{"id":1', "application/json") }],
    ["nothing at all, which is well", { status: 200, body: bodyOf("", null) }],
    ["that there is nothing to say", { status: 204, body: bodyOf("", null) }],
    ["another program", { status: 200, body: bodyOf('{"id":"7f3a","status":"ok"}', "application/json") }],
    ["a list", { status: 200, body: bodyOf("[]", "application/json; charset=utf-8") }],
    ["a text", { status: 200, body: bodyOf('"ok"', "application/json") }],
    ["that it is elsewhere", { status: ELSEWHERE, body: NOT_JSON }],
    ["that one must sign in to the network", { status: 511, body: bodyOf(HTML, "text/html") }],
    ["that one is not known to the proxy", { status: 401, body: bodyOf(HTML, "text/html") }],
    ["that one is not known to another program", { status: 401, body: bodyOf('{"message":"Unauthorized"}', "application/json") }],
    ["that there is nothing of this name", { status: 404, body: bodyOf(HTML, "text/html") }],
    ["a code of its own", { status: 403, body: bodyOf('{"code":403,"error":"forbidden"}', "application/json") }],
  ])("is not taken for it: %s", async (_, answer) => {
    const { result, signedOut, answered } = await asked(answer);
    expect(result).toMatchObject({ ok: false, code: "not_the_server" });
    expect([signedOut, answered]).toEqual([0, [false]]);
  });

  it("is told from it as soon as it answers itself", async () => {
    expect((await asked({ status: 200, body: bodyOf('{"id":1}', "application/json; charset=utf-8") })).answered).toEqual([true]);
    expect((await asked({ status: 401, body: { code: "unauthenticated", error: "" } })).answered).toEqual([true]);
    expect((await asked(null)).answered).toEqual([]);
  });

  it("can say of nothing that it is done, where the server says so by having nothing to say", async () => {
    expect((await asked({ status: 204, body: undefined }, bodies.done as never)).result).toEqual({ ok: true, value: undefined });
    expect((await asked({ status: 200, body: undefined }, bodies.done as never)).result).toMatchObject({ ok: false });
    expect((await asked({ status: 200, body: NOT_JSON }, bodies.done as never)).result).toMatchObject({ ok: false });
    expect((await asked({ status: 204, body: undefined }, shape({ a: text }) as never)).result).toMatchObject({ ok: false });
  });
});
