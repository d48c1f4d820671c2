/** The server's own description of its frames, against what this client takes and sends. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFrame } from "./frames.ts";
import type { ClientFrame } from "./protocol.ts";
import { sampler, type Schema } from "./testing/schema.ts";

const PLACE = resolve(import.meta.dirname, "../../../docs/asyncapi.json");
const { schemas } = (JSON.parse(readFileSync(PLACE, "utf8")) as { components: { schemas: Record<string, Schema> } }).components;
const { resolved, sample } = sampler(schemas);
const names = (beginning: string) => Object.keys(schemas).filter((name) => name.startsWith(beginning));

const sent: Required<{ [Type in ClientFrame["type"]]: Extract<ClientFrame, { type: Type }> }> = {
  send: { type: "send", chat_id: 7, content: "hi", client_msg_id: "k", reply_to: 1 },
  open: { type: "open", chat_id: 7, after: 1, epoch: "e" },
  close: { type: "close", chat_id: 7 },
  read: { type: "read", chat_id: 7, n: 1 },
  typing: { type: "typing", chat_id: 7 },
  ping: { type: "ping" },
};

/** Values of other kinds than a field's. */
function others(of: Schema): unknown[] {
  const schema = resolved(of);
  const types = [schema.type ?? "array"].flat();
  const [item] = schema.items ? others(schema.items) : [];
  const all: [string, unknown][] = [
    ["integer", 7], ["boolean", true], ["string", "text"], ["null", null], ["array", []],
    ["object", {}], ["number", 7.5], ["number", 2 ** 53],
  ];
  const wrong = all.filter(([type]) => !types.includes(type)).map(([, value]) => value);
  if (schema.minimum === 0) wrong.push(-1);
  if (schema.format === "date-time") wrong.push("soon", "");
  // A list is no better than what is in it. A change that is not known is none of these frames.
  if (schema.items) wrong.push([item], [null], ["text", 7], { length: 0 });
  return wrong;
}

describe("the server's schemas", () => {
  it.each(names("Server"))("describe what is taken, and nothing less is: %s", (name) => {
    const schema = schemas[name] ?? {};
    for (const isWhole of [true, false]) {
      const text = JSON.stringify(sample(schema, isWhole));
      expect(parseFrame(text), text).toEqual(JSON.parse(text));
    }
    const whole = sample(schema, false) as Record<string, unknown>;
    for (const field of Object.keys(whole)) {
      const rest = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field));
      // Counters of mentions came later, and a client can do without.
      if (field !== "mentions") expect(parseFrame(JSON.stringify(rest)), field).toBeNull();
    }
  });

  it.each(names("Server"))("have each field be of its kind: %s", (name) => {
    const schema = resolved(schemas[name] ?? {});
    const whole = sample(schema, true) as Record<string, unknown>;
    for (const [field, of] of Object.entries(schema.properties ?? {})) {
      for (const other of others(of)) {
        const text = JSON.stringify({ ...whole, [field]: other });
        expect(parseFrame(text), text).toBeNull();
      }
    }
  });

  it("describe what is sent", () => {
    expect(names("Client")).not.toEqual([]);
    for (const [type, frame] of Object.entries(sent)) {
      const schema = resolved(schemas[`Client${type.charAt(0).toUpperCase()}${type.slice(1)}`] ?? {});
      expect(Object.keys(schema.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(frame)));
      expect(Object.keys(frame)).toEqual(expect.arrayContaining(schema.required ?? []));
    }
  });
});
