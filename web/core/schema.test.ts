/** The server's own description of its frames, against what this client takes and sends. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFrame } from "./frames.ts";
import type { ClientFrame } from "./protocol.ts";

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  type?: string | string[];
  format?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

const PLACE = resolve(import.meta.dirname, "../../docs/asyncapi.json");
const { schemas } = (JSON.parse(readFileSync(PLACE, "utf8")) as { components: { schemas: Record<string, Schema> } }).components;
const names = (beginning: string) => Object.keys(schemas).filter((name) => name.startsWith(beginning));

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const { allOf, ...own } = name === undefined ? schema : (schemas[name] ?? {});
  return (allOf ?? []).map(resolved).reduce(
    (one, other) => ({
      ...one,
      ...other,
      properties: { ...one.properties, ...other.properties },
      required: [...(one.required ?? []), ...(other.required ?? [])],
    }),
    own,
  );
}

/** Something that is as a schema says; with all that it may have, or with what it must. */
function sample(of: Schema, isWhole: boolean): unknown {
  const schema = resolved(of);
  const [first] = schema.oneOf ?? [];
  if (first) return sample(first, isWhole);
  if (schema.enum) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "integer") return 7;
  if (type === "boolean") return true;
  if (type === "string") return schema.format === "date-time" ? "2026-11-22T07:52:39.721846Z" : "text";
  if (type === "array") {
    const each = schema.items?.$ref?.endsWith("/Change") ? resolved(schema.items).oneOf : [schema.items ?? {}];
    return (each ?? []).map((item) => sample(item, isWhole));
  }
  const fields = Object.entries(schema.properties ?? {});
  const wanted = fields.filter(([name]) => isWhole || schema.required?.includes(name));
  return Object.fromEntries(wanted.map(([name, inner]) => [name, sample(inner, isWhole)]));
}

const sent: Required<{ [Type in ClientFrame["type"]]: Extract<ClientFrame, { type: Type }> }> = {
  send: { type: "send", chat_id: 7, content: "hi", client_msg_id: "k", reply_to: 1 },
  open: { type: "open", chat_id: 7, after: 1, epoch: "e" },
  close: { type: "close", chat_id: 7 },
  read: { type: "read", chat_id: 7, n: 1 },
  typing: { type: "typing", chat_id: 7 },
};

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

  it("describe what is sent", () => {
    expect(names("Client")).not.toEqual([]);
    for (const [type, frame] of Object.entries(sent)) {
      const schema = resolved(schemas[`Client${type.charAt(0).toUpperCase()}${type.slice(1)}`] ?? {});
      expect(Object.keys(schema.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(frame)));
      expect(Object.keys(frame)).toEqual(expect.arrayContaining(schema.required ?? []));
    }
  });
});
