/** The client's environment in a browser: `createClient(browserEnvironment())`. */
export { browserEnvironment } from "./environment.ts";
