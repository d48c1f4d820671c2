import { describe, expect, it } from "vitest";
import { readStream } from "./stream.ts";

/** With which status a stream is over that never began. */
function refused(body: string, type: string, status: number): Promise<number | null> {
  const answer = new Response(body, { status, headers: { "content-type": type } });
  return new Promise((resolve) => {
    readStream(async () => answer, { opened: () => {}, event: () => {}, alive: () => {}, closed: resolve });
  });
}

describe("a stream that does not begin", () => {
  it("is refused by the server, or by something else, which can say nothing of one's session", async () => {
    const own = JSON.stringify({ code: "unauthenticated", error: "sign in" });
    expect(await refused(own, "application/json", 401)).toBe(401);
    expect(await refused("<h1>401 Authorization Required</h1>", "text/html", 401)).toBeNull();
    expect(await refused('{"message":"Unauthorized"}', "application/json", 401)).toBeNull();
    expect(await refused("<h1>Hotel</h1>", "text/html", 200)).toBeNull();
    expect(await refused("{}", "application/json", 200)).toBeNull();
  });
});
