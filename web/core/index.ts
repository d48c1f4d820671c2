/**
 * The client library: `createClient(browserEnvironment())`. It draws nothing; `app` does.
 *
 * - `rules/` are functions on values: what becomes of a timeline, an outbox, a list, when something
 *   happens. They have no clock, no network and no signals.
 * - `leader/` is what one tab does for all: the connection (`connection.ts`), the opening of chats, the
 *   outbox, what has been read, looking up what was said in the background.
 * - `tabs.ts` chooses that tab and carries `news.ts` between it and the others.
 * - `handle-news.ts` turns news into `state.ts`, the signals of this tab; `view/` is what the app sees of
 *   one chat; `persistence.ts` and `cache.ts` write to the disk what is worth keeping.
 * - `environment.ts` is what all that needs of the world; `browser/` is the real one, `testing/` has
 *   others.
 */
export type * from "./api.ts";
export type { Environment } from "./environment.ts";
export { browserEnvironment } from "./browser/environment.ts";
export { createClient } from "./client.ts";
