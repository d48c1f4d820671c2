/**
 * The frames as the client knows them, made of the server's own description: a type for the compiler, and for the
 * run-time check (`client/src/frames.ts`) one line of fields each.
 */

export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  enum?: (string | null)[];
  type?: string | string[];
  format?: string;
  minimum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
}

type Schemas = Record<string, Schema>;

/** Of these sets more values may come, as docs/protocol.md says. */
const OPEN_SETS = ["ErrorCode"];
/** Fields that came later, which the check does without. */
const CAME_LATER: Record<string, string[]> = { Counters: ["mentions"] };

const HEAD = `/**
 * The frames of the server, and those for it: made by \`npm run frames\` of docs/asyncapi.json, which the server writes.
 */
/* eslint-disable max-lines */
`;

export function generate(schemas: Schemas): string {
  const names = Object.keys(schemas);
  const frames = names.filter((name) => name.startsWith("Server"));
  const sent = names.filter((name) => name.startsWith("Client"));
  const parts = names.filter((name) => !frames.includes(name) && !sent.includes(name));
  const union = (name: string, members: string[]) => `export type ${name} =\n${members.map((one) => `  | ${one}`).join("\n")};\n`;
  const lines = (of: string[], key: (name: string) => string) =>
    of.flatMap((name) => {
      const fields = fieldsOf(name, schemas[name] ?? {});
      return fields === null ? [] : [`  ${key(name)}:\n    ${JSON.stringify(fields)},`];
    });
  return [
    HEAD,
    ...names.map((name) => typeOf(name, schemas[name] ?? {})),
    union("ServerFrame", frames),
    union("ClientFrame", sent),
    "/** What is in a frame of the server, by its `type`. */",
    `export const FRAMES: Readonly<Record<string, string>> = {\n${lines(frames, (name) => frameType(schemas[name] ?? {})).join("\n")}\n};\n`,
    "/** What frames are made of. */",
    `export const PARTS: Readonly<Record<string, string>> = {\n${lines(parts, (name) => name).join("\n")}\n};\n`,
  ].join("\n");

  /** Whether a schema is one of frames, so that its `type` tells it from others. */
  function frameType(schema: Schema): string {
    const all = [schema, ...(schema.allOf ?? [])];
    const type = all.map(({ properties }) => properties?.["type"]?.enum?.[0]).find((one) => typeof one === "string");
    if (typeof type !== "string") throw new Error("a frame without a type");
    return type;
  }

  /** One line of the check; null for what is no record. */
  function fieldsOf(name: string, schema: Schema): string | null {
    if (schema.oneOf) return schema.oneOf.map((one) => frameType(schemas[refOf(one)] ?? {})).join("|");
    if (schema.allOf) return schema.allOf.flatMap((one) => (one.$ref ? [`...${refOf(one)}`] : ownFields(name, one))).join(" ");
    return schema.properties ? ownFields(name, schema).join(" ") : null;
  }

  function ownFields(name: string, { properties = {}, required = [] }: Schema): string[] {
    const isNeeded = (field: string) => required.includes(field) && !CAME_LATER[name]?.includes(field);
    // The frame was found by its type.
    const fields = Object.entries(properties).filter(([field, of]) => field !== "type" || !of.enum);
    return fields.map(([field, of]) => `${field}${isNeeded(field) ? "" : "?"}:${kindOf(of)}`);
  }

  /** How a value is checked. A set of words is checked as a text: another server may know more of them. */
  function kindOf(schema: Schema): string {
    if (schema.$ref) {
      const of = schemas[refOf(schema)] ?? {};
      return of.enum || of.items ? kindOf(of) : refOf(schema);
    }
    const [type, isNullable] = kindsOf(schema);
    return `${type === "array" ? `${kindOf(schema.items ?? {})}[]` : scalar(type, schema)}${isNullable ? "|null" : ""}`;
  }
}

function scalar(type: string | undefined, { format, minimum }: Schema): string {
  if (type === "integer") return minimum === 0 ? "count" : "int";
  if (type === "boolean") return "flag";
  if (type === "string") return format === "date-time" ? "time" : "text";
  throw new Error(`a field of a kind that is not known: ${type}`);
}

function kindsOf({ type }: Schema): [string | undefined, boolean] {
  const all = typeof type === "string" ? [type] : (type ?? []);
  return [all.find((one) => one !== "null"), all.includes("null")];
}

function refOf(schema: Schema): string {
  const name = schema.$ref?.split("/").at(-1);
  if (name === undefined) throw new Error("a schema that is not named");
  return name;
}

const said = ({ description }: Schema, indent = "") =>
  description === undefined ? "" : `${indent}/** ${description.replaceAll("\n", " ").replaceAll("*/", "* /")} */\n`;

/** The declaration of a type. */
function typeOf(name: string, schema: Schema): string {
  const is = (as: string) => `${said(schema)}export type ${name} = ${as};\n`;
  if (schema.oneOf) return is(schema.oneOf.map(refOf).join(" | "));
  if (schema.allOf) return is(schema.allOf.map((one) => (one.$ref ? refOf(one) : record(name, one))).join(" & "));
  if (schema.properties) return `${said(schema)}export interface ${name} ${record(name, schema)}\n`;
  return is(OPEN_SETS.includes(name) ? "string" : typeIn(schema));
}

function record(name: string, { properties = {}, required = [] }: Schema): string {
  const isSent = name.startsWith("Client");
  const fields = Object.entries(properties).map(([field, of]) => {
    const isThere = (required.includes(field) && !CAME_LATER[name]?.includes(field)) || (isSent && field === "type");
    // What one sends is left away rather than null.
    const type = isSent && !isThere ? typeIn(of).replace(/ \| null$/, "") : typeIn(of);
    return `${said(of, "  ")}  ${field}${isThere ? "" : "?"}: ${type};\n`;
  });
  return `{\n${fields.join("")}}`;
}

function typeIn(schema: Schema): string {
  if (schema.$ref) return refOf(schema);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const [type, isNullable] = kindsOf(schema);
  const types: Record<string, string> = { integer: "number", boolean: "boolean", string: "string" };
  const is = type === "array" ? `${typeIn(schema.items ?? {})}[]` : types[type ?? ""];
  if (is === undefined) throw new Error(`a field of a kind that is not known: ${type}`);
  return isNullable ? `${is} | null` : is;
}
