import { describe, expect, it } from "vitest";
import type { Answer } from "./environment.ts";
import { createRest } from "./rest.ts";

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

  it("signs out only who is not known any more", async () => {
    expect((await asked({ status: 401, body: { code: "unauthenticated", error: "" } })).signedOut).toBe(1);
    expect((await asked({ status: 401, body: { code: "wrong_credentials", error: "" } })).signedOut).toBe(0);
  });
});
