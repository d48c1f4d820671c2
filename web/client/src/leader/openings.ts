/**
 * Which tabs show which chats, and the opening of those on the socket. The server answers one `open`
 * of a chat at a time, so others wait; and it does not repeat in its answer where that began, which
 * the tabs must know: they may be at different places.
 */
import type { Environment } from "../environment.ts";
import type { ChangesFrame, ClientFrame, ErrorFrame, OpenedFrame } from "../protocol.ts";
import { hasPassed } from "../rules/clock-changes.ts";
import { waitOf } from "../rules/server-waits.ts";

/** When to ask again what was too much, unless the server says. */
const LATER = 1_000;

interface OpeningRequest {
  tabs: string[];
  after: number | null;
  epoch: string | null;
}

interface Opening {
  tabs: Set<string>;
  running: OpeningRequest | null;
  waiting: OpeningRequest[];
  /** The next step begins behind this. */
  reached: number;
  /** When the server last had something to answer, or answered. */
  at: number;
}

export interface Openings {
  open(tab: string, chatId: number, after: number | null, epoch: string | null): void;
  close(tab: string, chatId: number): void;
  gone(tab: string): void;
  /** Where a step begins, and which tabs asked for it. */
  opened(frame: OpenedFrame): { from: number; tabs: string[] };
  /** A chat is not the user's any more: nobody has it open there. */
  ended(chatId: number): void;
  /** What another process has stored was told; is the chat still the user's? */
  stored(frame: ChangesFrame, isIn: boolean): void;
  /** A live change was heard. */
  live(chatId: number, seq: number): void;
  /** The tabs whose opening failed with this error; null if it is about something else. */
  failed(frame: ErrorFrame): string[] | null;
  isOpen(chatId: number): boolean;
  /** Has nothing been heard for so long of what was asked? */
  isStuck(chatId: number, milliseconds: number): boolean;
  /** What is asked, and waits to be, is not waited for any more: whose that was. */
  givenUp(chatId: number): string[];
  lost(): void;
}

interface OpeningsContext {
  send(frame: ClientFrame): void;
  environment: Pick<Environment, "now" | "after">;
  /** By chat. */
  openings: Map<number, Opening>;
}

export function createOpenings(send: OpeningsContext["send"], environment: OpeningsContext["environment"]): Openings {
  const context: OpeningsContext = { send, environment, openings: new Map() };
  const { openings } = context;
  return {
    open: (tab, chatId, after, epoch) => open(context, chatId, { tabs: [tab], after, epoch }),
    close: (tab, chatId) => close(context, tab, chatId),
    gone(tab) {
      for (const chatId of [...openings.keys()]) close(context, tab, chatId);
    },
    opened: (frame) => opened(context, frame),
    ended: (chatId) => ended(context, chatId),
    live: (chatId, seq) => live(context, chatId, seq),
    stored({ chat_id: chatId, seq }, isIn) {
      live(context, chatId, seq);
      if (!isIn) ended(context, chatId);
    },
    failed: (frame) => failed(context, frame),
    isOpen: (chatId) => (openings.get(chatId)?.tabs.size ?? 0) > 0,
    isStuck(chatId, milliseconds) {
      const opening = openings.get(chatId);
      return !!opening?.running && hasPassed(opening.at, environment.now(), milliseconds);
    },
    givenUp: (chatId) => givenUp(context, chatId),
    lost: () => openings.clear(),
  };
}

function open(context: OpeningsContext, chatId: number, asked: OpeningRequest) {
  const opening = context.openings.get(chatId) ?? { tabs: new Set(), running: null, waiting: [], reached: 0, at: 0 };
  context.openings.set(chatId, opening);
  for (const tab of asked.tabs) opening.tabs.add(tab);
  const like = opening.waiting.find((one) => one.epoch === asked.epoch && asked.after !== null && one.after !== null);
  if (like) {
    like.tabs.push(...asked.tabs);
    like.after = Math.min(like.after ?? 0, asked.after ?? 0);
  } else {
    opening.waiting.push(asked);
  }
  next(context, chatId, opening);
}

function next(context: OpeningsContext, chatId: number, opening: Opening) {
  if (opening.running) return;
  opening.running = opening.waiting.shift() ?? null;
  if (opening.running) ask(context, chatId, opening, opening.running);
  else if (opening.tabs.size === 0) {
    context.openings.delete(chatId);
    context.send({ type: "close", chat_id: chatId });
  }
}

function ask({ environment, send }: OpeningsContext, chatId: number, opening: Opening, { after, epoch }: OpeningRequest) {
  opening.reached = after ?? 0;
  opening.at = environment.now();
  send({ type: "open", chat_id: chatId, ...(after === null ? {} : { after }), ...(epoch === null ? {} : { epoch }) });
}

function close(context: OpeningsContext, tab: string, chatId: number) {
  const opening = context.openings.get(chatId);
  if (!opening?.tabs.delete(tab) || opening.tabs.size > 0) return;
  // An answer that is on its way is waited for, so that it is not taken for the next one's.
  opening.waiting = [];
  next(context, chatId, opening);
}

function ended({ openings }: OpeningsContext, chatId: number) {
  const opening = openings.get(chatId);
  if (!opening) return;
  opening.waiting = [];
  opening.tabs.clear();
  // An answer that is on its way is waited for, so that it is not taken for the next one's.
  if (!opening.running) openings.delete(chatId);
}

function live({ openings }: OpeningsContext, chatId: number, seq: number) {
  const opening = openings.get(chatId);
  if (opening && !opening.running) opening.reached = seq;
}

function opened(context: OpeningsContext, frame: OpenedFrame) {
  const opening = context.openings.get(frame.chat_id);
  if (!opening) return { from: frame.seq, tabs: [] };
  const answer = { from: opening.reached, tabs: opening.running?.tabs ?? [] };
  opening.reached = frame.seq;
  opening.at = context.environment.now();
  if (!frame.more) {
    opening.running = null;
    next(context, frame.chat_id, opening);
  }
  return answer;
}

function failed(context: OpeningsContext, frame: ErrorFrame): string[] | null {
  const { environment, openings } = context;
  const { chat_id: chatId, client_msg_id: key } = frame;
  if (chatId === undefined || key !== undefined) return null;
  const opening = openings.get(chatId);
  const asked = opening?.running;
  if (!opening || !asked) return null;
  if (frame.retry) {
    environment.after(waitOf(frame.retry_after_ms, LATER), () => {
      if (openings.get(chatId) === opening && opening.running === asked) ask(context, chatId, opening, asked);
    });
    return [];
  }
  opening.running = null;
  // Who was refused has it not open, and is told if it can be.
  for (const tab of asked.tabs) opening.tabs.delete(tab);
  if (opening.tabs.size === 0 && opening.waiting.length === 0) openings.delete(chatId);
  else next(context, chatId, opening);
  return asked.tabs;
}

function givenUp({ openings }: OpeningsContext, chatId: number): string[] {
  const opening = openings.get(chatId);
  if (!opening) return [];
  const tabs = [opening.running, ...opening.waiting].flatMap((asked) => asked?.tabs ?? []);
  [opening.running, opening.waiting] = [null, []];
  // They have it not open; whoever has had it open before still has, and an answer that comes late is nobody's.
  for (const tab of tabs) opening.tabs.delete(tab);
  if (opening.tabs.size === 0) openings.delete(chatId);
  return tabs;
}
