/** The client library: `createClient(browserEnvironment())`. */
export type * from "./api.ts";
export type { Environment } from "./environment.ts";
export { browserEnvironment } from "./browser/environment.ts";
export { createClient } from "./client.ts";
