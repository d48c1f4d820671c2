/** The server's own description of its answers, against what this client takes for one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as bodies from "./bodies.ts";
import type { Shape } from "./value-checks.ts";
import { begin, end, server } from "./testing/people.ts";
import { sampler, type Schema } from "./testing/schema.ts";
import { binary } from "./testing/server.ts";

type Operation = { responses: Record<string, { content?: Record<string, { schema: Schema }> }> };

const asked: [string, string, Shape<unknown>][] = [
  ["get", "/api/about", bodies.about],
  ["get", "/api/me", bodies.user],
  ["patch", "/api/me", bodies.user],
  ["post", "/auth", bodies.session],
  ["post", "/register", bodies.account],
  ["get", "/api/tokens", bodies.pageOf("tokens", bodies.token)],
  ["delete", "/api/tokens/{id}", bodies.done],
  ["delete", "/api/tokens/current", bodies.done],
  ["get", "/api/users", bodies.users],
  ["post", "/api/users/{id}/chat", bodies.chat],
  ["post", "/api/chats", bodies.newChat],
  ["get", "/api/chats/{id}", bodies.chat],
  ["patch", "/api/chats/{id}", bodies.chat],
  ["delete", "/api/chats/{id}", bodies.done],
  ["get", "/api/chats/{id}/members", bodies.pageOf("members", bodies.member)],
  ["post", "/api/chats/{id}/members", bodies.member],
  ["patch", "/api/chats/{id}/members/{user_id}", bodies.member],
  ["delete", "/api/chats/{id}/members/{user_id}", bodies.done],
  ["get", "/api/chats/{id}/messages", bodies.messages],
  ["get", "/api/chats/{id}/messages/{message_id}", bodies.message],
  ["patch", "/api/chats/{id}/messages/{message_id}", bodies.message],
  ["delete", "/api/chats/{id}/messages/{message_id}", bodies.done],
  ["put", "/api/chats/{id}/messages/{message_id}/reactions/{emoji}", bodies.done],
  ["delete", "/api/chats/{id}/messages/{message_id}/reactions/{emoji}", bodies.done],
  ["get", "/api/chats/{id}/pins", bodies.messages],
  ["put", "/api/chats/{id}/pins/{message_id}", bodies.done],
  ["delete", "/api/chats/{id}/pins/{message_id}", bodies.done],
  ["put", "/api/chats/{id}/unread", bodies.counters],
  ["put", "/api/chats/{id}/mute", bodies.done],
  ["post", "/api/invites", bodies.invite],
  ["post", "/api/sync", bodies.synced],
];

describe.skipIf(!binary)("against the server", () => {
  let paths: Record<string, Record<string, Operation>>;
  let make: ReturnType<typeof sampler>;

  beforeAll(async () => {
    await begin();
    const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as {
      paths: typeof paths;
      components: { schemas: Record<string, Schema> };
    };
    paths = document.paths;
    make = sampler(document.components.schemas);
  });
  afterAll(end);

  it.each(asked)("what it answers is taken for that: %s %s", (method, path, is) => {
    const answers = Object.entries(paths[path]?.[method]?.responses ?? {}).filter(([status]) => status.startsWith("2"));
    expect(answers).not.toEqual([]);
    for (const [status, { content }] of answers) {
      const schema = content?.["application/json"]?.schema;
      expect(schema === undefined).toBe(status === "204");
      for (const isWhole of [true, false]) {
        const body = schema === undefined ? undefined : make.sample(schema, isWhole);
        expect(is(body), JSON.stringify(body)).toBe(true);
      }
    }
  });
});
