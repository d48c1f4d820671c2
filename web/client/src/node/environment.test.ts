import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import WebSocket from "ws";
import { createClient } from "../client.ts";
import { until } from "../testing/browser.ts";
import { begin, end, opened, server } from "../testing/people.ts";
import { binary } from "../testing/server.ts";
import { nodeEnvironment, type WebSocketClass } from "./environment.ts";

describe.skipIf(!binary)("a program under Node", () => {
  const folder = mkdtempSync(join(tmpdir(), "vestnik-node-"));
  const sessionFile = join(folder, "session");
  beforeAll(begin);
  afterAll(async () => {
    await end();
    vi.unstubAllGlobals();
    rmSync(folder, { recursive: true });
  });

  const start = async (WebSocket?: WebSocketClass) => {
    const client = createClient(nodeEnvironment({ url: server.url, WebSocket, sessionFile }));
    opened.push(client);
    await client.start();
    return client;
  };

  it("is still signed in when it runs again, and its session is nobody else's to read", async () => {
    const first = await start(WebSocket);
    expect(first.session.value.state).toBe("signed-out");
    const account = { username: "program", email: "program@example.com", password: "correct horse" };
    expect(await first.signUp(account)).toEqual({ ok: true, value: undefined });
    await until("online", () => first.connection.value.state === "online");
    expect(first.connection.value).toEqual({ state: "online", by: "socket" });
    first.stop();
    expect(statSync(sessionFile).mode & 0o777).toBe(0o600);
    const again = await start(WebSocket);
    expect(again.session.value).toMatchObject({ state: "signed-in", me: { username: "program" } });
  });

  it("is connected by events where there is no WebSocket, and is forgotten when it signs out", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const client = await start();
    await until("online", () => client.connection.value.state === "online");
    expect(client.connection.value).toEqual({ state: "online", by: "events" });
    expect(await client.signOut()).toEqual({ ok: true, value: undefined });
    expect(readFileSync(sessionFile, "utf8")).toBe("");
    expect((await start()).session.value.state).toBe("signed-out");
  });
});
