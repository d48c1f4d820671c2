/**
 * The client library: `createClient(environment)`. It draws nothing, and knows no page.
 *
 * - `rules/` are functions on values: what becomes of a timeline, an outbox, a list, when something
 *   happens. They have no clock, no network and no signals.
 * - `core.ts` is what the other parts share; each part is made of those before it, and emits what concerns later ones.
 *   `client.ts` puts them together, `lifecycle.ts` is from start to stop.
 * - `leader/` is what one tab does for all: the connection (`connection.ts`), the opening of chats, the
 *   outbox, what has been read, looking up what was said in the background.
 * - `tabs.ts` chooses that tab and carries `news.ts` between it and the others.
 * - `handle-news.ts` turns news into `state.ts`, the signals of this tab; `view/` is what the app sees of
 *   one chat; `persistence.ts` and `cache.ts` write to the disk what is worth keeping.
 * - `environment.ts` is what all that needs of the world; `browser/` has one, `testing/` has others.
 */
export type * from "./api.ts";
export { createClient } from "./client.ts";
export type * from "./environment.ts";
export { follow, settled } from "./follow.ts";
export { NO_ANSWER } from "./rest.ts";
export { BLANK, fieldOf } from "./rules/draft.ts";
export { isToBe, numberWith, personIn } from "./rules/chat-to-be.ts";
export { createDrafting } from "./view/drafting.ts";

// What texts and names mean, as the server sees them.
export type { CodeSpan } from "./rules/code.ts";
export { cut } from "./rules/cut.ts";
export { lookalikes } from "./rules/likeness.ts";
export { mentionsIn, type Call } from "./rules/mentions.ts";
export { nameKey } from "./rules/names.ts";
export { scan, type LinkSpan } from "./rules/scan.ts";
export { formRanker, onOtherKeyboard, ranker, searched } from "./rules/search.ts";
