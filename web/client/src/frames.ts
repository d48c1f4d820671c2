/** From text to frames: what is not one of those that are known, whole, is none. */
import { FRAMES, PARTS, type Change, type Counters, type Message, type ServerFrame } from "./frames.generated.ts";
import { count, flag, integer, isRecord, list, maybe, orNull, text, time, type Check, type Shape } from "./value-checks.ts";

const KINDS: Readonly<Record<string, Check>> = { int: integer, count, flag, text, time };

/** Checks by what they are made of; each is made when it is first needed. */
const made = new Map<string, Check>();

/** The check of a line of `FRAMES` or `PARTS`. */
function checkOf(line: string): Check {
  let check = made.get(line);
  if (!check) made.set(line, (check = isUnion(line) ? anyOf(line.split("|")) : recordOf(line)));
  return check;
}

const isUnion = (line: string) => /^[a-z|]+$/.test(line);

/** One of these frames. Of a kind that is not known it takes its seq, and changes nothing here. */
function anyOf(types: readonly string[]): Check {
  return (value) => {
    if (!isRecord(value)) return false;
    const type = types.find((one) => one === value["type"]);
    return type === undefined || checkOf(FRAMES[type] ?? "")(value);
  };
}

function recordOf(line: string): Check {
  const fields = line.split(" ").filter((field) => field !== "").map(fieldOf);
  return (value) => isRecord(value) && fields.every((isWhole) => isWhole(value));
}

/** Of `name:kind`, `name?:kind[]|null` or `...Part`: is this right in a record? */
function fieldOf(field: string): (record: Record<string, unknown>) => boolean {
  const [, name, isOptional, kind, isList, isNullable] = /^(\w+)(\?)?:(\w+)(\[\])?(\|null)?$/.exec(field) ?? [];
  if (name === undefined || kind === undefined) return partOf(field.replace("...", ""));
  const one = KINDS[kind] ?? partOf(kind);
  const all = isList ? list(one) : one;
  const check = isNullable ? orNull(all) : all;
  return (record) => (isOptional ? maybe(check) : check)(record[name]);
}

function partOf(name: string): Check {
  const line = PARTS[name];
  if (line === undefined) throw new Error(`there is no part ${name}`);
  return checkOf(line);
}

export const messageShape = partOf("Message") as Shape<Message>;
export const countersShape = partOf("Counters") as Shape<Counters>;
export const changesShape = list(partOf("Change") as Shape<Change>);

/** The frame in a text; null if it is none, or of a kind that is not known yet. */
export function parseFrame(json: string): ServerFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const type = value["type"];
  const line = typeof type === "string" && Object.hasOwn(FRAMES, type) ? FRAMES[type] : undefined;
  return line !== undefined && checkOf(line)(value) ? (value as unknown as ServerFrame) : null;
}
