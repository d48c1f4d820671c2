/** What a value from outside must be, to be taken for what it says that it is. */

/** True of what has the shape. `T` is what it may be taken for then. */
export interface Shape<T> {
  (value: unknown): boolean;
  /** Only for the compiler. */
  readonly of?: T;
}

export type Check = Shape<unknown>;

export const integer: Check = Number.isSafeInteger;
export const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const text: Check = (value) => typeof value === "string";
export const flag: Check = (value) => typeof value === "boolean";
export const time: Check = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export function list<T>(check: Shape<T>): Shape<T[]> {
  return (value) => Array.isArray(value) && value.every(check);
}

export function shape<T = unknown>(fields: Record<string, Check>): Shape<T> {
  const named = Object.entries(fields);
  return (value) => isRecord(value) && named.every(([name, check]) => check(value[name]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
