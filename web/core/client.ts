import type { Client } from "./api.ts";
import type { Environment } from "./environment.ts";

/** A client that has not been started. */
export function createClient(_environment: Environment): Client {
  throw new Error("not there yet");
}
