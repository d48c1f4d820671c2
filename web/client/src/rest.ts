/** Questions to the server, answered by a value or by what a person can be told. */
import type { Result } from "./api.ts";
import { pageOf } from "./bodies.ts";
import { NOT_JSON, type Answer, type Environment } from "./environment.ts";
import { waitIn, waitOf } from "./rules/server-waits.ts";
import { isRecord, type Shape } from "./value-checks.ts";

export type Failure = { ok: false; code: string; error: string; retryAfter?: number };

/** Waits that the user need not know of, in milliseconds, and how often. */
const SHORT = 3_000;
const OFTEN = 4;

/** `code` where there was no answer; it may still have been done. */
export const NO_ANSWER = "no_answer";

/** `code` where something else answered in the server's place: a network's page, a proxy's sign-in, another program. */
export const NOT_THE_SERVER = "not_the_server";

/** What failed by one of these may be done yet, if it is asked for again. */
export const FOR_NOW: readonly string[] = [
  NO_ANSWER, NOT_THE_SERVER, "unavailable", "busy", "too_fast", "outcome_unknown", "going_away", "unauthenticated", "too_many_uploads",
];

export interface Rest {
  /** Only what has the shape of the answer is one. */
  <T>(method: string, path: string, is: Shape<T>, body?: unknown): Promise<Result<T>>;
}

export interface RestCallbacks {
  /** The server does not know us any more. */
  signedOut(): void;
  /** It was the server that answered; or something else did, in its place. */
  answered(isServer: boolean): void;
}

export function createRest(environment: Environment, callbacks: RestCallbacks): Rest {
  return async (method, path, is, body) => {
    for (let trial = 1; ; trial += 1) {
      const result = await ask(environment, method, path, is, body);
      if (result.ok || result.code !== NO_ANSWER) callbacks.answered(result.ok || result.code !== NOT_THE_SERVER);
      if (result.ok) return result;
      if (result.code === "unauthenticated") callbacks.signedOut();
      const { retryAfter = Infinity } = result;
      if (trial === OFTEN || retryAfter > SHORT || !isHarmless(method, result.code)) return result;
      await new Promise<void>((resolve) => void environment.after(waitOf(retryAfter, SHORT), resolve));
    }
  };
}

/** May it be asked again? What came too fast was not acted on, and a question changes nothing. */
function isHarmless(method: string, code: string): boolean {
  return code === "too_fast" || method === "GET";
}

async function ask<T>(environment: Environment, method: string, path: string, is: Shape<T>, body: unknown): Promise<Result<T>> {
  try {
    return resultOf(await environment.request(method, path, body), is);
  } catch {
    return { ok: false, code: NO_ANSWER, error: "the server did not answer" };
  }
}

/** The body of an answer, from its text and its content type. */
export function bodyOf(text: string, type: string | null): unknown {
  if (text === "") return undefined;
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) return NOT_JSON;
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

/** What an answer says, if it proves to be one: by its type, and by the shape of what is read of it. */
export function resultOf<T>({ status, body }: Answer, is: Shape<T>): Result<T> {
  if (status >= 200 && status < 300) {
    // The server's own have a body, unless they say by their status that there is none.
    const isWhole = (body === undefined) === (status === 204);
    return isWhole && is(body) ? { ok: true, value: body as T } : notTheServer(status);
  }
  if (!isRecord(body)) return [502, 503, 504].includes(status) ? unavailable(status) : notTheServer(status);
  const { code, error } = body;
  const after = waitIn(body["retry_after_ms"]);
  if (typeof code !== "string" || typeof error !== "string") return notTheServer(status);
  return { ok: false, code, error, ...(after === null ? {} : { retryAfter: after }) };
}

/** A gateway before the server has no codes of ours; it answers so while the server is away. */
function unavailable(status: number): Failure {
  return { ok: false, code: "unavailable", error: `the server answered ${status}` };
}

function notTheServer(status: number): Failure {
  return { ok: false, code: NOT_THE_SERVER, error: `something else answered in the server's place (${status})` };
}

/** The same failure, or the value as something else. */
export function map<T, U>(result: Result<T>, to: (value: T) => U): Result<U> {
  return result.ok ? { ok: true, value: to(result.value) } : result;
}

export const nothing = (result: Result<unknown>): Result<void> => map(result, () => undefined);

/** All pages of a list, up to a bound. */
export async function pages<T>(
  rest: Rest,
  path: string,
  items: string,
  each: Shape<T>,
  bound: number,
): Promise<Result<T[]>> {
  const all: T[] = [];
  let after = 0;
  for (;;) {
    const page = await rest("GET", `${path}?limit=200&after=${after}`, pageOf(items, each));
    if (!page.ok) return page;
    const some = page.value[items];
    if (!Array.isArray(some) || some.length === 0) break;
    all.push(...(some as T[]));
    const next = page.value["next"];
    if (typeof next !== "number" || next <= after || all.length >= bound) break;
    after = next;
  }
  return { ok: true, value: all };
}
