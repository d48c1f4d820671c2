/** Questions to the server, answered by a value or by what a person can be told. */
import type { Result } from "./api.ts";
import type { Environment } from "./environment.ts";
import { isRecord } from "./frames.ts";

export type Failure = { ok: false; code: string; error: string; retryAfter?: number };

/** Waits that the user need not know of, in milliseconds, and how often. */
const SHORT = 3_000;
const OFTEN = 4;

/** `code` where there was no answer; it may still have been done. */
export const NO_ANSWER = "no_answer";

export interface Rest {
  <T>(method: string, path: string, body?: unknown): Promise<Result<T>>;
}

/** `signedOut` is called when the server does not know us any more. */
export function createRest(environment: Environment, signedOut: () => void): Rest {
  return async (method, path, body) => {
    for (let trial = 1; ; trial += 1) {
      const result = await ask<never>(environment, method, path, body);
      if (result.ok) return result;
      if (result.code === "unauthenticated") signedOut();
      const { retryAfter = Infinity } = result;
      if (trial === OFTEN || retryAfter > SHORT || !isHarmless(method, result.code)) return result;
      await new Promise<void>((resolve) => void environment.after(retryAfter, resolve));
    }
  };
}

/** May it be asked again? What came too fast was not acted on, and a question changes nothing. */
function isHarmless(method: string, code: string): boolean {
  return code === "too_fast" || method === "GET";
}

async function ask<T>(environment: Environment, method: string, path: string, body: unknown): Promise<Result<T>> {
  let answer;
  try {
    answer = await environment.request(method, path, body);
  } catch {
    return { ok: false, code: NO_ANSWER, error: "the server did not answer" };
  }
  if (answer.status >= 200 && answer.status < 300) return { ok: true, value: answer.body as T };
  return failureOf(answer.status, answer.body);
}

function failureOf(status: number, body: unknown): Failure {
  const fields = isRecord(body) ? body : {};
  const { code, error, retry_after_ms: after } = fields;
  return {
    ok: false,
    code: typeof code === "string" ? code : codeOf(status),
    error: typeof error === "string" ? error : `the server answered ${status}`,
    ...(typeof after === "number" && after >= 0 ? { retryAfter: after } : {}),
  };
}

/** A gateway before the server has no codes of ours; it answers so while the server is away. */
function codeOf(status: number): string {
  return [502, 503, 504].includes(status) ? "unavailable" : `http_${status}`;
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
  bound: number,
): Promise<Result<T[]>> {
  const all: T[] = [];
  let after = 0;
  for (;;) {
    const page = await rest<Record<string, unknown>>("GET", `${path}?limit=200&after=${after}`);
    if (!page.ok) return page;
    const some = page.value[items];
    if (Array.isArray(some)) all.push(...(some as T[]));
    const next = page.value["next"];
    if (typeof next !== "number" || next <= after || all.length >= bound) break;
    after = next;
  }
  return { ok: true, value: all };
}
