/** Going back and forth in a chat, a page at a time. */
import type { Signal } from "@preact/signals-core";
import type { ChatView, Timeline } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Core } from "../core.ts";
import type { MessageBody } from "../protocol.ts";
import * as rules from "../rules/log.ts";

const PAGE = 50;
/** How often a page is asked for that was dropped. */
const TRIALS = 3;

type Take = (log: rules.Log, page: MessageBody[], more: boolean) => rules.Log;

export interface Paging extends Pick<ChatView, "loadOlder" | "loadNewer" | "showAround" | "showLatest"> {
  /** Looks up what was not told of a message, which happens when it changed in the midst of a replay. */
  complete(): Promise<void>;
}

export interface Opened {
  loading: Signal<Timeline["loading"]>;
  isShown(): boolean;
  /** It is checked against the server, or that will take a while. */
  checked(): Promise<void>;
}

export function createPaging(core: Core, id: number, { loading, isShown, checked }: Opened): Paging {
  const log = core.state.log(id);
  let isCompleting = false;
  /** A page or the rest of a message is being asked for. */
  let asked: Promise<void> | null = null;

  async function complete() {
    const bare = isShown() && loading.peek() === null && log.peek().rows.find((row) => row.isBare);
    if (!bare || isCompleting) return;
    isCompleting = true;
    log.value = rules.asking(log.peek());
    const request = core.rest("GET", `/api/chats/${id}/messages/${bare.id}`, bodies.message);
    asked = request.then(() => undefined);
    const answer = await request;
    log.value = rules.asked(answer.ok ? rules.completed(log.peek(), answer.value) : log.peek());
    isCompleting = false;
    asked = null;
    // One that answers for another message would be asked for this one again and again.
    if (answer.ok && answer.value.id === bare.id) void complete();
  }

  async function page(kind: NonNullable<Timeline["loading"]>, query: string, take: Take) {
    if (loading.peek() !== null || isCompleting || log.peek().seq === null) return;
    loading.value = kind;
    log.value = rules.asking(log.peek());
    const path = `/api/chats/${id}/messages?limit=${PAGE}${query}`;
    const request = core.rest("GET", path, bodies.messages);
    asked = request.then(() => undefined);
    const answer = await request;
    const next = answer.ok ? take(log.peek(), answer.value.messages, typeof answer.value.next === "number") : log.peek();
    log.value = rules.asked(next);
    loading.value = null;
    asked = null;
    void complete();
  }

  /**
   * Goes to another stretch. What is being asked for ends first, and a page that was dropped, since a
   * replay has replaced everything meanwhile, is asked for again.
   */
  async function go(query: string, take: Take, isThere: () => boolean) {
    await checked();
    for (let trial = 0; trial < TRIALS && !isThere(); trial += 1) {
      while (asked) await asked;
      await page("first", query, take);
    }
  }

  return {
    complete,
    async loadOlder() {
      const before = rules.firstN(log.peek());
      if (rules.hasOlder(log.peek())) await page("older", `&before=${before}`, rules.withOlder);
    },
    async loadNewer() {
      const after = rules.lastN(log.peek());
      if (rules.hasNewer(log.peek())) await page("newer", `&after=${after}`, rules.withNewer);
    },
    showAround: (n) => go(`&around=${n}`, rules.elsewhere, () => log.peek().rows.some((row) => row.n === n)),
    showLatest: () => go("", (now, rows) => rules.elsewhere(now, rows, false), () => !rules.hasNewer(log.peek())),
  };
}
